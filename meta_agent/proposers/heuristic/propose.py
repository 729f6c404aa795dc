"""All heuristics, by the kind of opportunity they answer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from meta_agent.candidate import Candidate
from meta_agent.detectors import costly_step, timeout_misfit, transient_failures
from meta_agent.detectors.window import Window, open_window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.cheaper import propose_cheaper
from meta_agent.proposers.heuristic.retries import propose_retries
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.proposers.heuristic.timeouts import propose_timeouts
from telemetry import Run
from workflow import Workflow

Proposer = Callable[[Opportunity, Window, ProposerSettings], list[Candidate]]

PROPOSERS: Final[Mapping[str, Proposer]] = {
    costly_step.KIND: propose_cheaper,
    transient_failures.KIND: propose_retries,
    timeout_misfit.KIND: propose_timeouts,
}


def propose(
    opportunity: Opportunity,
    workflow: Workflow,
    runs: Iterable[Run],
    settings: ProposerSettings,
) -> list[Candidate]:
    """Return the patches that take an opportunity, best guess first.

    None for an opportunity that lacks runs (`enough=False`) or is about another version of the workflow.
    """
    proposer = PROPOSERS.get(opportunity.kind)
    if proposer is None or not opportunity.enough:
        return []
    if opportunity.spec_sha256 != workflow.spec_sha256:
        return []
    return proposer(opportunity, open_window(runs, workflow), settings)
