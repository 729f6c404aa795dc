"""Proposes to end a loop after the last round that improves anything."""

from pydantic import JsonValue

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from workflow import parse_patch


def propose_fewer_rounds(
    opportunity: Opportunity, window: Window, _settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that lowers `max_loops` to the number of useful rounds."""
    node = window.workflow.node(opportunity.step_id)
    loop = node.raw.get("loop") if node else None
    if node is None or not isinstance(loop, dict):
        return []
    numbers = opportunity.numbers
    useful, limit = int(numbers["useful_rounds"]), int(numbers["max_loops"])
    operation: dict[str, JsonValue] = {
        "op": "replace" if "max_loops" in loop else "add",
        "path": f"{node.pointer}/loop/max_loops",
        "value": useful,
    }
    return [
        Candidate(
            opportunity=opportunity,
            patch=parse_patch([operation]),
            title=word_title("Leave", node.step_id, f"after {useful} of {limit} rounds"),
            rationale=(
                f"In {numbers['scored_visits']:.0f} visits no number that the rounds give changes after round {useful},"
                f" and the exit hardly ever comes later; {numbers['wasted_rounds_per_run']:.1f} rounds a run are for"
                " nothing. What the rounds write beside those numbers isn't judged."
            ),
            source="heuristic:fewer_rounds",
            patch_class="fewer_rounds",
            structural=True,
        )
    ]
