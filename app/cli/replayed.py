"""How a replayed run is told: as text for people, as JSON for programs."""

import json
from collections.abc import Iterator

from app.use_cases.replay_run import Tour
from workflow import ABSENT, Moment, StateChange

_MAX_LINE = 160
_MAX_CHANGES = 20
_MAX_SIDE = 60
_LEAD = 12


def tell_moment(moment: Moment) -> Iterator[str]:
    """Yield what ended, and what it changed."""
    finished = moment.finished
    mark = "✓" if finished.outcome == "ok" else "✗"
    took_ms = (finished.ended_s - finished.started_s) * 1000
    tries = f"  {finished.attempts} attempts" if finished.attempts > 1 else ""
    yield printable(f"{moment.number:>3}  {mark} {name_of(moment):<36} {took_ms:>9.0f} ms{tries}")
    if finished.error:
        yield printable(f"       {finished.outcome}: {finished.error}")
    yield from tell_changes(moment.changes)


def tell_changes(changes: tuple[StateChange, ...]) -> Iterator[str]:
    """Yield one line a change, as long as they aren't too many to read."""
    for change in changes[:_MAX_CHANGES]:
        yield printable(f"       {_tell_change(change)}")
    if len(changes) > _MAX_CHANGES:
        yield f"       … and {len(changes) - _MAX_CHANGES} more"


def tell_state(tour: Tour, number: int) -> Iterator[str]:
    """Yield the whole state at the moment of that number (0: before the first), nothing cut off."""
    state = json.dumps(_state(tour, number), indent=2, ensure_ascii=False)
    yield from (_escape(line) for line in state.split("\n"))


def tell_departure(tour: Tour) -> str:
    """Say in what the replay came out otherwise than recorded."""
    was, now = tour.retraced.replayed.recording, tour.retraced.replayed.result
    return _escape(
        f"this isn't what was recorded: {was.outcome} for ${was.cost_usd:f} became {now.outcome} for"
        f" ${now.cost_usd:f}; the organisation's policies have changed, a skill changed what"
        " it was given, or the file was edited"
    )


def name_of(moment: Moment) -> str:
    """Name an execution the way `--until` takes it; the first one by its step alone."""
    return moment.step_id + (f"#{moment.execution}" if moment.execution > 1 else "")


def answer_of(tour: Tour) -> dict[str, object]:
    """Return everything as plain data."""
    replayed = tour.retraced.replayed
    was = replayed.recording
    return {
        "run_id": was.run_id,
        "spec_sha256": was.spec_sha256,
        "spec_path": was.spec_path,
        "simulated": was.simulated,
        "faithful": tour.retraced.is_faithful,
        "until": None if tour.stop is None else str(tour.stop),
        "reached": tour.reached,
        "executions": [_answer(moment) for moment in tour.moments],
        "state": _state(tour, tour.last),
        "outcome": replayed.result.outcome,
        "error_class": replayed.result.error_class,
        "output": replayed.result.output,
        "total_cost_usd": float(replayed.result.cost_usd),
        "latency_ms": replayed.result.latency_s * 1000,
    }


def printable(line: str) -> str:
    """Return one line that is safe on a terminal, and short."""
    line = _escape(line)
    return line if len(line) <= _MAX_LINE else line[: _MAX_LINE - 1] + "…"


def _answer(moment: Moment) -> dict[str, object]:
    finished = moment.finished
    visit = finished.visit
    return {
        "number": moment.number,
        "step_id": moment.step_id,
        "execution": moment.execution,
        "visit": visit.number,
        "yaml_path": visit.node.yaml_path,
        "branch": visit.branch,
        "iteration": visit.iteration,
        "outcome": finished.outcome,
        "error_class": finished.error_class,
        "message": finished.error,
        "attempts": finished.attempts,
        "started_ms": finished.started_s * 1000,
        "ended_ms": finished.ended_s * 1000,
        "changes": [_answer_change(change) for change in moment.changes],
    }


def _answer_change(change: StateChange) -> dict[str, object]:
    """A side that isn't there has no member: null is a value."""
    sides = {"before": change.before, "after": change.after}
    return {"path": change.path, **{name: it for name, it in sides.items() if it is not ABSENT}}


def _state(tour: Tour, number: int) -> dict[str, object]:
    return {
        "context": tour.retraced.context(number),
        "outputs": tour.retraced.outputs(number),
    }


def _tell_change(change: StateChange) -> str:
    if change.before is ABSENT:
        return f"+ {change.path} = {_write(change.after)}"
    if change.after is ABSENT:
        return f"- {change.path} (was {_write(change.before)})"
    before, after = _around_difference(_write(change.before), _write(change.after))
    return f"~ {change.path}: {before} → {after}"


def _around_difference(before: str, after: str) -> tuple[str, str]:
    """Cut both texts to what lies about their first difference, if they are too long to be read at a glance."""
    if len(before) + len(after) <= 2 * _MAX_SIDE:
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    start = same - _LEAD
    return _excerpt(before, start), _excerpt(after, start)


def _excerpt(text: str, start: int) -> str:
    shown = text if start <= 0 else "…" + text[start:]
    return shown if len(shown) <= _MAX_SIDE else shown[: _MAX_SIDE - 1] + "…"


def _write(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _escape(line: str) -> str:
    """Make visible what a terminal would obey, or show as nothing."""
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in line)
