"""Repositories in one database: with ids swapped, no function of the store finds or changes what is another's."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy.exc import NoResultFound
from sqlmodel import select

import app.store as front_door
from app.errors import AppError
from app.store import (
    Application,
    Closing,
    Dashboard,
    KeptSettings,
    LedgerRecord,
    Onboarding,
    OutcomeRecord,
    Page,
    Prediction,
    ProposalRecord,
    PullRequestRecord,
    ReviewRecord,
    RolloutRecord,
    Selection,
    Step,
    Store,
    Transaction,
    Turn,
    add_to_ledger,
    announce,
    claim_telemetry,
    close,
    count_hold_out_uses,
    create_token,
    drop_page,
    find_application,
    find_dashboard,
    find_kept_settings,
    find_last_said,
    find_onboarding,
    find_page,
    find_proposal,
    find_pull_request,
    find_pull_request_numbered,
    find_review,
    find_rollout,
    forget,
    forget_pull_request,
    has_later_answer,
    is_answered,
    iterate_rollups,
    keep_correction,
    keep_outcome,
    keep_review,
    keep_settings,
    list_applications,
    list_corrections,
    list_entries,
    list_ledger,
    list_memories,
    list_open_entries,
    list_outcomes,
    list_pages,
    list_proposals,
    list_pull_requests,
    list_quarantined,
    list_reviews_of,
    list_rollouts,
    list_sampled_runs,
    list_samples,
    list_telemetry_names,
    list_tokens,
    mark_answered,
    mark_reverted,
    mark_said,
    open_store,
    remember,
    save_application,
    save_dashboard,
    save_onboarding,
    save_page,
    save_proposal,
    save_pull_request,
    save_rollout,
    set_proposal_state,
    take_turn,
    use_hold_out,
)
from app.store.columns import OwnRow, Row, table_of
from app.store.memory import MemoryRow
from app.store.proposals import ProposalRow
from meta_agent import Correction, Memory, MemoryReason
from trust_tiers import ClassOutcome, Ending, RolloutState

OURS, THEIRS = "github:1", "github:2"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROPOSAL = ProposalRecord("p1", "x.yaml", "a", "[]", "Retry", "h", "c", "LOW", [], NOW)
APPLICATION = Application("p1", "c", "x.yaml", "b", "d", "e", "f", NOW)
PAGE = Page("p1", "Retry.", 1.0, NOW)
PULL_REQUEST = PullRequestRecord("p1", "flujo/x", "main", "a", "b", "c", NOW, number=7)
REVIEW = ReviewRecord(7, "a", "b")
SETTINGS = KeptSettings("a", "")
TURN = Turn(7, "status", 1)
ROLLOUT = RolloutRecord("p1", staged_head="a")
OUTCOME = OutcomeRecord("p1", "retries", ClassOutcome(NOW, Ending.CLEAN))
DASHBOARD = Dashboard(7, "a")
ONBOARDING = Onboarding(7, "a")
RECORD = LedgerRecord("p1", Prediction(1, 2, 3), None, 5, NOW)
MEMORY = Memory("[]", MemoryReason.REJECTED, NOW)
CORRECTION = Correction("x.yaml", "step", "write", ("config", "max_retries"), 2)

READ: Final[Mapping[str, Callable[[Transaction], object]]] = {
    "find_proposal": lambda rows: find_proposal(rows, "p1"),
    "list_proposals": lambda rows: list_proposals(rows, states=tuple(RolloutState)),
    "find_application": lambda rows: find_application(rows, "p1"),
    "list_applications": lambda rows: list_applications(rows, since=NOW),
    "list_entries": lambda rows: list_entries(rows, "p1"),
    "list_open_entries": list_open_entries,
    "list_ledger": list_ledger,
    "list_memories": lambda rows: list_memories(rows, now=NOW - timedelta(days=1)),
    "list_corrections": lambda rows: list_corrections(rows, "x.yaml"),
    "count_hold_out_uses": lambda rows: count_hold_out_uses(rows, "a"),
    "find_page": lambda rows: find_page(rows, "p1"),
    "list_pages": list_pages,
    "find_pull_request": lambda rows: find_pull_request(rows, "p1"),
    "find_pull_request_numbered": lambda rows: find_pull_request_numbered(rows, 7),
    "list_pull_requests": list_pull_requests,
    "find_review": lambda rows: find_review(rows, 7),
    "list_reviews_of": lambda rows: list_reviews_of(rows, "a"),
    "find_kept_settings": find_kept_settings,
    "is_answered": lambda rows: is_answered(rows, 5),
    "has_later_answer": lambda rows: has_later_answer(rows, 4, ("help",)),
    "find_rollout": lambda rows: find_rollout(rows, "p1").staged_head,
    "list_rollouts": list_rollouts,
    "list_outcomes": list_outcomes,
    "find_dashboard": find_dashboard,
    "find_onboarding": find_onboarding,
    "list_telemetry_names": list_telemetry_names,
    "find_last_said": lambda rows: find_last_said(rows, TURN)[0],
}
"""What reads own rows, called with another repository's ids."""

