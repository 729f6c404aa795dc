"""Picks up what a dead process left: every announced effect is finished or dropped, and what landed is tested."""

from datetime import datetime

from app.ports import CodeHost, RunTests
from app.store import (
    Closing,
    JournalEntry,
    Step,
    Store,
    close,
    find_application,
    list_open_entries,
)
from app.use_cases.landings import World, abandon, read_landing, record_application
from app.use_cases.outcome import Outcome
from app.use_cases.reverts import record_revert
from app.use_cases.verification import verify


def recover(
    host: CodeHost, store: Store, *, run_tests: RunTests, now: datetime
) -> tuple[Outcome, ...]:
    """Close all open journal entries; return how the applications among them ended.

    Raises what `CodeHost.settle` raises, `StoreBusyError` while another process is at work.
    """
    with store.exclusively():
        return settle_journal(World(host, store, now), run_tests)


def settle_journal(
    world: World, run_tests: RunTests, *, spec_path: str | None = None
) -> tuple[Outcome, ...]:
    """Do what `recover` describes, under the caller's lock; test the one spec only, if it is given."""
    settle_landings(world)  # what landed must be known before anything is tested
    untested = [entry for entry in _list_open(world) if entry.step is Step.VERIFY]
    outcomes = [_verify(world, entry, run_tests, spec_path) for entry in untested]
    return tuple(outcome for outcome in outcomes if outcome)


def settle_landings(world: World) -> None:
    """Find out about every announced commit whether it landed, under the caller's lock."""
    for entry in _list_open(world):
        if entry.step in (Step.LAND, Step.REVERT):
            _settle(world, entry)


def _list_open(world: World) -> tuple[JournalEntry, ...]:
    with world.store.transaction() as rows:
        return list_open_entries(rows)


def _settle(world: World, entry: JournalEntry) -> None:
    landing = read_landing(entry.detail)
    if not world.host.settle(landing.branch, landing.ref):
        abandon(world, entry.id)
    elif entry.step is Step.LAND:
        record_application(world, entry.proposal_id, landing, entry.id)
    else:
        record_revert(world, entry.proposal_id, landing, entry.id)


def _verify(
    world: World, entry: JournalEntry, run_tests: RunTests, spec_path: str | None
) -> Outcome | None:
    with world.store.transaction() as rows:
        application = find_application(rows, entry.proposal_id)
        if application is None or not application.stands:
            close(rows, entry.id, Closing.DONE)
            return None
    if spec_path not in (None, application.path):
        return None
    return verify(world, application, entry.id, run_tests)
