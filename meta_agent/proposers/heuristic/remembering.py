"""Proposes a cache around a step that is asked the same again within a run."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.proposers.heuristic.wrapping import wrap_in_cache


def propose_remembering(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that wraps the step in a `cache`; none where nothing is saved."""
    node = window.workflow.node(opportunity.step_id)
    numbers = opportunity.numbers
    saved_usd, saved_s = numbers["saved_usd_per_run"], numbers["saved_s_per_run"]
    if node is None or saved_usd + saved_s * settings.roi.latency_usd_per_s <= 0:
        return []
    patch = wrap_in_cache(node, window.workflow, window.flow)
    if patch is None:
        return []
    return [
        Candidate(
            opportunity=opportunity,
            patch=patch,
            title=word_title("Remember what", node.step_id, "gave, within a run"),
            rationale=(
                f"{numbers['repeated_share']:.0%} of its executions are given an input that the same run gave before:"
                f" ${saved_usd:.4f} and {saved_s:.1f} s a run. A cache lasts for a run; only what succeeded is"
                " remembered. Equal questions get equal answers from then on."
            ),
            source="heuristic:remembering",
            patch_class="cache",
            structural=True,
        )
    ]