WRITE: Final[Mapping[str, Callable[[Transaction], object]]] = {
    "save_proposal": lambda rows: save_proposal(rows, replace(PROPOSAL, title="Other")),
    "set_proposal_state": lambda rows: set_proposal_state(rows, "p1", RolloutState.EXPIRED),
    "save_application": lambda rows: save_application(rows, replace(APPLICATION, commit="x")),
    "mark_reverted": lambda rows: mark_reverted(rows, "p1", commit="x", reason="", at=NOW),
    "announce": lambda rows: announce(rows, "p1", Step.LAND, {}, at=NOW),
    "close": lambda rows: close(rows, 1, Closing.DONE),
    "add_to_ledger": lambda rows: add_to_ledger(rows, RECORD),
    "remember": lambda rows: remember(rows, replace(MEMORY, until=NOW + timedelta(days=9))),
    "keep_correction": lambda rows: keep_correction(rows, CORRECTION, at=NOW + timedelta(days=9)),
    "use_hold_out": lambda rows: use_hold_out(rows, "a", ["p1"], at=NOW + timedelta(days=9)),
    "save_page": lambda rows: save_page(rows, replace(PAGE, body="Other")),
    "drop_page": lambda rows: drop_page(rows, "p1"),
    "save_pull_request": lambda rows: save_pull_request(rows, replace(PULL_REQUEST, number=8)),
    "forget_pull_request": lambda rows: forget_pull_request(rows, "p1"),
    "keep_review": lambda rows: keep_review(rows, replace(REVIEW, told_sha256="x")),
    "keep_settings": lambda rows: keep_settings(rows, replace(SETTINGS, text="x")),
    "mark_answered": lambda rows: mark_answered(rows, 5, "pause", at=NOW + timedelta(days=9)),
    "take_turn": lambda rows: take_turn(rows, 7, "status"),
    "mark_said": lambda rows: mark_said(rows, replace(TURN, sequence=9), "x"),
    "save_rollout": lambda rows: save_rollout(rows, replace(ROLLOUT, staged_head="x")),
    "keep_outcome": lambda rows: keep_outcome(rows, replace(OUTCOME, patch_class="x")),
    "save_dashboard": lambda rows: save_dashboard(rows, replace(DASHBOARD, body_sha256="x")),
    "save_onboarding": lambda rows: save_onboarding(rows, replace(ONBOARDING, body_sha256="x")),
    "forget": lambda rows: forget(rows, MEMORY.fingerprint),
    "claim_telemetry": lambda rows: claim_telemetry(rows, "them/theirs"),
}
"""What writes own rows, called with another repository's ids."""

NAMED: Final[Mapping[str, Callable[[Transaction], object]]] = {
    "list_tokens": lambda rows: list_tokens(rows, OURS),
    "iterate_rollups": lambda rows: list(iterate_rollups(rows, Selection(OURS))),
    "list_quarantined": lambda rows: list_quarantined(rows, Selection(OURS)),
    "list_samples": lambda rows: list_samples(rows, repository=OURS),
    "list_sampled_runs": lambda rows: list_sampled_runs(rows, repository=OURS),
}
"""What reads telemetry of a repository that the caller names."""

OF_THE_WORKER: Final = frozenset(
    {
        "add_to_quarantine",
        "add_to_rollups",
        "advance_origins",
        "advance_segment",
        "drop_rollups",
        "drop_sampled_runs",
        "forget_segment",
        "keep_keys",
        "keep_run",
        "list_segment_states",
        "list_step_keys",
        "list_waiting",
        "make_sampling_salt",
        "mark_exported",
        "read_keys",
        "read_offsets",
        "read_origin",
        "read_ranks",
        "stop_waiting",
        "wait_for_rest",
    }
)
"""What serves the worker of telemetry, which works for all repositories at once."""

OF_THE_SERVER: Final = frozenset(
    {
        "copy_database",
        "create_token",
        "find_token",
        "has_tokens",
        "open_store",
        "revoke_token",
        "shrink_database",
    }
)
"""What serves whoever looks after the server."""

OF_WEBHOOKS: Final = frozenset(
    {
        "ask",
        "ask_once",
        "count_work",
        "drop_deliveries",
        "drop_done_work",
        "find_delivery",
        "finish_work",
        "has_due",
        "list_known_deliveries",
        "list_work",
        "park_work",
        "put_back",
        "queue_due",
        "start_work",
        "take_delivery",
        "wake_stalled",
    }
)
"""What takes deliveries and hands out the work they ask for; each item names its repository."""

