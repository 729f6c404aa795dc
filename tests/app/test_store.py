"""The store: records go in and come out equal, survive reopening, and two processes don't get in each other's way."""

import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from sqlalchemy import NullPool, create_engine

from app.errors import BadInputError, StoreBusyError, StoreError
from app.store import (
    SCHEMA_VERSION,
    Application,
    Closing,
    LedgerRecord,
    Prediction,
    ProposalRecord,
    Step,
    Store,
    add_to_ledger,
    announce,
    close,
    find_application,
    find_proposal,
    list_applications,
    list_entries,
    list_ledger,
    list_memories,
    list_open_entries,
    list_proposals,
    list_tokens,
    mark_reverted,
    open_store,
    remember,
    save_application,
    save_proposal,
    schema,
    set_proposal_state,
)
from app.store.columns import Row
from meta_agent import Memory, MemoryReason
from trust_tiers import RolloutState

_NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
_PROPOSAL = ProposalRecord(
    id="p1",
    spec_path="pipeline.yaml",
    spec_sha256="a" * 64,
    fingerprint="[]",
    title="Retry lookup",
    source="heuristic:retries",
    patch_class="retries",
    tier="LOW",
    patch=[{"op": "add", "path": "/steps/0/config", "value": {"max_retries": 2}}],
    created_at=_NOW,
    rationale="It fails — sometimes.",
    prediction=Prediction(-1.5, 2.25, 9.0),
    basis="40 paired replays",
    facts={"runs": 40, "reasons": ["a", None, True]},
)
_APPLICATION = Application(
    proposal_id="p1",
    commit="c" * 40,
    path="pipeline.yaml",
    blob_before="b" * 40,
    blob_after="d" * 40,
    spec_sha256_before="a" * 64,
    spec_sha256_after="e" * 64,
    applied_at=_NOW,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "state" / "flujo.db")


@pytest.fixture
def stocked(store: Store) -> Store:
    with store.transaction() as rows:
        save_proposal(rows, _PROPOSAL)
    return store


class TestOpening:
    def test_everything_is_there_after_reopening(self, stocked: Store) -> None:
        with open_store(stocked.path).transaction() as rows:
            assert find_proposal(rows, "p1") == _PROPOSAL

    def test_a_newer_schema_is_refused_by_name(self, store: Store) -> None:
        _execute(store.path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        with pytest.raises(StoreError, match="newer Flujo"):
            open_store(store.path)

    def test_a_database_of_the_first_version_is_upgraded_in_place(self, tmp_path: Path) -> None:
        path = tmp_path / "flujo.db"
        _make_first_version(path)
        with open_store(path).transaction() as rows:
            found = find_proposal(rows, "p1")
            assert found is not None
            assert (found.title, found.created_at, found.patch) == ("Retry", _NOW, [])
            assert [each.commit for each in list_applications(rows)] == ["c"]
            assert [entry.id for entry in list_open_entries(rows)] == [7]
            assert [record.runs for record in list_ledger(rows)] == [40]
            assert len(list_memories(rows, now=_NOW - timedelta(days=1))) == 1
            assert announce(rows, "p1", Step.LAND, {}, at=_NOW) == 8
            assert list_tokens(rows) == ()
        with open_store(path).of("github:1").transaction() as rows:
            assert list_proposals(rows) == ()

    def test_the_revisions_lead_to_the_tables_that_the_rows_describe(self, store: Store) -> None:
        with store.transaction() as rows:
            context = MigrationContext.configure(rows.connection())
            assert compare_metadata(context, Row.metadata) == []

    def test_the_last_revision_is_the_one_that_is_known(self) -> None:
        folder = Path(schema.__file__).parent / "migrations"
        script = ScriptDirectory(str(folder))
        assert [each.revision for each in script.walk_revisions()] == [*reversed(schema.REVISIONS)]

    def test_a_foreign_database_is_refused(self, tmp_path: Path) -> None:
        _execute(tmp_path / "x.db", "CREATE TABLE proposals (id)")
        with pytest.raises(StoreError, match="some other program"):
            open_store(tmp_path / "x.db")

    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.db").write_bytes(b"certainly not SQLite" * 100)
        with pytest.raises(StoreError, match="not a database"):
            open_store(tmp_path / "x.db")

    def test_a_folder_that_cannot_be_made_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(StoreError, match="can't make the folder"):
            open_store(tmp_path / "file" / "flujo.db")

    def test_many_may_open_it_for_the_first_time_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            stores = list(pool.map(lambda _: open_store(tmp_path / "new" / "x.db"), range(16)))
        with stores[0].transaction() as rows:
            assert list_proposals(rows) == ()

    def test_the_journal_survives_a_power_cut(self, store: Store) -> None:
        with store.transaction() as rows:
            connection = rows.connection()
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


class TestTransactions:
    def test_an_error_undoes_all_of_it(self, store: Store) -> None:
        def fail() -> None:
            with store.transaction() as rows:
                save_proposal(rows, _PROPOSAL)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        with store.transaction() as rows:
            assert list_proposals(rows) == ()

    def test_writers_wait_for_each_other(self, stocked: Store) -> None:
        def write(number: int) -> None:
            with stocked.transaction() as rows:
                announce(rows, "p1", Step.LAND, {"number": number}, at=_NOW)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(20)))
        with stocked.transaction() as rows:
            assert sorted(entry.id for entry in list_open_entries(rows)) == list(range(1, 21))

    def test_a_row_about_an_unknown_proposal_is_refused(self, store: Store) -> None:
        with pytest.raises(StoreError, match="FOREIGN KEY"), store.transaction() as rows:
            save_application(rows, _APPLICATION)

    def test_only_one_may_change_code_at_a_time(self, store: Store) -> None:
        other = open_store(store.path)
        busy = pytest.raises(StoreBusyError, match="another Flujo")
        with store.exclusively(), busy, other.exclusively():
            pass
        with other.exclusively():
            pass

    def test_each_repository_may_be_changed_by_somebody_else(self, store: Store) -> None:
        one, other = store.of("github:1"), store.of("github:2")
        busy = pytest.raises(StoreBusyError, match="another Flujo")
        with store.exclusively(), one.exclusively(), other.exclusively(), busy, one.exclusively():
            pass

    def test_a_time_without_a_zone_is_refused(self, store: Store) -> None:
        naive = replace(_PROPOSAL, created_at=datetime(2026, 1, 1))  # noqa: DTZ001 -- the point
        with pytest.raises(StoreError, match="time zone"), store.transaction() as rows:
            save_proposal(rows, naive)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)


