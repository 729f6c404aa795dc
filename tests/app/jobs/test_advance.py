"""Turns of work: each asked-for change is seen by a turn that began after it, whatever fails or dies in between."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadInputError
from app.jobs.advance import LOST_AFTER, MAX_ATTEMPTS, Workshop, advance, choose_wait
from app.jobs.dispatch import dispatch_due, wake_lost
from app.jobs.handlers import Context, Later
from app.store import (
    Work,
    WorkState,
    ask_once,
    count_work,
    drop_done_work,
    list_proposals,
    list_work,
    open_store,
)
from tests.app.jobs.workshops import (
    PULL_REQUEST,
    START,
    HeldQueue,
    InlineQueue,
    ToldTime,
    ask_for,
    clock_of,
    make_workshop,
    only_work,
    run_due,
)
from tests.fakes.crashes import Fuse, Killed, MortalStore


class Journal:
    """A handler that writes down what it was called for, and does what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, int]] = []
        self.answer: Later | BaseException | None = None

    def __call__(self, context: Context, key: str) -> Later | None:
        self.calls.append((context.store.repository, key, context.installation_id))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def workshop(tmp_path: Path, journal: Journal) -> Workshop:
    return make_workshop(tmp_path, {"pull_request": journal})


def test_what_is_asked_for_is_done_once(workshop: Workshop, journal: Journal) -> None:
    ask_for(workshop.store, PULL_REQUEST)
    assert [run_due(workshop), run_due(workshop)] == [1, 0]
    assert journal.calls == [("github:7", "3", 5)]
    assert only_work(workshop).state is WorkState.DONE


def test_a_handler_sees_its_repositorys_rows_only(tmp_path: Path) -> None:
    seen = []

    def look(context: Context, _: str) -> None:
        with context.store.snapshot() as rows:
            seen.append((rows.repository, list_proposals(rows)))

    workshop = make_workshop(tmp_path, {"pull_request": look})
    ask_for(workshop.store, PULL_REQUEST)
    run_due(workshop)
    assert seen == [("github:7", ())]


def test_many_requests_while_it_waits_are_one_turn(workshop: Workshop, journal: Journal) -> None:
    ask_for(workshop.store, *([PULL_REQUEST] * 50))
    run_due(workshop)
    assert (len(journal.calls), only_work(workshop).asked) == (1, 50)


def test_a_request_while_it_runs_brings_another_turn(tmp_path: Path) -> None:
    turns = []

    def ask_again(context: Context, key: str) -> None:
        turns.append(key)
        if len(turns) == 1:
            ask_for(context.store, PULL_REQUEST)

    workshop = make_workshop(tmp_path, {"pull_request": ask_again})
    ask_for(workshop.store, PULL_REQUEST)
    assert [run_due(workshop) for _ in range(3)] == [1, 1, 0]
    assert only_work(workshop).state is WorkState.DONE


def test_a_request_while_it_is_queued_is_seen_by_that_turn(
    workshop: Workshop, journal: Journal
) -> None:
    queue = HeldQueue(workshop)
    ask_for(workshop.store, PULL_REQUEST)
    dispatch_due(workshop, queue)
    ask_for(workshop.store, PULL_REQUEST)
    queue.run()
    assert (dispatch_due(workshop, queue), len(journal.calls)) == (0, 1)


def test_done_work_can_be_asked_for_again(workshop: Workshop, journal: Journal) -> None:
    for _ in range(2):
        ask_for(workshop.store, PULL_REQUEST)
        run_due(workshop)
    assert len(journal.calls) == 2


def test_what_must_happen_once_can_be_asked_for_once(workshop: Workshop, journal: Journal) -> None:
    for expected in (True, False):
        with workshop.store.transaction() as rows:
            assert ask_once(rows, PULL_REQUEST, at=START) is expected
        run_due(workshop)
    assert len(journal.calls) == 1


