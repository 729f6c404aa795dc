"""A server may die at every durable step of a rollout: it ends in exactly one of {old, new}; the journal says which."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.behaviours.advance_rollout import advance_rollout
from app.store import Closing, Step
from tests.app.behaviours.places import NOW
from tests.app.behaviours.proposing import at
from tests.app.behaviours.rolling import Rolling, make_rolling
from tests.app.sweeping import LETTERS_SPEC
from tests.fakes.crashes import Fuse, Killed, MortalStore
from trust_tiers import RolloutState


def _live(rolling: Rolling, fuse: Fuse, *, passes: bool) -> None:
    """Advance until nothing is left to do, CI answering whatever is asked, in a process with a fuse."""
    for _ in range(6):
        with _mortal(rolling, fuse):
            place = at(rolling.place, NOW)
            advance_rollout(
                replace(place, store=MortalStore.wrap(place.store, fuse)), rolling.record.id
            )
        _let_ci_answer(rolling, passes=passes)


def _let_ci_answer(rolling: Rolling, *, passes: bool) -> None:
    if rolling.state is RolloutState.STAGED:
        rolling.check()
    if rolling.state is RolloutState.APPLIED:
        rolling.check(rolling.application.commit, passes=passes)


@contextmanager
def _mortal(rolling: Rolling, fuse: Fuse) -> Iterator[None]:
    """Let every call to GitHub burn the fuse, before and after."""
    faults = rolling.place.github.faults
    call = type(faults).call

    def burning(name: str, act: Any) -> Any:
        fuse.burn()
        result = call(faults, name, act)
        fuse.burn()
        return result

    faults.call = burning  # type: ignore[method-assign]
    try:
        yield
    finally:
        del faults.call


@pytest.mark.parametrize("passes", [True, False], ids=["passing", "failing after the merge"])
def test_a_death_at_any_step_ends_in_old_or_new(tmp_path: Path, passes: bool) -> None:
    start = make_rolling(tmp_path)
    whole = Fuse()
    _live(start.copy(tmp_path / "0"), whole, passes=passes)
    assert whole.steps > 60
    stride = 1 if os.environ.get("FLUJO_VERIFY") else 6
    for step in range(1, whole.steps + 1, stride):
        rolling = start.copy(tmp_path / str(step))
        with suppress(Killed):
            _live(rolling, Fuse(step), passes=passes)
        _live(rolling, Fuse(), passes=passes)
        _check(rolling, passes=passes)


def _check(rolling: Rolling, *, passes: bool) -> None:
    wanted = RolloutState.BAKING if passes else RolloutState.REVERTED
    assert rolling.state is wanted, rolling.rollout.reason
    assert (rolling.content == LETTERS_SPEC.encode()) is not passes
    journal = rolling.journal()
    assert all(entry.closing is not None for entry in journal)
    done = [entry.step for entry in journal if entry.closing is Closing.DONE]
    assert done.count(Step.MERGE) == 1
    assert done.count(Step.REVERT) <= 1
    commits = _history(rolling.place.github.code, rolling.head)
    assert len(commits) == (2 if passes else 3)
    assert len(rolling.comments()) == 1


def _history(code: Any, head: str) -> list[str]:
    found, at_ = [], head
    while at_ is not None:
        found.append(at_)
        at_ = code.commits[at_].parent
    return found
