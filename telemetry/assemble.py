"""Spans → runs. Nothing doubtful gets into a statistic: a run with one bad span is set aside whole, and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from telemetry.attempts import read_attempt
from telemetry.attributes import (
    BRANCH,
    INPUT_HASH,
    ITERATION,
    RUN_ID,
    SIMULATED,
    SPAN_ROLE,
    SPEC_PATH,
    SPEC_SHA256,
    STEP_ID,
    STEP_KIND,
    YAML_PATH,
    SpanRole,
)
from telemetry.fields import (
    BadFieldError,
    read_count,
    read_error_class,
    read_outcome,
    read_score,
    read_string,
)
from telemetry.runs import Attempt, Run, StepRun
from telemetry.spans import Span, read_sender, read_source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROLES = {role.value: role for role in SpanRole}


class Quarantine(StrEnum):
    """Why spans were set aside."""

    NEGATIVE_DURATION = "negative duration"
    DUPLICATE_SPAN = "duplicate span id"
    MISSING_HASH = "missing spec_sha256"
    MIXED_HASH = "several spec_sha256 in one run"
    TWO_ROOTS = "several run spans in one run"
    BAD_VALUE = "a value outside the contract"
    FUTURE = "a time in the future"
    TOO_OLD = "a time too long ago"
    FOREIGN = "another repository's name"
    TOO_MANY_STEPS = "more new steps than an hour may bring"
    TOO_MANY_HOURS = "more hours of the past than an hour may bring"


@dataclass(frozen=True, slots=True)
class Assembled:
    """What became of some spans.

    `runs` are complete runs by start; `incomplete` counts runs that lack their root or the parent of a span (as yet);
    `ignored` counts spans that aren't Flujo's; `quarantined` counts spans set aside, by `Quarantine` reason.
    """

    runs: tuple[Run, ...]
    incomplete: int = 0
    ignored: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)


class _QuarantinedError(Exception):
    def __init__(self, reason: Quarantine) -> None:
        self.reason = reason
        super().__init__(reason)


class _IncompleteError(Exception):
    pass


def assemble_runs(spans: Iterable[Span]) -> Assembled:
    """Group `spans` by trace and run, and rebuild each run; an exact copy of a span (a redelivery) counts once."""
    groups, ignored = _group(spans)
    runs: list[Run] = []
    quarantined: Counter[str] = Counter()
    incomplete = 0
    for group in groups.values():
        try:
            copies, distinct = _drop_copies(group)
            runs.append(_assemble(distinct))
        except _QuarantinedError as error:
            quarantined[error.reason] += len(group)
        except BadFieldError:
            quarantined[Quarantine.BAD_VALUE] += len(group)
        except _IncompleteError:
            incomplete += 1
        else:
            if copies:
                quarantined[Quarantine.DUPLICATE_SPAN] += copies
    runs.sort(key=lambda run: (run.started_at, run.run_id))
    return Assembled(tuple(runs), incomplete, ignored, dict(quarantined))


def _group(spans: Iterable[Span]) -> tuple[dict[tuple[str, object], list[Span]], int]:
    groups: dict[tuple[str, object], list[Span]] = {}
    ignored = 0
    for span in spans:
        attributes = span.attributes
        if attributes.get(SPAN_ROLE) in _ROLES:
            groups.setdefault((span.trace_id, attributes.get(RUN_ID)), []).append(span)
        else:
            ignored += 1
    return groups, ignored


def _drop_copies(group: list[Span]) -> tuple[int, list[Span]]:
    distinct: dict[str, Span] = {}
    for span in group:
        first = distinct.setdefault(span.span_id, span)
        if first is not span and first != span:
            raise _QuarantinedError(Quarantine.DUPLICATE_SPAN)
    return len(group) - len(distinct), list(distinct.values())


def _assemble(spans: list[Span]) -> Run:
    by_role: dict[object, list[Span]] = {role.value: [] for role in SpanRole}
    for span in spans:
        by_role[span.attributes[SPAN_ROLE]].append(span)
        if span.end_ns < span.start_ns:
            raise _QuarantinedError(Quarantine.NEGATIVE_DURATION)
    root = _only_root(by_role[SpanRole.RUN.value])
    _check_hashes(root, spans)
    step_spans = sorted(by_role[SpanRole.STEP.value], key=_start)
    _check_parents(root, step_spans)
    attempts = _attempts_by_step(step_spans, by_role[SpanRole.ATTEMPT.value])
    return _read_run(root, tuple(_read_step(span, attempts[span.span_id]) for span in step_spans))


def _only_root(roots: list[Span]) -> Span:
    if not roots:
        raise _IncompleteError
    if len(roots) > 1:
        raise _QuarantinedError(Quarantine.TWO_ROOTS)
    return roots[0]


def _check_hashes(root: Span, spans: list[Span]) -> None:
    expected = root.attributes.get(SPEC_SHA256)
    if not expected:
        raise _QuarantinedError(Quarantine.MISSING_HASH)
    for span in spans:
        found = span.attributes.get(SPEC_SHA256)
        if found != expected:
            raise _QuarantinedError(Quarantine.MIXED_HASH if found else Quarantine.MISSING_HASH)


def _check_parents(root: Span, steps: list[Span]) -> None:
    known = {root.span_id, *(span.span_id for span in steps)}
    if any(span.parent_span_id not in known for span in steps):
        raise _IncompleteError


def _attempts_by_step(steps: list[Span], attempts: list[Span]) -> dict[str, list[Attempt]]:
    by_step: dict[str, list[Attempt]] = {span.span_id: [] for span in steps}
    for span in attempts:
        of_step = by_step.get(span.parent_span_id)
        if of_step is None:
            raise _IncompleteError
        of_step.append(read_attempt(span))
    return by_step


def _read_step(span: Span, attempts: list[Attempt]) -> StepRun:
    attempts.sort(key=_number)
    values = span.attributes
    return StepRun(
        step_id=read_string(values, STEP_ID),
        yaml_path=read_string(values, YAML_PATH),
        kind=read_string(values, STEP_KIND),
        outcome=read_outcome(values),
        error_class=read_error_class(values),
        latency_ms=(span.end_ns - span.start_ns) / 1e6,
        cost_usd=_total_usd(attempts),
        attempts=tuple(attempts),
        branch=read_string(values, BRANCH),
        iteration=read_count(values, ITERATION),
        score=read_score(values),
        input_hash=read_string(values, INPUT_HASH),
    )


def _read_run(root: Span, steps: tuple[StepRun, ...]) -> Run:
    values = root.attributes
    return Run(
        run_id=read_string(values, RUN_ID),
        spec_sha256=read_string(values, SPEC_SHA256),
        spec_path=read_string(values, SPEC_PATH),
        started_at=_EPOCH + timedelta(microseconds=root.start_ns // 1000),
        outcome=read_outcome(values),
        error_class=read_error_class(values),
        latency_ms=(root.end_ns - root.start_ns) / 1e6,
        cost_usd=_total_usd(steps),
        steps=steps,
        score=read_score(values),
        simulated=values.get(SIMULATED) is True,
        source=read_source(root.resource),
        sender=read_sender(root.resource),
    )


def _total_usd(parts: Iterable[Attempt | StepRun]) -> Decimal:
    return sum((part.cost_usd for part in parts), Decimal(0))


def _start(span: Span) -> int:
    return span.start_ns


def _number(attempt: Attempt) -> int:
    return attempt.number