class TestProposals:
    @settings(deadline=None, max_examples=30)
    @given(
        facts=st.dictionaries(st.text(max_size=4), _JSON, max_size=3),
        prediction=st.none() | st.builds(Prediction, _FLOATS, _FLOATS, _FLOATS),
        created_at=st.datetimes(
            min_value=datetime(1970, 1, 1),  # noqa: DTZ001 -- hypothesis wants it so
            timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-7))),
        ),
    )
    def test_a_proposal_comes_back_as_it_went_in(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        facts: Mapping[str, JsonValue],
        prediction: Prediction | None,
        created_at: datetime,
    ) -> None:
        store = open_store(tmp_path_factory.getbasetemp() / "round-trip.db")
        record = replace(_PROPOSAL, facts=facts, prediction=prediction, created_at=created_at)
        with store.transaction() as rows:
            save_proposal(rows, record)
        with store.transaction() as rows:
            assert find_proposal(rows, "p1") == record

    def test_saving_again_replaces(self, stocked: Store) -> None:
        with stocked.transaction() as rows:
            save_proposal(rows, replace(_PROPOSAL, title="Other"))
            assert [found.title for found in list_proposals(rows)] == ["Other"]

    def test_they_are_listed_by_state_oldest_first(self, stocked: Store) -> None:
        with stocked.transaction() as rows:
            save_proposal(rows, replace(_PROPOSAL, id="p0", created_at=_NOW - timedelta(days=1)))
            save_proposal(rows, replace(_PROPOSAL, id="p2"))
            set_proposal_state(rows, "p2", RolloutState.APPLIED)
        with stocked.transaction() as rows:
            assert [found.id for found in list_proposals(rows)] == ["p0", "p1", "p2"]
            applied = list_proposals(rows, states={RolloutState.APPLIED})
            assert [found.id for found in applied] == ["p2"]
            assert list_proposals(rows, states=()) == ()

    def test_an_unknown_one_is_none_and_cannot_move(self, store: Store) -> None:
        with store.transaction() as rows:
            assert find_proposal(rows, "p9") is None
        with pytest.raises(BadInputError, match="'p9'"), store.transaction() as rows:
            set_proposal_state(rows, "p9", RolloutState.APPLIED)


