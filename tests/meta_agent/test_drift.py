"""Runs of versions that nobody reviewed."""

from dataclasses import replace

from meta_agent import History, Opportunity, ProposerSettings, detect, propose
from telemetry import Run
from tests.meta_agent.builders import make_runs, make_workflow

_WORKFLOW = make_workflow()
_STRANGER = make_workflow(lookup_config="{backoff_s: 9}")
_KNOWN = frozenset({_WORKFLOW.spec_sha256})
_MINE = make_runs(_WORKFLOW, 60)
_STRAYS = make_runs(_STRANGER, 20)


def _find(runs: list[Run], history: History) -> list[Opportunity]:
    return [found for found in detect(runs, _WORKFLOW, history=history) if found.kind == "drift"]


def test_runs_of_a_version_the_default_branch_never_held_are_told() -> None:
    [found] = _find(_MINE, History(known=_KNOWN, runs=(*_MINE, *_STRAYS)))
    assert (found.step_id, found.enough, found.confidence) == ("/", True, 1.0)
    assert found.numbers == {"drifted_runs": 20, "drifted_share": 0.25, "versions": 1}
    assert found.summary.startswith("triage.flow.yaml: 20 of 80 runs are of a version ")
    assert _STRANGER.spec_sha256[:12] in found.summary
    assert (found.since, found.until) == (_STRAYS[0].started_at, _STRAYS[-1].started_at)


def test_drift_is_told_even_where_this_version_never_ran() -> None:
    [found] = _find([], History(known=_KNOWN, runs=tuple(_STRAYS)))
    assert found.numbers["drifted_share"] == 1
    assert found.runs == 0


def test_an_earlier_version_of_the_default_branch_is_no_drift() -> None:
    known = _KNOWN | {_STRANGER.spec_sha256}
    assert _find(_MINE, History(known=known, runs=(*_MINE, *_STRAYS))) == []


def test_runs_of_another_spec_are_no_drift() -> None:
    elsewhere = tuple(replace(run, spec_path="other.flow.yaml") for run in _STRAYS)
    assert _find(_MINE, History(known=_KNOWN, runs=(*_MINE, *elsewhere))) == []


def test_where_nobody_looked_for_known_versions_nothing_is_called_drift() -> None:
    assert _find(_MINE, History(runs=(*_MINE, *_STRAYS))) == []


def test_drift_has_no_patch() -> None:
    [found] = _find(_MINE, History(known=_KNOWN, runs=tuple(_STRAYS)))
    assert propose(found, _WORKFLOW, _MINE, ProposerSettings()) == []
