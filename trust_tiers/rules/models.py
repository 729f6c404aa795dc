"""Another model from the user's own list is worth a trial."""

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.guards import is_guard
from trust_tiers.verdicts import high, medium
from workflow import Changed, GraphChange


def swaps_model(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Stage an agent's switch to a model the user allows, unless a guard runs on that agent."""
    if not isinstance(change, Changed) or change.subject.kind != "agent":
        return None
    if change.field != ("model",):
        return None
    agent, before, after = change.subject.id, change.before, change.after
    if not isinstance(before, str) or after not in comparison.limits.allowed_models:
        return high(f"agent {agent}: {after} isn't in the list of allowed models")
    guards = [step.step_id for step in change.users if _guards(step.step_id, comparison)]
    if guards:
        return high(f"agent {agent}: {guards[0]} guards other steps, so its model stays")
    return medium(f"agent {agent}: {after} instead of {before}, which is in the allowed list")


def _guards(step_id: str, comparison: Comparison) -> bool:
    versions = (comparison.before, comparison.after)
    found = [(version.node(step_id), version) for version in versions]
    return any(step is not None and is_guard(step, version) for step, version in found)
