"""Finds answers that fail a step further down, and that a registered validator would have caught at their source."""

from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import Window
from meta_agent.late_failures import LateFailure, find_late_failures
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import benjamini_hochberg

KIND: Final = "late_failure"

_FALSE_DISCOVERIES = 0.05
_CAUGHT_LOW = 0.2


def find_preventable_failures(window: Window) -> list[Opportunity]:
    """Return the sources of failures further down, in the order of the steps that fail; needs recordings.

    A step that fails on its input is traced up the data flow: built-in validators, as the spec uses them or learnt
    from the answers that worked, look at the recorded answers of the steps before it. One must refuse most answers
    that led to a failure and hardly any other, on answers it wasn't learnt from; by Fisher's exact test, corrected for
    the number of failing steps. A step that fails whatever it is given is left alone.
    """
    found = find_late_failures(window)
    proven = benjamini_hochberg([one.p_value for one in found], q=_FALSE_DISCOVERIES)
    return [_describe(one, window, sure=sure) for one, sure in zip(found, proven, strict=True)]


def _describe(found: LateFailure, window: Window, *, sure: bool) -> Opportunity:
    is_enough = window.enough and sure and found.caught_low >= _CAUGHT_LOW
    share = found.failed / (found.failed + found.worked)
    return tell_step(
        window,
        KIND,
        found.source,
        f": its answer fails {found.reader.name} further down; {found.check.reference} would have refused"
        f" {found.caught} of {found.failed} such answers and {found.refused} of {found.worked} others",
        {
            "answers": float(found.failed + found.worked),
            "failure_rate": share,
            "failures": float(found.failed),
            "caught": float(found.caught),
            "caught_share_low": found.caught_low,
            "false_alarms": float(found.refused),
            "rejection_rate": found.rejection_rate,
        },
        p_value=found.p_value,
        runs_needed=0 if is_enough else max(1, window.missing_runs, len(window.runs)),
    )
