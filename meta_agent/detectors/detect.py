"""All detectors, applied."""

from collections.abc import Callable, Iterable
from typing import Final

from meta_agent.detectors.costly_step import find_costly_steps
from meta_agent.detectors.timeout_misfit import find_timeout_misfits
from meta_agent.detectors.transient_failures import find_transient_failures
from meta_agent.detectors.window import Window, open_window
from meta_agent.opportunity import Opportunity
from telemetry import Run
from workflow import Workflow

Detector = Callable[[Window], list[Opportunity]]

DETECTORS: Final[tuple[Detector, ...]] = (
    find_costly_steps,
    find_transient_failures,
    find_timeout_misfits,
)


def detect(runs: Iterable[Run], workflow: Workflow) -> list[Opportunity]:
    """Return what is worth improving in this version, by detector, then in document order.

    Runs of other versions don't count. Where the sample is too small to be sure the opportunity says `enough=False`.
    """
    window = open_window(runs, workflow)
    return [found for find in DETECTORS for found in find(window)]