OF_THE_DIRECTORY: Final = frozenset(
    {
        "find_installation",
        "find_repository",
        "list_installations",
        "list_repositories",
        "move_repositories",
        "repository_key",
        "save_installation",
        "save_repository",
        "choose_telemetry_name",
    }
)
"""What tells whom we work for, by GitHub's numbers."""

SHARED_TABLES: Final = frozenset(
    {
        "ingest_tokens",
        "segments",
        "ingested_files",
        "seen_keys",
        "step_rollups",
        "quarantined_spans",
        "sampled_runs",
        "waiting_spans",
        "salts",
        "installations",
        "deliveries",
        "work",
        "repositories",
        "telemetry_names",
    }
)
"""What isn't a repository's own."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A database in which `THEIRS` has a row of every kind."""
    store = open_store(tmp_path / "flujo.db")
    with store.of(THEIRS).transaction() as rows:
        save_proposal(rows, PROPOSAL)
        save_application(rows, APPLICATION)
        announce(rows, "p1", Step.LAND, {}, at=NOW)
        add_to_ledger(rows, RECORD)
        remember(rows, MEMORY)
        keep_correction(rows, CORRECTION, at=NOW)
        use_hold_out(rows, "a", ["p1"], at=NOW)
        keep_review(rows, REVIEW)
        keep_settings(rows, SETTINGS)
        mark_answered(rows, 5, "help", at=NOW)
        mark_said(rows, take_turn(rows, 7, "status"), "a")
        save_page(rows, PAGE)
        save_pull_request(rows, PULL_REQUEST)
        save_rollout(rows, ROLLOUT)
        keep_outcome(rows, OUTCOME)
        save_dashboard(rows, DASHBOARD)
        save_onboarding(rows, ONBOARDING)
        claim_telemetry(rows, "them/theirs")
        create_token(rows, THEIRS, at=NOW)
    return store


def test_every_function_of_the_store_says_whose_rows_it_touches() -> None:
    functions = {name for name in front_door.__all__ if name[0].islower()}
    assert functions == {
        *READ,
        *WRITE,
        *NAMED,
        *OF_THE_WORKER,
        *OF_THE_SERVER,
        *OF_WEBHOOKS,
        *OF_THE_DIRECTORY,
    }


def test_every_table_is_either_a_repositorys_own_or_known_to_be_shared() -> None:
    own = {kind.__tablename__ for kind in OwnRow.__subclasses__()}
    assert {*Row.metadata.tables} == {*own, *SHARED_TABLES}


@pytest.mark.parametrize("name", [*READ, *NAMED])
def test_nothing_of_another_repository_is_found(store: Store, name: str) -> None:
    read = {**READ, **NAMED}[name]
    with store.of(OURS).snapshot() as rows:
        assert not read(rows)
    with store.of(THEIRS).snapshot() as rows:
        assert name in NAMED or read(rows)


@pytest.mark.parametrize("name", WRITE)
def test_nothing_of_another_repository_is_changed(store: Store, name: str) -> None:
    before = dump_rows(store, THEIRS)
    with suppress(AppError, NoResultFound), store.of(OURS).transaction() as rows:
        WRITE[name](rows)
    assert dump_rows(store, THEIRS) == before


def test_the_same_ids_live_side_by_side(store: Store) -> None:
    with store.of(OURS).transaction() as rows:
        save_proposal(rows, replace(PROPOSAL, title="Ours"))
        save_application(rows, replace(APPLICATION, commit="ours"))
        remember(rows, replace(MEMORY, until=NOW + timedelta(days=9)))
    for repository, title, commit in ((OURS, "Ours", "ours"), (THEIRS, "Retry", "c")):
        with store.of(repository).snapshot() as rows:
            (proposal,), (application,) = list_proposals(rows), list_applications(rows)
            assert (proposal.title, application.commit) == (title, commit)


def test_a_query_that_forgets_whose_rows_it_wants_finds_its_own(store: Store) -> None:
    with store.of(OURS).snapshot() as rows:
        assert list(rows.exec(select(ProposalRow.id, ProposalRow.title))) == []


def test_a_row_that_says_it_is_anothers_is_refused(store: Store) -> None:
    with pytest.raises(AppError, match="can't be written"), store.of(OURS).transaction() as rows:
        rows.add(MemoryRow(repository=THEIRS, fingerprint="x", reason="rejected", until=NOW))


def test_own_tables_are_not_handed_out_for_plain_statements() -> None:
    with pytest.raises(TypeError, match="ProposalRow"):
        table_of(ProposalRow)


def dump_rows(store: Store, repository: str) -> dict[str, list[Any]]:
    connection = sqlite3.connect(store.path)
    found = {}
    for kind in OwnRow.__subclasses__():
        query = f"SELECT * FROM {kind.__tablename__} WHERE repository = ? ORDER BY 1, 2, 3"
        found[str(kind.__tablename__)] = connection.execute(query, [repository]).fetchall()
    connection.close()
    return found
