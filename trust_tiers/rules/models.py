"""Another model from the user's own list is worth a trial."""

from trust_tiers.comparison import Comparison
from trust_tiers.deciders import decides
from trust_tiers.decision import Decision
from trust_tiers.guards import is_guard
from trust_tiers.verdicts import high, medium
from workflow import Changed, GraphChange


def swaps_model(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Stage an agent's switch to a model the user allows, unless a guard or a decision hangs on that agent."""
    if not isinstance(change, Changed) or change.subject.kind != "agent":
        return None
    if change.field != ("model",):
        return None
    agent, before, after = change.subject.id, change.before, change.after
    if not isinstance(before, str) or after not in comparison.limits.allowed_models:
        return high(f"agent {agent}: {after} isn't in the list of allowed models")
    for step in change.users:
        obstacle = _find_obstacle(step.step_id, comparison)
        if obstacle:
            return high(f"agent {agent}: {step.step_id} {obstacle}, so its model stays")
    return medium(f"agent {agent}: {after} instead of {before}, which is in the allowed list")


def _find_obstacle(step_id: str, comparison: Comparison) -> str:
    for version in (comparison.before, comparison.after):
        step = version.node(step_id)
        if step is not None and is_guard(step, version):
            return "guards other steps"
        if step is not None and decides(step, version):
            return "decides what else happens"
    return ""
