"""What the telemetry alone says of another shape: steps at once, remembered, left out, or rounds fewer.

What is spared is taken off each run; what is left is taken to go on as it went. Inside a container whose branches run
at once only money is spared, for somebody else may have taken longer. Of any other change of the shape nothing is said.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from meta_agent.roi import Pair, RunOutcome, outcome_of
from meta_agent.what_if_changes import list_changes
from meta_agent.what_if_structure import Imagined
from telemetry import Outcome, Run, StepRun
from workflow import (
    Added,
    Changed,
    GraphChange,
    Moved,
    Program,
    Removed,
    StepNode,
    Workflow,
    pair_steps,
)

_AT_ONCE: Final = frozenset({"parallel", "dynamic_router", "map"})
_MAX_LOOPS: Final = ("loop", "max_loops")


@dataclass(frozen=True, slots=True)
class _Spared:
    """What a run is spared, in USD and seconds."""

    cost_usd: float = 0.0
    latency_s: float = 0.0

    def plus(self, other: "_Spared") -> "_Spared":
        return _Spared(self.cost_usd + other.cost_usd, self.latency_s + other.latency_s)


_Spare = Callable[[Run], _Spared]


def imagine_shape(
    base: Program,
    head: Program,
    runs: Sequence[Run],
    changes: Sequence[GraphChange] | None = None,
) -> Imagined | None:
    """Return each run beside what it would have become; `None` where anything else changes too."""
    before, after = base.workflow, head.workflow
    spares: list[_Spare] = []
    for change in list_changes(base, head, changes):
        found = _understand(change, before, after)
        if found is None:
            return None
        spares += found
    if not spares:
        return None
    pairs = [_pair(run, spares) for run in runs]
    return Imagined(pairs, "runs re-enacted from telemetry alone")


def _understand(change: GraphChange, before: Workflow, after: Workflow) -> list[_Spare] | None:
    """Return what a change spares, nothing where it only follows from another; `None` for one that isn't known."""
    match change:
        case Moved(is_reordering=False):
            return []
        case Changed() if change.subject.kind == "test":
            return []
        case Added(step=StepNode(kind="parallel") as step):
            return [_run_at_once(list(_find_old_inside(step, before, after)), before)]
        case Added(step=StepNode(kind="cache") as step):
            return [_remember(old, before) for old in _find_old_inside(step, before, after)]
        case Removed(step=StepNode(kind="step") as step):
            return [_leave_out(step, before)]
        case Changed(field=field, step=StepNode(kind="loop") as step, after=int(rounds)) if (
            field == _MAX_LOOPS
        ):
            return _cut_short(step, rounds, before)
    return None


def _find_old_inside(step: StepNode, before: Workflow, after: Workflow) -> Iterator[StepNode]:
    """Yield the steps directly in a new container as they were called before."""
    old_ids = pair_steps(before.nodes, after.nodes)
    for node in after.nodes:
        old = before.node(old_ids.get(node.step_id, "")) if node.parent_id == step.step_id else None
        if old is not None:
            yield old


def _pair(run: Run, spares: Sequence[_Spare]) -> Pair:
    was, spared = outcome_of(run), _Spared()
    for spare in spares:
        spared = spared.plus(spare(run))
    cost_usd = max(0.0, was.cost_usd - spared.cost_usd)
    return Pair(
        was, RunOutcome(cost_usd, was.succeeded, max(0.0, was.latency_s - spared.latency_s))
    )


def _run_at_once(nodes: Sequence[StepNode], before: Workflow) -> _Spare:
    step_ids = {node.step_id for node in nodes}
    counts_time = bool(nodes) and _counts_time(nodes[0], before)

    def spare(run: Run) -> _Spared:
        times_s: dict[str, float] = {}
        for step in run.steps:
            if step.step_id in step_ids:
                so_far_s = times_s.get(step.step_id, 0.0)
                times_s[step.step_id] = so_far_s + step.latency_ms / 1000
        if len(times_s) < 2 or not counts_time:
            return _Spared()
        return _Spared(0.0, sum(times_s.values()) - max(times_s.values()))

    return spare


def _remember(node: StepNode, before: Workflow) -> _Spare:
    def is_repeat(run: Run) -> Iterator[StepRun]:
        known = set()
        for step in run.steps:
            if step.step_id == node.step_id and step.input_hash:
                if step.input_hash in known:
                    yield step
                elif step.outcome is Outcome.OK:
                    known.add(step.input_hash)

    return lambda run: _sum(is_repeat(run), counts_time=_counts_time(node, before))


def _leave_out(node: StepNode, before: Workflow) -> _Spare:
    return lambda run: _sum(
        (step for step in run.steps if step.step_id == node.step_id),
        counts_time=_counts_time(node, before),
    )


def _cut_short(loop: StepNode, rounds: int, before: Workflow) -> list[_Spare] | None:
    """Only for a body of plain steps: those deeper inside count rounds of their own."""
    inside = [node for node in before.nodes if node.step_id.startswith(f"{loop.step_id}/")]
    if any(node.parent_id != loop.step_id or node.kind != "step" for node in inside):
        return None
    step_ids = {node.step_id for node in inside}
    return [
        lambda run: _sum(
            (step for step in run.steps if step.step_id in step_ids and step.iteration > rounds),
            counts_time=_counts_time(loop, before),
        )
    ]


def _sum(steps: Iterator[StepRun], *, counts_time: bool) -> _Spared:
    spared = _Spared()
    for step in steps:
        took_s = step.latency_ms / 1000 if counts_time else 0.0
        spared = spared.plus(_Spared(float(step.cost_usd), took_s))
    return spared


def _counts_time(node: StepNode, workflow: Workflow) -> bool:
    """Whether the run waits for the step: nothing around it runs beside others."""
    parent = workflow.node(node.parent_id)
    while parent:
        at_once = parent.kind in _AT_ONCE and not _is_one_by_one(parent)
        if at_once:
            return False
        parent = workflow.node(parent.parent_id)
    return True


def _is_one_by_one(node: StepNode) -> bool:
    inner = node.raw.get("map")
    return node.kind == "map" and isinstance(inner, dict) and inner.get("max_concurrency", 1) == 1
