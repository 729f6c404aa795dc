"""Versions that do worse than the one before, and those that only look so."""

from dataclasses import replace

import pytest

from meta_agent import (
    Candidate,
    History,
    Opportunity,
    ProposerSettings,
    detect,
    open_window,
    propose_in,
)
from telemetry import Run
from tests.meta_agent.builders import (
    MakeAttempt,
    ask,
    fail_at_times,
    make_runs,
    make_workflow,
    succeed,
)
from workflow import patch_workflow

_BEFORE = make_workflow()
_AFTER = make_workflow(lookup_config="{backoff_s: 2}")
_CHEAP, _DEAR = (ask("sim:large", usd_per_token=usd) for usd in (1e-5, 1.5e-5))


def _find(before: list[Run], after: list[Run]) -> list[Opportunity]:
    history = History(previous=_BEFORE, runs=(*before, *after))
    return [one for one in detect(after, _AFTER, history=history) if one.kind == "regression"]


def _propose(before: list[Run], after: list[Run]) -> list[Candidate]:
    [found] = _find(before, after)
    history = History(previous=_BEFORE, runs=(*before, *after))
    return propose_in(open_window(after, _AFTER, history=history), found, ProposerSettings())


def _runs(
    count: int,
    *,
    after: bool = False,
    lookup: MakeAttempt | None = None,
    draft: MakeAttempt | None = None,
) -> list[Run]:
    version = _AFTER if after else _BEFORE
    return make_runs(version, count, lookup=lookup, draft=draft, seed=7 if after else 0)


def _with_branch(runs: list[Run], branch: str) -> list[Run]:
    return [
        replace(run, steps=tuple(replace(step, branch=branch) for step in run.steps))
        for run in runs
    ]


def test_a_version_that_fails_more_often_is_found() -> None:
    [found] = _find(
        _runs(200, lookup=fail_at_times(0.02)),
        _runs(200, after=True, lookup=fail_at_times(0.15)),
    )
    assert (found.step_id, found.enough, found.runs) == ("/", True, 200)
    assert found.confidence > 0.99
    assert found.numbers["failure_rate_after"] > found.numbers["failure_rate_before"] + 0.05
    assert found.numbers["runs_before"] == 200
    assert "fails in" in found.summary
    assert "most of it in lookup" in found.summary


def test_a_version_that_costs_more_is_found() -> None:
    [found] = _find(_runs(100, draft=_CHEAP), _runs(100, after=True, draft=_DEAR))
    ratio = found.numbers["cost_after_usd"] / found.numbers["cost_before_usd"]
    assert ratio == pytest.approx(1.5, rel=0.1)
    assert "failure_rate_after" not in found.numbers


def test_a_version_that_takes_longer_is_found() -> None:
    [found] = _find(_runs(150), _runs(150, after=True, draft=succeed(2.0)))
    assert found.numbers["latency_after_s"] > 1.2 * found.numbers["latency_before_s"]


def test_a_version_that_is_as_good_is_left_alone() -> None:
    assert _find(_runs(200, draft=_CHEAP), _runs(200, after=True, draft=_CHEAP)) == []


def test_a_version_that_is_better_is_left_alone() -> None:
    assert _find(_runs(200, draft=_DEAR), _runs(200, after=True, draft=_CHEAP)) == []


def test_another_mix_of_the_same_traffic_is_no_regression() -> None:
    """Dear runs take one branch and cheap ones another, in both versions alike; only how many of each changes."""
    before = _with_branch(_runs(150, draft=_CHEAP), "a") + _with_branch(_runs(50, draft=_DEAR), "b")
    after = _with_branch(_runs(50, after=True, draft=_CHEAP), "a") + _with_branch(
        _runs(150, after=True, draft=_DEAR), "b"
    )
    assert [found for found in _find(before, after) if found.enough] == []


def test_a_hint_says_how_many_runs_would_tell() -> None:
    found = [
        one
        for seed in range(12)
        for one in _find(
            make_runs(_BEFORE, 40, lookup=fail_at_times(0.05), seed=seed),
            make_runs(_AFTER, 40, lookup=fail_at_times(0.15), seed=100 + seed),
        )
        if not one.enough
    ]
    assert found
    assert all(one.runs_needed >= 40 for one in found)


def test_without_a_version_before_or_its_runs_nothing_is_said() -> None:
    after = _runs(100, after=True, draft=_DEAR)
    assert _find([], after) == []
    assert _find(_runs(100), []) == []
    history = History(runs=(*_runs(100), *after))
    assert [one for one in detect(after, _AFTER, history=history) if one.kind == "regression"] == []


def test_of_many_equal_versions_hardly_any_is_accused() -> None:
    accused = sum(
        found.enough
        for seed in range(60)
        for found in _find(
            make_runs(_BEFORE, 60, lookup=fail_at_times(0.1), draft=_CHEAP, seed=seed),
            make_runs(_AFTER, 60, lookup=fail_at_times(0.1), draft=_CHEAP, seed=1_000 + seed),
        )
    )
    assert accused <= 6


def test_the_way_back_is_proposed() -> None:
    [candidate] = _propose(_runs(100, draft=_CHEAP), _runs(100, after=True, draft=_DEAR))
    assert (candidate.patch_class, candidate.structural) == ("revert", True)
    assert candidate.title == f"Go back to version {_BEFORE.spec_sha256[:12]}"
    assert patch_workflow(_AFTER, candidate.patch).spec_sha256 == _BEFORE.spec_sha256


def test_no_way_back_is_proposed_from_a_version_that_costs_more_and_fails_less() -> None:
    before = _runs(200, lookup=fail_at_times(0.4), draft=_CHEAP)
    after = _runs(200, after=True, draft=_DEAR)
    [found] = _find(before, after)
    assert "costs" in found.summary
    assert _propose(before, after) == []
