"""Spans of other emitters → runs, where they say enough: the version, the path, and the step of every piece of work.

A trace is a run. An execution is an agent's span, or a call that no agent's span lies around; it has one attempt, which
sums up the agent's calls, for nobody tells whether the second one was a retry or the next turn. What nobody tells can't
be rebuilt: branches, iterations, scores, hashes of inputs, retries, steps that call no model, and whether the workflow
as a whole came out well: its outcome is that of the execution that ended last.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, cast

from telemetry.runs import Attempt, Run, StepRun
from telemetry.volume import slots
from telemetry.volume.slots import Row

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KIND: Final = "step"


def rebuild_runs(rows: Iterable[Row]) -> tuple[Run, ...]:
    """Return the runs that spans of other emitters tell of, by trace, run, path and version.

    Spans without a version are left out: whose runs they are can't be said.
    """
    groups: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if cast(int, row[slots.ROLE]) & slots.OF_OTHERS and row[slots.SPEC_SHA256]:
            groups[tuple(row[slot] for slot in _RUN_SLOTS)].append(row)
    runs = (_rebuild(_drop_copies(group)) for group in groups.values())
    return tuple(run for run in runs if run is not None)


def _drop_copies(group: Sequence[Row]) -> list[Row]:
    return list({row[slots.SPAN_ID]: row for row in group}.values())


def _rebuild(group: Sequence[Row]) -> Run | None:
    executions = _find_executions(group)
    if not executions:
        return None
    steps = sorted(executions.items(), key=lambda found: _start(found[1][0]))
    told = [_to_step(first, calls) for _, (first, calls) in steps]
    firsts = [first for _, (first, _) in steps]
    last = max(range(len(told)), key=lambda place: _end(firsts[place]))
    begun, ended = min(map(_start, firsts)), max(map(_end, firsts))
    row = firsts[0]
    return Run(
        run_id=_text(row, slots.RUN_ID) or cast(bytes, row[slots.TRACE_ID]).hex(),
        spec_sha256=_text(row, slots.SPEC_SHA256),
        spec_path=_text(row, slots.SPEC_PATH),
        started_at=_EPOCH + timedelta(microseconds=begun // 1000),
        outcome=told[last].outcome,
        error_class=told[last].error_class,
        latency_ms=(ended - begun) / 1e6,
        cost_usd=sum((step.cost_usd for step in told), Decimal(0)),
        steps=tuple(told),
        source=_text(row, slots.INSTANCE),
        sender=_text(row, slots.SENDER),
    )


def _find_executions(group: Sequence[Row]) -> Mapping[object, tuple[Row, list[Row]]]:
    """Return each execution's span with the calls inside it, by the id of its span."""
    by_id = {row[slots.SPAN_ID]: row for row in group}
    calls = [row for row in group if _is(row, slots.ATTEMPT_OF_STEP)]
    # Two instrumentations may tell of one request, a span around the other: the inner one counts.
    around = {row[slots.PARENT_ID] for row in calls}
    found = {row[slots.SPAN_ID]: (row, list[Row]()) for row in group if _is(row, slots.STEP)}
    for call in calls:
        if call[slots.SPAN_ID] in around:
            continue
        agent = _find_agent(call, by_id)
        if agent is None:
            found[call[slots.SPAN_ID]] = (call, [call])
        else:
            found[agent[slots.SPAN_ID]][1].append(call)
    return found


def _find_agent(call: Row, by_id: Mapping[object, Row]) -> Row | None:
    """Return the nearest agent of the same step that a call lies in, as far as spans lead there."""
    row: Row | None = call
    for _ in by_id:  # parents may lead round in a circle
        row = by_id.get(row[slots.PARENT_ID]) if row is not None else None
        if row is None:
            return None
        if _is(row, slots.STEP) and row[slots.STEP_ID] == call[slots.STEP_ID]:
            return row
    return None


def _to_step(row: Row, calls: Sequence[Row]) -> StepRun:
    models = {_model(call) for call in calls}
    attempt = Attempt(
        number=1,
        outcome=slots.OUTCOMES[cast(int, row[slots.OUTCOME])],
        error_class=slots.ERROR_CLASSES[cast(int, row[slots.ERROR_CLASS])],
        latency_ms=(_end(row) - _start(row)) / 1e6,
        cost_usd=sum(map(_cost_usd, calls), Decimal(0)),
        model=models.pop() if len(models) == 1 else "",
        input_tokens=sum(cast(int, call[slots.INPUT_TOKENS]) for call in calls),
        output_tokens=sum(cast(int, call[slots.OUTPUT_TOKENS]) for call in calls),
    )
    return StepRun(
        step_id=_text(row, slots.STEP_ID),
        yaml_path=_text(row, slots.YAML_PATH),
        kind=_KIND,
        outcome=attempt.outcome,
        error_class=attempt.error_class,
        latency_ms=attempt.latency_ms,
        cost_usd=attempt.cost_usd,
        attempts=(attempt,),
    )


def _cost_usd(call: Row) -> Decimal:
    cost = cast(int, call[slots.COST])
    return Decimal(0) if cost == slots.NO_COST else Decimal(cost) / slots.PICO


def _model(row: Row) -> str:
    return _text(row, slots.REQUEST_MODEL) or _text(row, slots.RESPONSE_MODEL)


def _is(row: Row, role: int) -> bool:
    return bool(cast(int, row[slots.ROLE]) & role)


def _text(row: Row, slot: int) -> str:
    return cast(str, row[slot])


def _start(row: Row) -> int:
    return cast(int, row[slots.START_NS])


def _end(row: Row) -> int:
    return cast(int, row[slots.END_NS])


_RUN_SLOTS: Final = (slots.TRACE_ID, slots.RUN_ID, slots.SPEC_PATH, slots.SPEC_SHA256)
