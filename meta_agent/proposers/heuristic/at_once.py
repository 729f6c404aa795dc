"""Proposes to run neighbours at once that don't need each other."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.independence import list_independent_groups
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.proposers.heuristic.wrapping import wrap_in_parallel


def propose_running_at_once(
    opportunity: Opportunity, window: Window, _settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that puts the group into a `parallel` step."""
    groups = list_independent_groups(window.workflow, window.flow)
    nodes = next((one for one in groups if one[0].step_id == opportunity.step_id), ())
    patch = wrap_in_parallel(nodes, window.workflow, window.flow) if nodes else None
    if patch is None:
        return []
    names = ", ".join(node.name for node in nodes)
    saved_s = opportunity.numbers["saved_s_per_run"]
    return [
        Candidate(
            opportunity=opportunity,
            patch=patch,
            title=word_title("Run", opportunity.step_id, f"and {nodes[-1].name} at once"),
            rationale=(
                f"By the data flow none of {names} reads another or what it leaves in the context, and none has"
                f" effects. Their times add up to {saved_s:.1f} s a run more than the longest of them takes. If one"
                " fails the others have begun already, and what they cost is spent."
            ),
            source="heuristic:at_once",
            patch_class="at_once",
            structural=True,
        )
    ]
