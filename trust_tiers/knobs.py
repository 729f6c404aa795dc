"""A knob: a number in a step's `config` that may be turned within bounds.

`read_tuning` is the one place that decides what counts as turning a knob; the rules only know the bounds.
"""

import math
from dataclasses import dataclass

from pydantic import JsonValue

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.guards import is_guard
from trust_tiers.verdicts import high
from workflow import ABSENT, Absent, Changed, GraphChange, StepNode, Workflow

_TUNABLE_KINDS = frozenset({"step"})
_AGENT_FIELDS: dict[str, tuple[str, ...]] = {
    "max_retries": ("max_retries",),
    "timeout_s": ("timeout",),
    "max_tokens": ("model_settings", "max_tokens"),
}


@dataclass(frozen=True, slots=True)
class Tuning:
    """A knob of one step turned; `before` is the value in force, be it the agent's, and None where none was set."""

    step: StepNode
    before: float | None
    after: float


def read_tuning(change: GraphChange, comparison: Comparison, knob: str) -> Tuning | Decision | None:
    """Return the turn of `knob`, HIGH if it mustn't be turned, None if the change is about something else."""
    if not isinstance(change, Changed) or change.subject.kind != "step":
        return None
    if change.field != ("config", knob):
        return None
    before = comparison.before.node(change.subject.id)
    after = comparison.after.node(change.subject.id)
    if before is None or after is None:
        return high(f"{change.subject.id}: the step isn't there in both versions")
    obstacle = _obstacle(before, comparison.before) or _obstacle(after, comparison.after)
    if obstacle:
        return high(f"{before.step_id}: {obstacle}")
    return _read_values(change, before, comparison.before, knob)


def as_number(value: JsonValue | Absent) -> float | None:
    """Return a finite JSON number as a float; None for everything else, `true` included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if math.isfinite(converted) else None


def _obstacle(step: StepNode, workflow: Workflow) -> str:
    if step.kind not in _TUNABLE_KINDS:
        return f"a {step.kind} is structure, its settings go to a person"
    return "it guards other steps, so nothing about it is tuned" if is_guard(step, workflow) else ""


def _read_values(
    change: Changed, step: StepNode, workflow: Workflow, knob: str
) -> Tuning | Decision:
    raw = change.before
    if raw is ABSENT or raw is None:
        raw = _set_by_agent(step, workflow, knob)
    before, after = as_number(raw), as_number(change.after)
    if after is None:
        gone = change.after is ABSENT or change.after is None
        return high(f"{step.step_id}: {knob} {'is removed' if gone else 'is no plain number'}")
    if before is None and raw is not None:
        return high(f"{step.step_id}: {knob} was no plain number")
    return Tuning(step, before, after)


def _set_by_agent(step: StepNode, workflow: Workflow, knob: str) -> JsonValue:
    """Return the agent's own default for the knob: a new value on the step overrides it."""
    if not step.uses.startswith("agents.") or knob not in _AGENT_FIELDS:
        return None
    value: JsonValue = workflow.document
    for key in ("agents", step.uses.removeprefix("agents."), *_AGENT_FIELDS[knob]):
        value = value.get(key) if isinstance(value, dict) else None
    return value
