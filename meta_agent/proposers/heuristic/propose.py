"""All heuristics, by the kind of opportunity they answer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from meta_agent.candidate import Candidate
from meta_agent.detectors import (
    busy_fallback,
    costly_step,
    futile_retries,
    idle_rounds,
    idle_validator,
    independent_steps,
    late_failure,
    loose_token_limit,
    missing_description,
    overpowered_model,
    regression,
    repeated_inputs,
    timeout_misfit,
    transient_failures,
    unread_output,
    validator_order,
)
from meta_agent.detectors.window import Window, open_window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.at_once import propose_running_at_once
from meta_agent.proposers.heuristic.cheaper import propose_cheaper
from meta_agent.proposers.heuristic.checked_source import propose_checked_source
from meta_agent.proposers.heuristic.descriptions import propose_descriptions
from meta_agent.proposers.heuristic.easier_model import propose_easier_models
from meta_agent.proposers.heuristic.fallback_first import propose_fallback_first
from meta_agent.proposers.heuristic.fewer_retries import propose_fewer_retries
from meta_agent.proposers.heuristic.fewer_rounds import propose_fewer_rounds
from meta_agent.proposers.heuristic.previous_version import propose_previous_version
from meta_agent.proposers.heuristic.remembering import propose_remembering
from meta_agent.proposers.heuristic.removals import propose_removal
from meta_agent.proposers.heuristic.retries import propose_retries
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.proposers.heuristic.timeouts import propose_timeouts
from meta_agent.proposers.heuristic.token_limits import propose_token_limits
from meta_agent.proposers.heuristic.validator_changes import (
    propose_validator_order,
    propose_without_idle_validator,
)
from telemetry import Run
from workflow import Workflow

Proposer = Callable[[Opportunity, Window, ProposerSettings], list[Candidate]]

PROPOSERS: Final[Mapping[str, Proposer]] = {
    costly_step.KIND: propose_cheaper,
    transient_failures.KIND: propose_retries,
    timeout_misfit.KIND: propose_timeouts,
    overpowered_model.KIND: propose_easier_models,
    futile_retries.KIND: propose_fewer_retries,
    busy_fallback.KIND: propose_fallback_first,
    loose_token_limit.KIND: propose_token_limits,
    regression.KIND: propose_previous_version,
    missing_description.KIND: propose_descriptions,
    late_failure.KIND: propose_checked_source,
    validator_order.KIND: propose_validator_order,
    idle_validator.KIND: propose_without_idle_validator,
    independent_steps.KIND: propose_running_at_once,
    repeated_inputs.KIND: propose_remembering,
    idle_rounds.KIND: propose_fewer_rounds,
    unread_output.KIND: propose_removal,
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
    return propose_in(open_window(runs, workflow), opportunity, settings)


def propose_in(
    window: Window, opportunity: Opportunity, settings: ProposerSettings
) -> list[Candidate]:
    """Return the same from a window that is open already: splitting many runs once is enough."""
    proposer = PROPOSERS.get(opportunity.kind)
    if proposer is None or not opportunity.enough:
        return []
    if opportunity.spec_sha256 != window.workflow.spec_sha256:
        return []
    return proposer(opportunity, window, settings)