class TestApplications:
    def test_an_application_stands_until_it_is_reverted(self, stocked: Store) -> None:
        with stocked.transaction() as rows:
            save_application(rows, _APPLICATION)
        later = _NOW + timedelta(hours=1)
        with stocked.transaction() as rows:
            assert find_application(rows, "p1") == _APPLICATION
            assert _APPLICATION.stands
            mark_reverted(rows, "p1", commit="f" * 40, reason="slower", at=later)
        with stocked.transaction() as rows:
            found = find_application(rows, "p1")
            assert found == replace(
                _APPLICATION, reverted_commit="f" * 40, reverted_at=later, reason="slower"
            )
            assert not found.stands

    def test_they_are_listed_since_a_moment(self, stocked: Store) -> None:
        with stocked.transaction() as rows:
            save_proposal(rows, replace(_PROPOSAL, id="p2"))
            save_application(rows, _APPLICATION)
            later = replace(_APPLICATION, proposal_id="p2", applied_at=_NOW + timedelta(seconds=1))
            save_application(rows, later)
            assert list_applications(rows) == (_APPLICATION, later)
            elsewhere = (_NOW + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=5)))
            assert list_applications(rows, since=elsewhere) == (later,)

    def test_what_was_never_applied_cannot_be_reverted(self, stocked: Store) -> None:
        with pytest.raises(BadInputError, match="never applied"), stocked.transaction() as rows:
            mark_reverted(rows, "p1", commit="f" * 40, reason="", at=_NOW)


class TestJournal:
    def test_an_entry_is_open_until_it_is_closed_once(self, stocked: Store) -> None:
        with stocked.transaction() as rows:
            first = announce(rows, "p1", Step.LAND, {"commit": "c"}, at=_NOW)
            second = announce(rows, "p1", Step.VERIFY, {}, at=_NOW)
        with stocked.transaction() as rows:
            assert [entry.id for entry in list_open_entries(rows)] == [first, second]
            close(rows, first, Closing.DONE)
            close(rows, first, Closing.ABANDONED)
        with stocked.transaction() as rows:
            assert [entry.step for entry in list_open_entries(rows)] == [Step.VERIFY]
            history = list_entries(rows, "p1")
        assert [entry.closing for entry in history] == [Closing.DONE, None]
        assert history[0].detail == {"commit": "c"}
        assert history[0].at == _NOW


class TestMemory:
    def test_it_fades(self, store: Store) -> None:
        memory = Memory("[]", MemoryReason.REVERTED, _NOW)
        with store.transaction() as rows:
            remember(rows, memory)
            assert list_memories(rows, now=_NOW - timedelta(microseconds=1)) == (memory,)
            assert list_memories(rows, now=_NOW) == ()

    def test_the_longer_of_two_stays(self, store: Store) -> None:
        long = Memory("[]", MemoryReason.REVERTED, _NOW + timedelta(days=9))
        with store.transaction() as rows:
            remember(rows, Memory("[]", MemoryReason.EXPIRED, _NOW + timedelta(days=1)))
            remember(rows, long)
            remember(rows, Memory("[]", MemoryReason.REJECTED, _NOW + timedelta(days=2)))
            assert list_memories(rows, now=_NOW) == (long,)


def test_the_ledger_only_grows(stocked: Store) -> None:
    week = LedgerRecord("p1", Prediction(-1, 2, 9), None, 3, _NOW + timedelta(days=7))
    month = LedgerRecord("p1", Prediction(-1, 2, 9), 4.5, 90, _NOW + timedelta(days=30))
    with stocked.transaction() as rows:
        add_to_ledger(rows, month)
        add_to_ledger(rows, week)
    with stocked.transaction() as rows:
        assert list_ledger(rows) == (week, month)


_FIRST_PROPOSAL = (
    "'p1', 'x', 's', 'f', 'Retry', 'h', 'c', 'LOW', 'applied', '[]', '', NULL, NULL, NULL, '', '{}'"
)


def _make_first_version(path: Path) -> None:
    """Write a database as the first Flujo did, with a row in each table."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    at = _NOW.isoformat(timespec="microseconds")
    for statement in (
        "DROP TABLE alembic_version",
        f"INSERT INTO proposals VALUES ({_FIRST_PROPOSAL}, '{at}')",
        f"INSERT INTO applications VALUES ('p1', 'c', 'x', 'b', 'd', 's', 't', '{at}', '', NULL, '')",
        f"INSERT INTO journal VALUES (7, 'p1', 'land', '{{}}', '{at}', NULL)",
        f"INSERT INTO ledger VALUES (3, 'p1', 1, 2, 3, NULL, 40, '{at}')",
        f"INSERT INTO memory VALUES ('f', 'rejected', '{at}')",
        "PRAGMA user_version = 1",
    ):
        _execute(path, statement)


def _execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
