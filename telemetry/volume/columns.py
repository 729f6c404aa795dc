"""Rows of spans → columns, so that judging and adding up cost a few vector operations and no object a span."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.volume import slots
from telemetry.volume.slots import Row

Numbers = NDArray[np.int64]
Keys = NDArray[np.uint64]

_ODD: Final = tuple(
    np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


_SPAN_ID_BYTES: Final = 8


class StepKey(NamedTuple):
    """A step of a version, in a repository."""

    repository: str
    spec_path: str
    step_id: str
    spec_sha256: str


class Source(NamedTuple):
    """Where a body came from: whose it is, when it arrived, and who vouched for it, "" where nobody was asked.

    Files are taken in by whoever looks after the server, requests come from anybody with a token.
    """

    repository: str
    received_ns: int
    sender: str = ""
    from_file: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Spans in arrival order, one array a field.

    `step`, `model` and `sender` are positions in `steps`, `models` and `senders`; `trace`, `span` and `run` are 64-bit
    keys that differ between tenants; costs are in millionths of a millionth of a US dollar, `NO_COST` where none was
    stated.
    """

    steps: tuple[StepKey, ...]
    yaml_paths: tuple[str, ...]
    models: tuple[str, ...]
    senders: tuple[str, ...]
    step: Numbers
    model: Numbers
    sender: Numbers
    trace: Keys
    span: Keys
    run: Keys
    start_ns: Keys
    end_ns: Keys
    received_ns: Numbers
    role: Numbers
    outcome: Numbers
    error_class: Numbers
    attempt: Numbers
    input_tokens: Numbers
    output_tokens: Numbers
    cost_pico: Numbers
    bad: NDArray[np.bool_]
    from_file: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.step)

    @property
    def latency_ms(self) -> NDArray[np.float64]:
        """How long each span took; meaningless where it ends before it starts."""
        return (self.end_ns - self.start_ns).astype(np.float64) / 1e6


def to_columns(rows: Sequence[Row], sources: Sequence[Source]) -> Columns:
    """Return the rows as columns; `sources` are what their `SOURCE` slots count."""
    column = list(zip(*rows, strict=True)) or [()] * len(slots.EMPTY_ROW)
    sha256, path, step_id = (column[n] for n in (slots.SPEC_SHA256, slots.SPEC_PATH, slots.STEP_ID))
    source = column[slots.SOURCE]
    codes: dict[tuple[object, ...], int] = {}
    yaml_paths: list[str] = []
    step = [
        codes.setdefault(key, len(codes))
        for key in zip(_tenants(source, sources), path, step_id, sha256, strict=True)
    ]
    for code, yaml_path in zip(step, column[slots.YAML_PATH], strict=True):
        if code == len(yaml_paths):
            yaml_paths.append(str(yaml_path))
    models: dict[object, int] = {}
    model = [
        models.setdefault(asked or answered, len(models))
        for asked, answered in zip(
            column[slots.REQUEST_MODEL], column[slots.RESPONSE_MODEL], strict=True
        )
    ]
    senders: dict[str, int] = {}
    sender = [senders.setdefault(given.sender, len(senders)) for given in sources]
    received = np.array([given.received_ns for given in sources], np.int64)
    salts = np.array([_salt(given.repository) for given in sources], np.uint64)
    source_of = _numbers(source)
    trace = _trace_keys(column[slots.TRACE_ID], salts[source_of])
    span = _mix(trace ^ np.frombuffer(b"".join(column[slots.SPAN_ID]), "<u8"))
    role = _numbers(column[slots.ROLE])
    _keep_innermost_calls(role, span, trace, column[slots.PARENT_ID])
    return Columns(
        steps=tuple(StepKey(*map(str, key)) for key in codes),
        yaml_paths=tuple(yaml_paths),
        models=tuple(map(str, models)),
        senders=tuple(senders),
        step=_numbers(step),
        model=_numbers(model),
        sender=_numbers(sender)[source_of],
        trace=trace,
        span=span,
        run=mix_keys(trace, _text_keys(column[slots.RUN_ID])),
        start_ns=np.array(column[slots.START_NS], np.uint64),
        end_ns=np.array(column[slots.END_NS], np.uint64),
        received_ns=received[source_of],
        role=role,
        outcome=_numbers(column[slots.OUTCOME]),
        error_class=_numbers(column[slots.ERROR_CLASS]),
        attempt=_numbers(column[slots.ATTEMPT]),
        input_tokens=_numbers(column[slots.INPUT_TOKENS]),
        output_tokens=_numbers(column[slots.OUTPUT_TOKENS]),
        cost_pico=_numbers(column[slots.COST]),
        bad=_numbers(column[slots.BAD]).astype(np.bool_),
        from_file=np.array([given.from_file for given in sources], np.bool_)[source_of],
    )


def _keep_innermost_calls(role: Numbers, span: Keys, trace: Keys, parents: Sequence[Any]) -> None:
    """Two instrumentations may tell of one request, a span around the other: only the inner one stays an attempt."""
    both = slots.OF_OTHERS | slots.ATTEMPT_OF_STEP
    calls = np.flatnonzero((role & both) == both)
    inside = [place for place in calls.tolist() if len(parents[place]) == _SPAN_ID_BYTES]
    if not inside:
        return
    above = np.frombuffer(b"".join(parents[place] for place in inside), "<u8")
    outer = calls[np.isin(span[calls], _mix(trace[inside] ^ above))]
    role[outer] &= ~(slots.ATTEMPT_OF_STEP | slots.PRICED)


def _tenants(source: Sequence[Any], sources: Sequence[Source]) -> list[str]:
    names = [given.repository for given in sources]
    return [names[number] for number in source]


def mix_keys(first: Keys, second: Numbers) -> Keys:
    """Return keys of pairs."""
    return _mix(first ^ _mix(second.astype(np.uint64)))


def identify_steps(columns: Columns) -> Numbers:
    """Return a number for each of the steps, the same in all columns."""
    return np.array([key_of_text("\0".join(step)) >> 1 for step in columns.steps], np.int64)


def key_of_text(text: str) -> int:
    """Return the 64-bit key of a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _salt(repository: str) -> int:
    return key_of_text(repository)


def _text_keys(texts: Sequence[object]) -> Numbers:
    keys = {text: key_of_text(str(text)) >> 1 for text in set(texts)}
    return np.array([keys[text] for text in texts], np.int64)


def _numbers(values: Sequence[object]) -> Numbers:
    return np.array(values, np.int64)


def _trace_keys(trace_ids: Sequence[object], salts: Keys) -> Keys:
    halves = np.frombuffer(b"".join(trace_ids), "<u8").reshape(-1, 2)  # type: ignore[arg-type]
    return _mix(_mix(halves[:, 0] ^ salts) ^ halves[:, 1])


def _mix(keys: Keys) -> Keys:
    """Spread keys over all 64 bits (the finaliser of splitmix64)."""
    keys = keys + _ODD[0]
    keys = (keys ^ (keys >> np.uint64(30))) * _ODD[1]
    keys = (keys ^ (keys >> np.uint64(27))) * _ODD[2]
    mixed: Keys = keys ^ (keys >> np.uint64(31))
    return mixed
