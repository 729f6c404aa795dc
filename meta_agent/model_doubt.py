"""What a cheaper model may get wrong that no run tells: the price of a swap's doubt.

A replay says what other prices do to recorded answers, never whether the other model's own answers would do. Until it
was asked at the very step, that is a judgement: every token of an answer is a chance to get it wrong, and where the
present model is wrong at times the question is hard, and a lesser one is wrong more often. Without any trouble seen,
few runs still leave room for some.
"""

from collections.abc import Sequence
from typing import Final

from meta_agent.statistics import quantile
from meta_agent.trouble import is_trouble
from telemetry import Run, StepRun
from workflow import Reprice, Workflow

_WRONG_A_TOKEN: Final = 5e-5
_TIMES_AS_OFTEN: Final = 4.0
"""How much more trouble a lesser model adds where the present one has some."""
_UNSEEN: Final = 0.1
_TRUSTED: Final = 30
"""So many answers of the new model at the step count as much as the judgement."""
_TYPICAL_TOKENS: Final = 1_000


def doubt_models(
    before: Workflow, after: Workflow, runs: Sequence[Run], *, reprice: Reprice | None = None
) -> float:
    """Return how many more failures a run is expected to have for answers of models that are cheaper than before."""
    was = {node.step_id: node.model for node in before.nodes}
    swapped = {
        node.step_id: node.model
        for node in after.nodes
        if node.model and was.get(node.step_id) and was[node.step_id] != node.model
    }
    lesser = {
        step_id: model
        for step_id, model in swapped.items()
        if not _costs_more(model, was[step_id], reprice)
    }
    if not lesser or not runs:
        return 0.0
    executions: dict[str, list[StepRun]] = {step_id: [] for step_id in lesser}
    for run in runs:
        for step in run.steps:
            if step.step_id in executions and step.attempts:
                executions[step.step_id].append(step)
    return sum(
        _doubt(seen, lesser[step_id]) * len(seen) / len(runs)
        for step_id, seen in executions.items()
        if seen
    )


def _costs_more(model: str, present: str, reprice: Reprice | None) -> bool:
    if reprice is None:
        return False
    usd, present_usd = (reprice(one, _TYPICAL_TOKENS, _TYPICAL_TOKENS) for one in (model, present))
    return usd is not None and present_usd is not None and usd >= present_usd


def _doubt(executions: Sequence[StepRun], model: str) -> float:
    """Return how much more often an execution goes wrong, as an expectation."""
    attempts = [attempt for step in executions for attempt in step.attempts]
    tokens = sorted(attempt.output_tokens for attempt in attempts if attempt.output_tokens)
    troubled = sum(map(is_trouble, attempts))
    more = (_TIMES_AS_OFTEN * troubled + _UNSEEN) / (len(executions) + 1)
    longer = _WRONG_A_TOKEN * quantile(tokens, 0.95) if tokens else 0.0
    known = sum(attempt.model == model for attempt in attempts)
    return (more + longer) * _TRUSTED / (_TRUSTED + known)
