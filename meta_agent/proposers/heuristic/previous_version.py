"""Proposes to go back to the version before."""

from collections.abc import Sequence
from statistics import fmean

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.roi_settings import RoiSettings
from telemetry import Run
from workflow import diff_documents

_HASH_CHARS = 12


def propose_previous_version(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch from this version to the one before.

    None where its runs were worth no more, all told, or where the two documents are equal.
    """
    previous = window.history.previous
    if previous is None or not _was_better(window.history.runs_of(previous), window.runs, settings):
        return []
    # What differs may be a prompt in a file beside the spec, which no patch of the spec can bring back.
    patch = diff_documents(window.workflow.document, previous.document)
    if not patch.operations:
        return []
    before = opportunity.numbers["runs_before"]
    return [
        Candidate(
            opportunity=opportunity,
            patch=patch,
            title=f"Go back to version {previous.spec_sha256[:_HASH_CHARS]}",
            rationale=(
                f"{opportunity.summary}. That is by {opportunity.runs} runs of this version and "
                f"{before:.0f} of the one before, alike runs compared with alike ones; "
                f"what else changed between them the figures can't say."
            ),
            source="heuristic:previous_version",
            patch_class="revert",
            structural=True,
        )
    ]


def _was_better(before: Sequence[Run], after: Sequence[Run], settings: ProposerSettings) -> bool:
    """Whether a mean run was worth more: a version may well cost more because it fails less."""
    return _mean_value(before, settings.roi) > _mean_value(after, settings.roi)


def _mean_value(runs: Sequence[Run], roi: RoiSettings) -> float:
    return fmean(
        run.succeeded * roi.value_per_success_usd
        - float(run.cost_usd)
        - run.latency_ms / 1000 * roi.latency_usd_per_s
        for run in runs
    )
