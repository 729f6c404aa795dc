"""Every call to GitHub fails once, in every way it can: what people see is there once, and nothing is stuck."""

import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import (
    GitHubAuthError,
    GitHubConflictError,
    GitHubError,
    GitHubNotFoundError,
    GitHubPermissionError,
    GitHubRateLimitedError,
    GitHubRefusedError,
    GitHubUnavailableError,
)
from tests.app.behaviours.disturbed_scenes import SCENES, open_scene
from tests.app.behaviours.disturbing import Begun, FailingOnce, Play
from tests.app.behaviours.endings import Ended

HONEST = ("no answer", "lost answer", "500", "lost 502", "secondary limit")
"""Failures after which it is made again until it worked."""

REFUSALS = ("401", "403", "404", "409", "422", "stale")
"""What GitHub says wrongly, once: it may be believed, until something is heard again."""

_STEP = 1 if os.environ.get("FLUJO_VERIFY") else 23


def _list_faults(calls: int, kinds: tuple[str, ...]) -> list[tuple[int, str]]:
    """All calls in all ways; in a short run a few of them, spread over both."""
    every = [(at, kind) for kind in kinds for at in range(1, calls + 1)]
    return every[:: min(_STEP, max(1, len(every) // 6))]


def _make_fault(begun: Begun, at: int, kind: str) -> FailingOnce:
    return FailingOnce(at=at, error=_make_error(begun, kind), is_after=kind.startswith("lost"))


def _make_error(begun: Begun, kind: str) -> GitHubError | None:
    until = begun.now + timedelta(minutes=2)
    kinds: dict[str, GitHubError | None] = {
        "no answer": GitHubUnavailableError("it", 0, "no answer in time"),
        "lost answer": GitHubUnavailableError("it", 0, "the connection failed"),
        "500": GitHubUnavailableError("it", 500, "oops"),
        "lost 502": GitHubUnavailableError("it", 502, "Bad Gateway"),
        "secondary limit": GitHubRateLimitedError("it", 403, "secondary", until=until),
        "401": GitHubAuthError("it", 401, "Bad credentials"),
        "403": GitHubPermissionError("it", 403, "Resource not accessible"),
        "404": GitHubNotFoundError("it", 404, "Not Found"),
        "409": GitHubConflictError("it", 409, "Conflict"),
        "422": GitHubRefusedError("it", 422, "Validation Failed"),
        "stale": None,
    }
    return kinds[kind]


def _play_undisturbed(begun: Begun, folder: Path) -> tuple[int, Ended]:
    play = Play(begun, folder)
    play.faults = play.github.faults = FailingOnce()
    assert play.run().is_quiet
    return len(play.faults.calls), play.run_again()


@pytest.mark.parametrize("name", SCENES)
def test_what_failed_is_made_good(name: str, quick_folder: Path) -> None:
    begun = open_scene(name)
    calls, wanted = _play_undisturbed(begun, quick_folder)
    for at, kind in _list_faults(calls, HONEST):
        play = Play(begun, quick_folder, fault := _make_fault(begun, at, kind))
        told = f"{kind} at {at}"
        play.run()
        assert play.run_again() == wanted, (told, fault.struck)


@pytest.mark.parametrize("name", SCENES)
def test_what_was_refused_leaves_nothing_twice_and_nothing_stuck(
    name: str, quick_folder: Path
) -> None:
    begun = open_scene(name)
    calls, wanted = _play_undisturbed(begun, quick_folder)
    for at, kind in _list_faults(calls, REFUSALS):
        play = Play(begun, quick_folder, fault := _make_fault(begun, at, kind))
        play.run()
        ended = play.run_again()
        told = f"{kind} at {at}, {fault.struck}"
        assert ended.is_quiet, told
        more = Counter(ended.things) - Counter(wanted.things)
        # Who is told that no commit of ours may land asks people to take it back instead.
        assert all(thing.startswith("pull from flujo/revert-") for thing in more), told
        assert sum(more.values()) <= 1, told
