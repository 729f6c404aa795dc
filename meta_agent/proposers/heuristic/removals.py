"""Proposes to take a step out whose answer nobody reads."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from workflow import parse_patch


def propose_removal(
    opportunity: Opportunity, window: Window, _settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that removes the step."""
    node = window.workflow.node(opportunity.step_id)
    if node is None:
        return []
    numbers = opportunity.numbers
    return [
        Candidate(
            opportunity=opportunity,
            patch=parse_patch([{"op": "remove", "path": node.pointer}]),
            title=word_title("Remove", node.step_id, "whose answer nobody reads"),
            rationale=(
                "No step, exit, test, policy or score reads what it answers, it has no effects, and it never stopped a"
                f" run for a reason of its own in {numbers['executions']:.0f} executions. It takes"
                f" ${numbers['cost_per_run_usd']:.4f} and {numbers['latency_per_run_s']:.1f} s a run."
            ),
            source="heuristic:removals",
            patch_class="removal",
            structural=True,
        )
    ]
