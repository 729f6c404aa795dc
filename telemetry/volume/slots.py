"""A span as a row of slots: where each attribute of the contract goes, and what it must look like.

Ingest reads every span of every run, so a span is no object there but a list with one place a field. An attribute that
breaks the contract fills the slot `BAD`, one that isn't of the contract the slot `IGNORED`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, cast

import orjson

from telemetry import attributes as names
from telemetry.attempts import parse_usd
from telemetry.attributes import ErrorClass, Outcome, SpanRole
from telemetry.fields import BadFieldError, read_count, read_error_class, read_outcome, read_score
from telemetry.fields import read_string as _read_string
from telemetry.spans import (
    NO_ATTRIBUTES,
    SENDER_NAME,
    SERVICE_INSTANCE,
    Attributes,
    AttributeValue,
    Span,
    SpanKind,
    SpanStatus,
)

Row = list[object]
"""The slots of one span, in the order of the numbers below."""

IGNORED: Final = 0
BAD: Final = 1
ROLE: Final = 2
SPEC_SHA256: Final = 3
SPEC_PATH: Final = 4
STEP_ID: Final = 5
YAML_PATH: Final = 6
OUTCOME: Final = 7
ERROR_CLASS: Final = 8
ATTEMPT: Final = 9
REQUEST_MODEL: Final = 10
RESPONSE_MODEL: Final = 11
INPUT_TOKENS: Final = 12
OUTPUT_TOKENS: Final = 13
COST: Final = 14
RUN_ID: Final = 15
STEP_KIND: Final = 16
BRANCH: Final = 17
ITERATION: Final = 18
SCORE: Final = 19
INPUT_HASH: Final = 20
SIMULATED: Final = 21
TRACE_ID: Final = 22
SPAN_ID: Final = 23
PARENT_ID: Final = 24
START_NS: Final = 25
END_NS: Final = 26
REPOSITORY: Final = 27
INSTANCE: Final = 28
SOURCE: Final = 29
SENDER: Final = 30
IDS_AND_TIMES: Final = slice(TRACE_ID, END_NS + 1)
WHERE_FROM: Final = slice(INSTANCE, SENDER + 1)
VALIDATORS_MS: Final = 31

MAX_NAME_CHARS: Final = 512
"""Names of steps, models and specs are short; what is longer is no name."""

PICO: Final = 10**12
"""Costs are counted in millionths of a millionth of a dollar, so that sums are exact."""

_MAX_COUNT: Final = 10**9
_USUAL_COST: Final = re.compile(r"([0-9]{1,3})\.([0-9]{1,12})", re.ASCII).fullmatch
"""A cost far below what is refused, exact as it stands: most are, and need no decimal arithmetic."""

RUN, STEP, ATTEMPT_OF_STEP = 1, 2, 4
OF_OTHERS, PRICED = 8, 16
"""Bits of spans that other emitters sent, which may stand for a step or an attempt too, or for neither; and of those
whose cost we worked out."""

ROLES: Final = {
    SpanRole.RUN.value: RUN,
    SpanRole.STEP.value: STEP,
    SpanRole.ATTEMPT.value: ATTEMPT_OF_STEP,
}
OUTCOMES: Final = tuple(Outcome)
ERROR_CLASSES: Final = tuple(ErrorClass)
NO_OUTCOME: Final = 255
NO_COST: Final = -1

EMPTY_ROW: Final[tuple[object, ...]] = (
    *(None, 0, 0, "", "", "", "", NO_OUTCOME, 0, 0, "", "", 0, 0, NO_COST),
    *("", "", "", 0, None, "", False, b"", b"", b"", 0, 0, "", "", 0, "", ""),
)

Known = tuple[int, object]
"""A slot, and what goes into it."""


def read_slot(key: str, value: AttributeValue) -> Known:
    """Return where an attribute goes, and as what."""
    reader = _READERS.get(key)
    if reader is None or value is None:
        return IGNORED, None
    slot, read = reader
    try:
        return slot, read({key: value}, key)
    except BadFieldError:
        return BAD, 1


def fill_row(given: Mapping[str, AttributeValue]) -> Row:
    """Return a row of some attributes; ids, times and source are still to be filled in."""
    row = list(EMPTY_ROW)
    for key, value in given.items():
        slot, read = read_slot(key, value)
        row[slot] = read
    return row


def pack_rows(rows: Iterable[Row]) -> bytes:
    """Return rows in a form that can be kept for a while; `unpack_rows` is the way back."""
    return orjson.dumps(
        [[*row[:TRACE_ID], *(each.hex() for each in _ids(row)), *row[START_NS:]] for row in rows]
    )


def unpack_rows(packed: bytes) -> list[Row]:
    """Return packed rows as they were."""
    return [_unpack(row) for row in orjson.loads(packed)]


def to_span(row: Row) -> Span:
    """Return a row as a span again, with the attributes of the contract; its name and kind are lost."""
    values: dict[str, AttributeValue] = {
        key: cast(AttributeValue, row[slot]) for key, slot in _PLAIN.items()
    }
    role, cost = cast(int, row[ROLE]), cast(int, row[COST])
    values[names.SPAN_ROLE] = next((name for name, bit in ROLES.items() if role & bit), "")
    outcome = cast(int, row[OUTCOME])
    values[names.OUTCOME] = OUTCOMES[outcome].value if outcome != NO_OUTCOME else None
    values[names.ERROR_CLASS] = ERROR_CLASSES[cast(int, row[ERROR_CLASS])].value
    values[names.COST_USD] = None if cost == NO_COST else str(Decimal(cost) / PICO)
    return Span(
        trace_id=cast(bytes, row[TRACE_ID]).hex(),
        span_id=cast(bytes, row[SPAN_ID]).hex(),
        parent_span_id=cast(bytes, row[PARENT_ID]).hex(),
        name=cast(str, row[STEP_ID]),
        kind=SpanKind.INTERNAL,
        start_ns=cast(int, row[START_NS]),
        end_ns=cast(int, row[END_NS]),
        status=SpanStatus.UNSET,
        attributes=values,
        resource=_name_sender(row),
    )


def _unpack(row: Row) -> Row:
    ids = map(bytes.fromhex, cast(list[str], row[TRACE_ID:START_NS]))
    # Slots that came later are missing in what an earlier version packed.
    return [*row[:TRACE_ID], *ids, *row[START_NS:], *EMPTY_ROW[len(row) :]]


def _ids(row: Row) -> list[bytes]:
    return cast(list[bytes], row[TRACE_ID:START_NS])


def _name_sender(row: Row) -> Attributes:
    named = {SERVICE_INSTANCE: row[INSTANCE], SENDER_NAME: row[SENDER]}
    return {key: cast(str, value) for key, value in named.items() if value} or NO_ATTRIBUTES


def _read_name(values: dict[str, AttributeValue], key: str) -> str:
    text = _read_string(values, key)
    if len(text) > MAX_NAME_CHARS:
        raise BadFieldError(key)
    return text


def _read_role(values: dict[str, AttributeValue], key: str) -> int:
    return ROLES.get(_read_string(values, key), 0)


def _read_bounded(values: dict[str, AttributeValue], key: str) -> int:
    count = read_count(values, key)
    if count > _MAX_COUNT:
        raise BadFieldError(key)
    return count


def _read_pico(values: dict[str, AttributeValue], key: str) -> int:
    stated = values[key]
    if stated == "":
        return NO_COST
    usual = isinstance(stated, str) and _USUAL_COST(stated)
    if usual:
        return int(usual[1]) * PICO + int(usual[2].ljust(12, "0"))
    return int(parse_usd(stated) * PICO)


_READERS: Final[dict[str, tuple[int, Callable[[dict[str, AttributeValue], str], object]]]] = {
    names.SPAN_ROLE: (ROLE, _read_role),
    names.SPEC_SHA256: (SPEC_SHA256, _read_name),
    names.SPEC_PATH: (SPEC_PATH, _read_name),
    names.REPOSITORY: (REPOSITORY, _read_name),
    names.STEP_ID: (STEP_ID, _read_name),
    names.YAML_PATH: (YAML_PATH, _read_name),
    names.OUTCOME: (OUTCOME, lambda values, _: OUTCOMES.index(read_outcome(values))),
    names.ERROR_CLASS: (
        ERROR_CLASS,
        lambda values, _: ERROR_CLASSES.index(read_error_class(values)),
    ),
    names.ATTEMPT: (ATTEMPT, _read_bounded),
    names.REQUEST_MODEL: (REQUEST_MODEL, _read_name),
    names.RESPONSE_MODEL: (RESPONSE_MODEL, _read_name),
    names.INPUT_TOKENS: (INPUT_TOKENS, _read_bounded),
    names.OUTPUT_TOKENS: (OUTPUT_TOKENS, _read_bounded),
    names.COST_USD: (COST, _read_pico),
    names.RUN_ID: (RUN_ID, _read_name),
    names.STEP_KIND: (STEP_KIND, _read_name),
    names.BRANCH: (BRANCH, _read_name),
    names.ITERATION: (ITERATION, _read_bounded),
    names.SCORE: (SCORE, lambda values, _: read_score(values)),
    names.INPUT_HASH: (INPUT_HASH, _read_name),
    names.SIMULATED: (SIMULATED, lambda values, key: values[key] is True),
    names.VALIDATORS_MS: (VALIDATORS_MS, _read_name),
}
CONTRACT: Final = frozenset(_READERS)
"""The attributes that are read at all."""

TEXT_SLOTS: Final = {key: slot for key, (slot, read) in _READERS.items() if read is _read_name}
"""Where texts go that are taken as they are."""

_CODED: Final = {
    *(names.SPAN_ROLE, names.OUTCOME, names.ERROR_CLASS, names.COST_USD, names.REPOSITORY)
}
_PLAIN: Final = {key: slot for key, (slot, _) in _READERS.items() if key not in _CODED}
