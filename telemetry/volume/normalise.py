"""What a span of another emitter means in our words: which step it declares, what work it was, what that took.

A span belongs to a step only if it, or its resource, declares `flujo.step_id` and with it the version or the path of
the spec. Nothing is guessed from names of spans, agents or services.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from telemetry import attributes as names
from telemetry.attributes import ErrorClass, Outcome
from telemetry.prices import date_of_price, price_usd
from telemetry.spans import Attributes, AttributeValue, Span, SpanStatus
from telemetry.volume import slots
from telemetry.volume.aliases import CACHE_BESIDE_INPUT, TABLES, Meaning, Work, find_price_name
from telemetry.volume.slots import Row, fill_row

Told = dict[Meaning, AttributeValue]
"""What a span says, by what it means."""

KNOWN_NAMES: Final = frozenset(alias.name for table in TABLES for alias in table.aliases) | {
    names.SPAN_ROLE,
    "error.type",
}
"""All attributes that are looked at."""

_ROLES: Final = {
    Work.CALL: slots.OF_OTHERS | slots.ATTEMPT_OF_STEP,
    Work.AGENT: slots.OF_OTHERS | slots.STEP,
    Work.PART: slots.OF_OTHERS,
}
ERROR_CLASSES: Final = {
    "timeout": ErrorClass.TIMEOUT,
    "408": ErrorClass.TIMEOUT,
    "504": ErrorClass.TIMEOUT,
    "429": ErrorClass.RATE_LIMITED,
    "rate_limit_exceeded": ErrorClass.RATE_LIMITED,
    "500": ErrorClass.UNAVAILABLE,
    "502": ErrorClass.UNAVAILABLE,
    "503": ErrorClass.UNAVAILABLE,
    "529": ErrorClass.UNAVAILABLE,
    "400": ErrorClass.INVALID_INPUT,
    "404": ErrorClass.INVALID_INPUT,
    "422": ErrorClass.INVALID_INPUT,
    "401": ErrorClass.REJECTED,
    "403": ErrorClass.REJECTED,
    "ConnectionError": ErrorClass.CONNECTION,
}
"""The values of `error.type` that are understood.

Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
"""

_COPIED: Final = {
    Meaning.STEP_ID: names.STEP_ID,
    Meaning.SPEC_PATH: names.SPEC_PATH,
    Meaning.SPEC_SHA256: names.SPEC_SHA256,
    Meaning.YAML_PATH: names.YAML_PATH,
    Meaning.REPOSITORY: names.REPOSITORY,
    Meaning.RUN_ID: names.RUN_ID,
}
_ORDER: Final = tuple((table, alias) for table in TABLES for alias in table.aliases)
_RANKS: Final = {alias.name: (rank, alias.meaning) for rank, (_, alias) in enumerate(_ORDER)}
_WORKS: Final = tuple(table.works for table, _ in _ORDER)
"""What each name means and how far behind the others it stands; the words of its table for kinds of work."""

_PICO: Final = Decimal(1).scaleb(-12)


def normalise(span: Span) -> Row | None:
    """Return the span as a row of our contract, without ids and times; None for one that declares no step of ours."""
    given = span.attributes
    if given.get(names.SPAN_ROLE) is not None:
        row = fill_row(given)
        return row if row[slots.ROLE] else None
    told = _tell(given, span.resource)
    if not told.get(Meaning.STEP_ID) or not _names_spec(told):
        return None
    work = _find_work(told, given)
    values = {name: told[meaning] for meaning, name in _COPIED.items() if meaning in told}
    values |= _read_end(span, told)
    role = _ROLES[work]
    if work is Work.CALL:
        values |= _read_call(told)
        priced = values.get(names.COST_USD) is None and _price(values, told, at_ns=span.start_ns)
        if priced:
            values[names.COST_USD] = str(priced)
            role |= slots.PRICED
    row = fill_row(values)
    row[slots.ROLE] = role
    return row


def _names_spec(told: Told) -> bool:
    return bool(told.get(Meaning.SPEC_SHA256) or told.get(Meaning.SPEC_PATH))


def _tell(given: Attributes, resource: Attributes) -> Told:
    """Collect what is said; our own names go first, then the tables in their order, a span before its resource."""
    found: dict[Meaning, tuple[int, AttributeValue]] = {}
    for name, value in given.items():
        known = _RANKS.get(name)
        if known is not None and value is not None and value != "":
            rank, meaning = known
            if meaning not in found or rank < found[meaning][0]:
                found[meaning] = rank, value
    told = {meaning: value for meaning, (_, value) in found.items()}
    for meaning, name in _COPIED.items():
        if name in resource:
            told.setdefault(meaning, resource[name])
    operation = found.get(Meaning.OPERATION)
    if operation:
        rank, value = operation
        told[Meaning.OPERATION] = _WORKS[rank].get(str(value), Work.PART)
    return told


def _find_work(told: Told, given: Attributes) -> Work:
    told_work = told.get(Meaning.OPERATION)
    if isinstance(told_work, Work):
        return told_work
    implied = any(table.implied_by and table.implied_by in given for table in TABLES)
    return Work.CALL if implied else Work.PART


def _read_end(span: Span, told: Told) -> dict[str, AttributeValue]:
    failed = span.status is SpanStatus.ERROR
    outcome = told.get(Meaning.OUTCOME, (Outcome.ERROR if failed else Outcome.OK).value)
    found = told.get(Meaning.ERROR_CLASS)
    if found is None and failed:
        kind = str(span.attributes.get("error.type", ""))
        found = ERROR_CLASSES.get(kind, ErrorClass.CRASH).value
    if found == ErrorClass.TIMEOUT and Meaning.OUTCOME not in told:
        outcome = Outcome.TIMEOUT.value
    return {names.OUTCOME: outcome, names.ERROR_CLASS: found}


def _read_call(told: Told) -> dict[str, AttributeValue]:
    return {
        names.REQUEST_MODEL: told.get(Meaning.REQUEST_MODEL),
        names.RESPONSE_MODEL: told.get(Meaning.RESPONSE_MODEL),
        names.INPUT_TOKENS: _count_input(told),
        names.OUTPUT_TOKENS: told.get(Meaning.OUTPUT_TOKENS),
        names.COST_USD: told.get(Meaning.COST_USD),
    }


def _count_input(told: Told) -> AttributeValue:
    """Return all tokens that went in, the cached ones among them, wherever the provider counts those."""
    stated = told.get(Meaning.INPUT_TOKENS)
    if type(stated) is not int or find_price_name(_provider(told)) not in CACHE_BESIDE_INPUT:
        return stated
    raw = (Meaning.RAW_CACHE_READ_TOKENS, Meaning.RAW_CACHE_WRITE_TOKENS)
    return stated + sum(_count(told, meaning) for meaning in raw)


def _price(values: Mapping[str, AttributeValue], told: Told, *, at_ns: int) -> Decimal | None:
    model = values.get(names.RESPONSE_MODEL) or values.get(names.REQUEST_MODEL)
    tokens = (_whole(values.get(names.INPUT_TOKENS)), _whole(values.get(names.OUTPUT_TOKENS)))
    if not isinstance(model, str) or not any(tokens):
        return None
    price = price_usd(
        model,
        *tokens,
        at=date_of_price(at_ns),
        provider=find_price_name(_provider(told)),
        cache_read_tokens=_count(told, Meaning.CACHE_READ_TOKENS, Meaning.RAW_CACHE_READ_TOKENS),
        cache_write_tokens=_count(told, Meaning.CACHE_WRITE_TOKENS, Meaning.RAW_CACHE_WRITE_TOKENS),
    )
    return None if price is None else price.quantize(_PICO)


def _provider(told: Told) -> str:
    return str(told.get(Meaning.PROVIDER, "")).lower()


def _count(told: Told, *meanings: Meaning) -> int:
    """Return the first of several counts that is there, 0 where none is."""
    return next((_whole(told[meaning]) for meaning in meanings if meaning in told), 0)


def _whole(value: AttributeValue) -> int:
    return value if type(value) is int and value >= 0 else 0
