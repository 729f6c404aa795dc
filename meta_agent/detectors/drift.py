"""Finds drift: runs of versions of this spec that the default branch never held."""

from dataclasses import replace
from typing import Final

from meta_agent.detectors.tell import tell_workflow
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from telemetry import Run

KIND: Final = "drift"

_HASH_CHARS = 12


def find_drift(window: Window) -> list[Opportunity]:
    """Return one opportunity, without a patch, when some runs of this spec's path are of no known version.

    Counted, not inferred: one such run is enough. None where the known versions aren't known.
    """
    known = window.history.known
    if known is None:
        return []
    path = window.workflow.path
    others = [run for run in window.history.runs if run.spec_path == path]
    drifted = [run for run in others if run.spec_sha256 not in known]
    return [_describe(window, drifted, len(others))] if drifted else []


def _describe(window: Window, drifted: list[Run], runs: int) -> Opportunity:
    versions = sorted({run.spec_sha256 for run in drifted})
    newest = max(drifted, key=lambda run: run.started_at)
    count = "a version" if len(versions) == 1 else f"{len(versions)} versions"
    found = tell_workflow(
        window,
        KIND,
        f"{len(drifted)} of {runs} runs are of {count} the default branch never held, last on "
        f"{newest.started_at:%Y-%m-%d} of {newest.spec_sha256[:_HASH_CHARS]}: what runs isn't what is reviewed",
        {
            "drifted_runs": float(len(drifted)),
            "drifted_share": len(drifted) / runs,
            "versions": float(len(versions)),
        },
    )
    return replace(found, since=min(run.started_at for run in drifted), until=newest.started_at)
