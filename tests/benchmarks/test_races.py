"""Whatever people and CI do at the wrong moment, only what was tested is merged, and at most once.

A sample of the schedules; under FLUJO_VERIFY=1 every event before every call of the driver, and a thousand longer ones.
"""

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from app.forge import MergeOutcome, MergeRequest
from tests.benchmarks.races import (
    EVENTS,
    Schedule,
    count_calls,
    draw_schedules,
    list_single,
    make_template,
    play,
    tell,
)
from tests.fakes.forge_pulls import FakePullRequests

FULL = bool(os.environ.get("FLUJO_VERIFY"))
SEED = 20260301
_SAMPLED_EVERY = 31
_DRAWN = 1_000 if FULL else 8
_LAST_CALLS = 6


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("races"))


@pytest.fixture(scope="module")
def calls(template: Path) -> int:
    return count_calls(template.parent, template)


def wrong_of(schedules: list[Schedule], folder: Path, template: Path) -> dict[str, tuple[str, ...]]:
    ended = {tell(one): play(one, folder, template) for one in schedules}
    return {name: one.wrong for name, one in ended.items() if one.wrong}


def test_undisturbed_it_is_merged(tmp_path: Path, template: Path) -> None:
    ended = play((), tmp_path, template)
    assert (ended.is_merged, ended.wrong, ended.in_gap) == (True, (), ())


def test_one_event_at_any_moment_does_no_harm(tmp_path: Path, template: Path, calls: int) -> None:
    schedules = list(islice(list_single(calls), 0, None, 1 if FULL else _SAMPLED_EVERY))
    assert wrong_of(schedules, tmp_path, template) == {}


@pytest.mark.parametrize("event", EVENTS)
def test_no_event_right_before_the_merge_does_harm(
    event: str, tmp_path: Path, template: Path, calls: int
) -> None:
    merge = calls - _LAST_CALLS + 1
    ended = play(((merge, event),), tmp_path, template)
    assert ended.wrong == ()


def test_up_to_six_events_at_any_moments_do_no_harm(
    tmp_path: Path, template: Path, calls: int
) -> None:
    schedules = list(draw_schedules(Random(SEED), calls, _DRAWN))
    assert wrong_of(schedules, tmp_path, template) == {}


def test_a_merge_that_names_no_commit_would_be_caught(
    tmp_path: Path, template: Path, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The explorer has teeth: it finds the race that the sha is there for."""
    honest = FakePullRequests.merge

    def merge(self: FakePullRequests, request: MergeRequest) -> MergeOutcome:
        return honest(self, replace(request, head_commit=self.get(request.number).head_commit))

    monkeypatch.setattr(FakePullRequests, "merge", merge)
    ended = play(((calls - _LAST_CALLS + 1, "push"),), tmp_path, template)
    assert "what somebody pushed was merged" in ended.wrong
