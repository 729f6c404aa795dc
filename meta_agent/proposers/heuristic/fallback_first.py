"""Proposes to run the fallback first, where that is cheaper than to fail first."""

from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from meta_agent.candidate import Candidate
from meta_agent.detectors.busy_fallback import fallback_of
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.fewer_retries import propose_fewer_retries
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.roi_settings import RoiSettings
from telemetry import Outcome
from workflow import JsonPatch, StepNode, parse_patch

EXCHANGED: Final = (
    *("uses", "agent", "config", "validators", "input_schema", "output_schema"),
    *("usage_limits", "description", "meta"),
)
"""What of a step says what it runs and how; its name and where its output goes stay."""

_WORTHWHILE = 0.01


@dataclass(frozen=True, slots=True)
class _Side:
    """An execution of one of the two: what it costs in USD, waiting included, and how often it fails."""

    usd: float
    failure_rate: float


def propose_fallback_first(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return a patch that makes step and fallback change places, and one with fewer retries before the fallback.

    The first only where the fallback alone is expected to cost less than trying the other one before it, and both are
    plain steps; the second only where retries don't pay.
    """
    fewer = propose_fewer_retries(opportunity, window, settings)
    first = window.sample(opportunity.step_id)
    node = fallback_of(first.node, window) if first else None
    second = window.sample(node.step_id) if node else None
    if first is None or second is None or not _can_change_places(first.node, second.node):
        return fewer
    saved_usd, present_usd = _compare(first, second, settings.roi)
    if saved_usd <= _WORTHWHILE * present_usd:
        return fewer
    return [_propose(opportunity, first, second, saved_usd / present_usd), *fewer]


def _compare(first: StepSample, second: StepSample, roi: RoiSettings) -> tuple[float, float]:
    """Return what changing places saves an execution, and what one costs now.

    Both orders succeed alike, if each fails as often whether or not the other one has.
    """
    one, other = _measure(first, roi), _measure(second, roi)
    present_usd = one.usd + one.failure_rate * other.usd
    return present_usd - (other.usd + other.failure_rate * one.usd), present_usd


def _measure(sample: StepSample, roi: RoiSettings) -> _Side:
    count = len(sample.executions)
    spent_usd = float(sum(one.cost_usd for one in sample.executions))
    waited_s = sum(one.latency_ms for one in sample.executions) / 1000
    failed = sum(one.outcome is not Outcome.OK for one in sample.executions)
    return _Side((spent_usd + waited_s * roi.latency_usd_per_s) / count, failed / count)


def _can_change_places(first: StepNode, second: StepNode) -> bool:
    """A fallback without an input of its own gets that of its step, and would still; one with its own exchanges it."""
    return (
        first.kind == second.kind == "step"
        and ("input" not in second.raw or "input" in first.raw)
        and "fallback" not in second.raw
    )


def _propose(
    opportunity: Opportunity, first: StepSample, second: StepSample, share: float
) -> Candidate:
    used = opportunity.numbers["fallback_share"]
    return Candidate(
        opportunity=opportunity,
        patch=_exchange(first.node, second.node),
        title=word_title("Run", first.node.step_id, "on its fallback first"),
        rationale=(
            f"{first.node.uses or first.node.step_id} fails in {used:.0%} of its executions and "
            f"{second.node.uses or second.node.step_id} takes over. The other way round an execution costs "
            f"{share:.0%} less, waiting included. Names stay, so that what reads them goes on reading them; "
            f"whether its answers are as good is for a person to say."
        ),
        source="heuristic:fallback_first",
        patch_class="fallback_first",
        structural=True,
    )


def _exchange(first: StepNode, second: StepNode) -> JsonPatch:
    keys = (*EXCHANGED, "input") if "input" in second.raw else EXCHANGED
    operations: list[JsonValue] = [
        operation
        for key in keys
        for here, there in ((first, second), (second, first))
        if (operation := _set(here, key, there.raw.get(key))) is not None
    ]
    return parse_patch(operations)


def _set(node: StepNode, key: str, value: JsonValue) -> JsonValue:
    """Return the operation after which a step has `key: value`; `None` stands for a key that isn't there."""
    path = f"{node.pointer}/{key}"
    present = node.raw.get(key)
    if value == present:
        return None
    if value is None:
        return {"op": "remove", "path": path}
    return {"op": "add" if present is None else "replace", "path": path, "value": value}
