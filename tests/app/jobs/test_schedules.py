"""Schedules: every slot once, whoever looks at the clock and how late, also where summer time begins and ends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadInputError
from app.jobs.schedules import (
    LOOK_BACK,
    OWN_SCHEDULES,
    Schedule,
    ask_scheduled,
    find_due,
    list_schedules,
)
from app.jobs.slots import find_latest_slot
from app.store import Repository, RepositoryState, Store, list_work, open_store, save_repository

BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)


def collect(schedule: str, start: datetime, end: datetime, *, every: timedelta) -> list[str]:
    """Return the slots a clock finds that looks every so often, each as often as it is found."""
    found, moment = [], start
    while moment < end:
        slot = find_latest_slot(schedule, BERLIN, after=moment, until=moment + every)
        found += [slot] if slot else []
        moment += every
    return found


def test_a_slot_belongs_to_the_look_that_ends_with_it() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    args = {"after": noon - MINUTE, "until": noon}
    assert find_latest_slot("0 14 * * *", BERLIN, **args) == "2026-06-01T14:00"
    later = {"after": noon, "until": noon + MINUTE}
    assert find_latest_slot("0 14 * * *", BERLIN, **later) is None


def test_a_time_that_summer_leaves_out_is_due_once_an_hour_later() -> None:
    night = datetime(2026, 3, 28, 12, tzinfo=UTC)
    slots = collect("30 2 * * *", night, night + timedelta(days=1), every=10 * MINUTE)
    assert slots == ["2026-03-29T02:30"]
    due = datetime(2026, 3, 29, 3, 30, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
    args = {"after": due - MINUTE, "until": due}
    assert find_latest_slot("30 2 * * *", BERLIN, **args) == "2026-03-29T02:30"


def test_a_time_that_winter_brings_twice_is_one_slot() -> None:
    night = datetime(2026, 10, 24, 12, tzinfo=UTC)
    slots = collect("30 2 * * *", night, night + timedelta(days=1), every=10 * MINUTE)
    assert slots == ["2026-10-25T02:30"]


@settings(deadline=None, max_examples=30)
@given(
    days=st.integers(0, 400),
    looks=st.lists(st.integers(1, 900), min_size=1, max_size=9),
    schedule=st.sampled_from(["*/30 * * * *", "0 * * * *", "30 2 * * *", "15 1-4 * * *"]),
)
def test_how_often_one_looks_makes_no_difference(
    days: int, looks: list[int], schedule: str
) -> None:
    start = moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=days)
    found = []
    for minutes in looks:
        until = moment + timedelta(minutes=minutes)
        slot = find_latest_slot(schedule, BERLIN, after=moment, until=until)
        found += [slot] if slot else []
        moment = until
    assert found[-1:] == [
        slot for slot in [find_latest_slot(schedule, BERLIN, after=start, until=moment)] if slot
    ]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("weekdays", "dates"),
    [
        ("0", [7]),
        ("7", [7]),
        ("1", [1]),
        ("mon", [1]),
        ("1-5", [1, 2, 3, 4, 5]),
        ("Sun", [7]),
        ("1,3", [1, 3]),
        ("*/3", [3, 6, 7]),
        ("1-5/2", [1, 3, 5]),
        ("*", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_weekdays_count_from_sunday_as_cron_has_them(weekdays: str, dates: list[int]) -> None:
    monday = datetime(2026, 6, 1, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
    slots = collect(f"0 12 * * {weekdays}", monday, monday + timedelta(days=7), every=60 * MINUTE)
    assert slots == [f"2026-06-{day:02}T12:00" for day in dates]


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        ("61 * * * *", "UTC"),
        ("* * * *", "UTC"),
        ("* * * * 8", "UTC"),
        ("* * * * 5-1", "UTC"),
        ("* * * * foo", "UTC"),
        ("x * * * *", "UTC"),
        ("* * * * *", "Mars/Base"),
        ("* * * * *", "../etc/passwd"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_refused(schedule: str, zone: str) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    with pytest.raises(BadInputError, match="can't read the schedule"):
        find_latest_slot(schedule, zone, after=now, until=now + MINUTE)


def test_one_that_never_comes_is_no_slot() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert find_latest_slot("0 0 31 2 *", "UTC", after=now, until=now + timedelta(days=1)) is None


NOW = datetime(2026, 6, 1, 12, 5, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(tmp_path / "flujo.db")
    with store.transaction() as rows:
        for number, state in enumerate(RepositoryState, start=1):
            save_repository(rows, make_repository(number, state=state))
        save_repository(rows, make_repository(10, paused_until=NOW + MINUTE))
        save_repository(rows, make_repository(11, schedule=None))
        save_repository(rows, make_repository(12, schedule="never"))
    return store


def make_repository(
    number: int,
    *,
    state: RepositoryState = RepositoryState.ACTIVE,
    paused_until: datetime | None = None,
    schedule: str | None = "0 14 * * *",
) -> Repository:
    return Repository(
        id=number,
        installation_id=5,
        full_name=f"acme/{number}",
        updated_at=NOW,
        state=state,
        paused_until=paused_until,
        schedule=schedule,
        timezone=BERLIN,
    )


def test_only_repositories_at_work_are_swept(store: Store) -> None:
    swept = [each.repository for each in list_schedules(store, now=NOW) if each.kind == "sweep"]
    assert swept == ["github:1", "github:12"]
    later = [each.repository for each in list_schedules(store, now=NOW + MINUTE)]
    assert "github:10" in later


def test_a_slot_is_asked_for_once_by_however_many_clocks(store: Store) -> None:
    for after in (NOW - LOOK_BACK, NOW - MINUTE * 10, NOW - LOOK_BACK):
        ask_scheduled(store, after=after, until=NOW)
    with store.snapshot() as rows:
        asked = [(item.work.repository, item.work.kind, item.work.key) for item in list_work(rows)]
    assert sorted(asked) == [
        ("github:1", "sweep", "2026-06-01T14:00"),
        ("server", "reconcile", "2026-06-01T12:00"),
        ("server", "tidy_up", "2026-06-01T11:07"),
    ]


def test_of_many_missed_slots_the_last_is_asked_for() -> None:
    due = find_due([*OWN_SCHEDULES], after=NOW - LOOK_BACK, until=NOW)
    assert [work.key for work in due] == ["2026-06-01T12:00", "2026-06-01T11:07"]


def test_one_bad_schedule_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    bad, good = Schedule("sweep", "never", repository="github:1"), OWN_SCHEDULES[0]
    assert len(find_due([bad, good], after=NOW - LOOK_BACK, until=NOW)) == 1
    assert "schedule_refused repository=github:1" in caplog.text
