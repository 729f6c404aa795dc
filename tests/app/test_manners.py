"""How many pull requests, when, and when no more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.settings import Caps
from app.store import Ending, PullRequestRecord
from app.use_cases.manners import (
    HOUR,
    is_stale,
    is_worn_out,
    may_rebase,
    plan_openings,
    takes_the_place,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _made(
    minutes_ago: float, *, name: str = "p", ending: Ending | None = None, open_: bool = False
) -> PullRequestRecord:
    opened_at = NOW - timedelta(minutes=minutes_ago)
    ended_at = None if open_ else opened_at + timedelta(minutes=1)
    return PullRequestRecord(
        name, "flujo/x", "main", "a", "b", "c", opened_at, 1, ending=ending, ended_at=ended_at
    )


@settings(deadline=None, max_examples=200)
@given(
    waiting=st.integers(0, 10),
    ages=st.lists(st.tuples(st.floats(0, 200), st.booleans()), max_size=10),
    caps=st.builds(Caps, prs_per_hour=st.integers(0, 4), open_proposals=st.integers(0, 5)),
)
def test_never_more_than_allowed_and_never_fewer(
    waiting: int, ages: list[tuple[float, bool]], caps: Caps
) -> None:
    known = [_made(age, open_=is_open) for age, is_open in ages]
    names = [f"w{number}" for number in range(waiting)]
    plan = plan_openings(names, known, caps, NOW)
    still = sum(each.is_open for each in known)
    recent = sum(NOW - each.opened_at < HOUR for each in known)
    assert list(plan.now) == names[: len(plan.now)]
    assert not plan.now or len(plan.now) + still <= caps.open_proposals
    assert not plan.now or len(plan.now) + recent <= caps.prs_per_hour
    room = max(0, min(caps.open_proposals - still, caps.prs_per_hour - recent))
    assert len(plan.now) == min(waiting, room)
    if plan.next_at is not None:
        assert NOW < plan.next_at <= NOW + HOUR
        opened = [_made(0, open_=True) for _ in plan.now]
        later = plan_openings(names[len(plan.now) :], [*known, *opened], caps, plan.next_at)
        assert later.now


@pytest.mark.parametrize(
    ("endings", "limit", "worn_out"),
    [
        ([Ending.STALE] * 3, 3, True),
        ([Ending.STALE] * 2, 3, False),
        ([Ending.STALE, Ending.CLOSED, Ending.STALE, Ending.STALE], 3, False),
        ([Ending.CLOSED, Ending.STALE, Ending.STALE, Ending.STALE], 3, True),
        ([Ending.STALE] * 4, 3, False),
        ([Ending.STALE] * 6, 3, True),
        ([Ending.STALE] * 3, 0, False),
        ([], 3, False),
    ],
)
def test_nobody_answers(endings: list[Ending], limit: int, worn_out: bool) -> None:
    known = [
        _made(1000 - number, name=f"p{number}", ending=ending)
        for number, ending in enumerate(endings)
    ]
    assert is_worn_out(known, Caps(ignored_before_pause=limit)) is worn_out


def test_stale_is_as_many_days_as_the_settings_say() -> None:
    caps = Caps(stale_days=7)
    assert not is_stale(NOW - timedelta(days=6.9), caps, NOW)
    assert is_stale(NOW - timedelta(days=7), caps, NOW)


@pytest.mark.parametrize(
    ("hours_ago", "conflicts", "may"),
    [(None, False, True), (1, False, False), (1, True, True), (24, False, True)],
)
def test_one_rebase_a_day(hours_ago: int | None, conflicts: bool, may: bool) -> None:
    last = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    record = replace(_made(5000, open_=True), rebased_at=last)
    assert may_rebase(record, NOW, conflicts=conflicts) is may


def test_only_what_is_clearly_better_takes_a_place() -> None:
    assert takes_the_place(15, 10)
    assert not takes_the_place(14, 10)
    assert takes_the_place(1, -5)
    assert not takes_the_place(-1, -5)