def test_a_failure_is_tried_again_later_and_then_parked(
    workshop: Workshop, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.answer = BadInputError("no")
    ask_for(workshop.store, PULL_REQUEST)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert run_due(workshop) == 1
        assert run_due(workshop) == 0
        clock_of(workshop).move(seconds=choose_wait(attempt).total_seconds())
    item = only_work(workshop)
    assert (item.state, item.attempts) == (WorkState.PARKED, MAX_ATTEMPTS)
    assert item.last_error_kind == "BadInputError"
    assert run_due(workshop) == 0
    assert caplog.text.count("job_failed") == MAX_ATTEMPTS - 1
    assert caplog.text.count("job_parked kind=pull_request repository=github:7 key='3'") == 1
    assert "Traceback" not in caplog.text


def test_parked_work_gets_another_chance_when_something_changes(
    workshop: Workshop, journal: Journal
) -> None:
    journal.answer = BadInputError("no")
    ask_for(workshop.store, PULL_REQUEST)
    for _ in range(MAX_ATTEMPTS):
        run_due(workshop)
        clock_of(workshop).move(hours=1)
    journal.answer = None
    ask_for(workshop.store, PULL_REQUEST, at=clock_of(workshop).now)
    assert run_due(workshop) == 1
    item = only_work(workshop)
    assert (item.state, item.attempts, item.last_error_kind) == (WorkState.DONE, 0, "")


def test_a_defect_leaves_its_traceback(
    workshop: Workshop, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.answer = ZeroDivisionError()
    ask_for(workshop.store, PULL_REQUEST)
    run_due(workshop)
    assert "Traceback" in caplog.text
    assert only_work(workshop).last_error_kind == "ZeroDivisionError"


def test_waiting_for_a_limit_is_no_failure(workshop: Workshop, journal: Journal) -> None:
    journal.answer = Later(START + timedelta(minutes=5), "rate limited")
    ask_for(workshop.store, PULL_REQUEST)
    assert [run_due(workshop), run_due(workshop)] == [1, 0]
    clock_of(workshop).move(minutes=5)
    journal.answer = None
    assert run_due(workshop) == 1
    assert only_work(workshop).attempts == 0


def test_waits_grow_up_to_an_hour() -> None:
    waits = [choose_wait(attempts).total_seconds() for attempts in (1, 2, 3, 9, 20)]
    assert waits == [10, 20, 40, 2560, 3600]


def test_work_of_an_unknown_kind_waits_for_a_version_that_knows_it(workshop: Workshop) -> None:
    ask_for(workshop.store, Work("github:7", "future", "", 5))
    assert run_due(workshop) == 0
    assert only_work(workshop).state is WorkState.WAITING


def test_a_lost_turn_is_found_and_the_late_one_changes_nothing(
    workshop: Workshop, journal: Journal
) -> None:
    lost = HeldQueue(workshop)
    ask_for(workshop.store, PULL_REQUEST)
    dispatch_due(workshop, lost)
    queue = InlineQueue(workshop)
    assert wake_lost(workshop, queue) == 0
    clock_of(workshop).move(seconds=LOST_AFTER.total_seconds() + 1)
    assert (wake_lost(workshop, queue), queue.cancelled) == (1, [(1, 1)])
    assert dispatch_due(workshop, queue) == 1
    lost.run()
    assert (len(journal.calls), only_work(workshop).state) == (1, WorkState.DONE)


def test_a_turn_that_outlives_its_time_does_not_end_the_next_one(tmp_path: Path) -> None:
    turns = []

    def dawdle(_: Context, key: str) -> None:
        turns.append(key)
        if len(turns) == 1:
            clock_of(workshop).move(hours=1)
            wake_lost(workshop, held)
            dispatch_due(workshop, held)

    workshop = make_workshop(tmp_path, {"pull_request": dawdle})
    held = HeldQueue(workshop)
    ask_for(workshop.store, PULL_REQUEST)
    run_due(workshop)
    assert only_work(workshop).state is WorkState.QUEUED
    held.run()
    assert (only_work(workshop).state, len(turns)) == (WorkState.DONE, 2)


def test_nobodys_work_stands_in_anothers_way(workshop: Workshop) -> None:
    busy = [Work("github:7", "pull_request", str(number), 5) for number in range(100)]
    ask_for(workshop.store, *busy, Work("github:8", "pull_request", "1", 6))
    queue = HeldQueue(workshop)
    assert [dispatch_due(workshop, queue), dispatch_due(workshop, queue)] == [21, 0]
    assert {item.work.installation_id for item in queue.held} == {5, 6}
    queue.run()
    assert dispatch_due(workshop, queue) == 20


def test_finished_work_is_forgotten_and_open_work_never(
    workshop: Workshop, journal: Journal
) -> None:
    ask_for(workshop.store, PULL_REQUEST)
    run_due(workshop)
    ask_for(workshop.store, Work("github:7", "pull_request", "4", 5))
    with workshop.store.transaction() as rows:
        assert drop_done_work(rows, before=START) == 0
        assert drop_done_work(rows, before=START + timedelta(seconds=1)) == 1
        assert [item.work.key for item in list_work(rows, states=[WorkState.WAITING])] == ["4"]
        assert list_work(rows, repository="github:8") == ()
        assert count_work(rows)[WorkState.WAITING] == 1


@pytest.mark.parametrize("death", range(1, 13))
def test_dying_at_any_durable_step_loses_and_doubles_nothing(tmp_path: Path, death: int) -> None:
    effects: set[str] = set()
    store = open_store(tmp_path / "flujo.db")
    fuse = Fuse(at=death)
    mortal = MortalStore.wrap(store, fuse)

    def effect(_: Context, key: str) -> None:
        effects.add(key)  # idempotent, as every handler is
        fuse.burn()

    workshop = make_workshop(tmp_path, {"pull_request": effect})
    dying = Workshop(mortal, workshop.handlers, workshop.clock)
    acknowledged = False
    try:
        ask_for(mortal, PULL_REQUEST)
        acknowledged = True
        dispatch_due(dying, InlineQueue(dying))
    except Killed:
        pass
    fuse.at = 0
    clock_of(workshop).move(seconds=LOST_AFTER.total_seconds() + 1)
    wake_lost(workshop, InlineQueue(workshop))
    run_due(workshop)
    with store.snapshot() as rows:
        states = [item.state for item in list_work(rows)]
    assert not acknowledged or effects == {"3"}
    assert set(states) <= {WorkState.DONE}


def test_a_turn_whose_process_died_is_begun_again_by_whoever_recovers_it(
    workshop: Workshop, journal: Journal
) -> None:
    journal.answer = Killed()
    ask_for(workshop.store, PULL_REQUEST)
    with pytest.raises(Killed):
        run_due(workshop)
    journal.answer = None
    advance(workshop, 1, 1)
    assert only_work(workshop).state is WorkState.DONE


@settings(deadline=None, max_examples=25)
@given(steps=st.lists(st.sampled_from(["ask", "run", "dispatch", "late", "lose"]), max_size=14))
def test_whatever_the_order_the_last_request_is_seen(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    store = open_store(tmp_path_factory.getbasetemp() / "any-order.db")
    with store.transaction() as rows:
        drop_done_work(rows, before=START + timedelta(days=99))
    asked, seen = 0, 0

    def see(_: Context, __: str) -> None:
        nonlocal seen
        seen = asked

    workshop = Workshop(store, {"pull_request": see}, ToldTime())
    held = HeldQueue(workshop)
    for step in [*steps, "late", "lose", "run"]:
        match step:
            case "ask":
                asked += 1
                ask_for(store, PULL_REQUEST, at=workshop.clock())
            case "run":
                run_due(workshop)
            case "dispatch":
                dispatch_due(workshop, held)
            case "late":
                held.run()
            case "lose":
                clock_of(workshop).move(hours=1)
                wake_lost(workshop, held)
    assert seen == asked
