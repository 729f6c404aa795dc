"""All detectors, applied."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from meta_agent.detectors.busy_fallback import find_busy_fallbacks
from meta_agent.detectors.costly_step import find_costly_steps
from meta_agent.detectors.drift import find_drift
from meta_agent.detectors.futile_retries import find_futile_retries
from meta_agent.detectors.idle_branch import find_idle_branches
from meta_agent.detectors.idle_rounds import find_idle_rounds
from meta_agent.detectors.idle_validator import find_idle_validators
from meta_agent.detectors.independent_steps import find_independent_steps
from meta_agent.detectors.late_failure import find_preventable_failures
from meta_agent.detectors.loose_token_limit import find_loose_token_limits
from meta_agent.detectors.missing_description import find_missing_descriptions
from meta_agent.detectors.overpowered_model import find_overpowered_models
from meta_agent.detectors.regression import find_regressions
from meta_agent.detectors.repeated_inputs import find_repeated_inputs
from meta_agent.detectors.timeout_misfit import find_timeout_misfits
from meta_agent.detectors.transient_failures import find_transient_failures
from meta_agent.detectors.unread_output import find_unread_outputs
from meta_agent.detectors.validator_order import find_misordered_validators
from meta_agent.detectors.window import Window, open_window
from meta_agent.history import NO_HISTORY, History
from meta_agent.opportunity import Opportunity
from telemetry import Run
from workflow import Recording, Workflow

Detector = Callable[[Window], list[Opportunity]]

DETECTORS: Final[tuple[Detector, ...]] = (
    find_costly_steps,
    find_transient_failures,
    find_timeout_misfits,
    find_overpowered_models,
    find_futile_retries,
    find_busy_fallbacks,
    find_loose_token_limits,
    find_drift,
    find_regressions,
    find_missing_descriptions,
    find_preventable_failures,
    find_misordered_validators,
    find_idle_validators,
    find_independent_steps,
    find_repeated_inputs,
    find_idle_rounds,
    find_unread_outputs,
    find_idle_branches,
)


def detect(
    runs: Iterable[Run],
    workflow: Workflow,
    *,
    history: History = NO_HISTORY,
    recordings: Iterable[Recording] = (),
) -> list[Opportunity]:
    """Return what is worth improving in this version, by detector, then in document order.

    Runs of other versions count only where they stand in `history`. Where the sample is too small to be sure the
    opportunity says `enough=False`.
    """
    return detect_in(open_window(runs, workflow, history=history, recordings=recordings))


def detect_in(window: Window) -> list[Opportunity]:
    """Return what is worth improving in a window that is open already."""
    found = [found for find in DETECTORS for found in find(window)]
    if not window.runs:
        return found
    since = min(run.started_at for run in window.runs)
    until = max(run.started_at for run in window.runs)
    return [replace(one, since=one.since or since, until=one.until or until) for one in found]
