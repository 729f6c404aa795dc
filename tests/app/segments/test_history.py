"""Parquet files: what counts in the statistics is what a query over the history finds."""

import fcntl
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from app.errors import BadInputError, StoreBusyError
from app.segments.archive import back_up, restore
from app.segments.worker import compact_all, work_off_all
from app.store import list_segment_states
from tests.app.segments.folders import (
    World,
    append,
    make_run_frames,
    open_world,
    work_off,
)
from tests.telemetry.builders import START_NS

NOW_NS = int(datetime(2026, 1, 6, tzinfo=UTC).timestamp()) * 10**9


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path / "data")


def compact(
    world: World, *, history: str | None = None, keep_days: int | None = None, now_ns: int = NOW_NS
) -> None:
    compact_all(world.folder, world.store, history=history, keep_days=keep_days, now_ns=now_ns)


def test_duckdb_finds_what_the_statistics_say(world: World) -> None:
    append(world, make_run_frames([1, 2, 1]))
    compact(world)
    files = f"{world.folder.history}/**/*.parquet"
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT step_id, count(*), sum(cost_usd), epoch_ns(min(started_at)) FROM read_parquet(?)"
            " WHERE counts GROUP BY step_id ORDER BY step_id",
            [files],
        ).fetchall()
    assert [row[:3] for row in found] == [
        ("/", 2, None),
        ("classify", 4, None),
        ("draft", 6, Decimal("0.007")),
    ]
    assert found[0][3] == START_NS
    assert world.statistics().spans == 12
    assert list(world.folder.segments.iterdir()) == []


def test_a_segment_is_exported_once_and_only_when_it_is_closed(world: World) -> None:
    append(world, make_run_frames([1]))
    compact(world)
    before = sorted(world.folder.history.rglob("*.parquet"))
    compact(world)
    assert sorted(world.folder.history.rglob("*.parquet")) == before
    with world.store.snapshot() as rows:
        (state,) = list_segment_states(rows)
    assert state.exported_to == str(before[0])


def test_what_lies_behind_a_torn_frame_is_kept_aside(world: World) -> None:
    append(world, make_run_frames([1, 2]))
    (segment,) = world.folder.segments.iterdir()
    os.truncate(segment, segment.stat().st_size - 5)
    compact(world)
    assert world.statistics().spans == 6
    assert [path.suffix for path in world.folder.segments.iterdir()] == [".torn"]


def test_history_may_lie_anywhere_fsspec_reaches(world: World, tmp_path: Path) -> None:
    append(world, make_run_frames([1]))
    compact(world, history=f"file://{tmp_path}/elsewhere")
    assert len(list((tmp_path / "elsewhere").rglob("*.parquet"))) == 1


def test_what_is_too_old_is_forgotten_everywhere(world: World) -> None:
    append(world, make_run_frames([1]))
    compact(world)
    (file,) = world.folder.history.rglob("*.parquet")
    old = world.folder.history / "date=2025-01-01"
    old.mkdir()
    file.rename(old / file.name)
    compact(world, keep_days=7)
    assert world.statistics().spans == 6
    compact(world, keep_days=7, now_ns=NOW_NS + 30 * 86_400 * 10**9)
    assert world.statistics().spans == 0
    assert list(world.folder.history.rglob("*.parquet")) == []


def test_compacting_leaves_a_running_worker_alone(world: World) -> None:
    with world.folder.worker_lock.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreBusyError, match="server is running"):
            compact(world)
        assert not work_off_all(world.folder, world.store)


class TestBackUps:
    def test_a_restored_back_up_counts_what_was_acknowledged(
        self, world: World, tmp_path: Path
    ) -> None:
        append(world, make_run_frames([1]))
        compact(world)
        append(world, make_run_frames([2]))
        work_off(world)
        append(world, make_run_frames([3]))
        back_up(world.folder, world.store, tmp_path / "b.tar")
        restore(tmp_path / "b.tar", tmp_path / "restored")
        copy = open_world(tmp_path / "restored")
        work_off(copy)
        assert copy.statistics().spans == 18
        work_off(world)
        assert copy.statistics() == world.statistics()

    def test_nothing_is_overwritten(self, world: World, tmp_path: Path) -> None:
        target = tmp_path / "b.tar"
        back_up(world.folder, world.store, target)
        with pytest.raises(BadInputError, match="already"):
            back_up(world.folder, world.store, target)
        with pytest.raises(BadInputError, match="isn't empty"):
            restore(target, world.folder.path)

    def test_what_is_no_back_up_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.tar").write_bytes(b"certainly not")
        with pytest.raises(BadInputError, match="not a back-up"):
            restore(tmp_path / "x.tar", tmp_path / "new")

    def test_a_back_up_that_is_cut_off_leaves_nothing_behind(
        self, world: World, tmp_path: Path
    ) -> None:
        append(world, make_run_frames([1]))
        back_up(world.folder, world.store, tmp_path / "whole.tar")
        whole = (tmp_path / "whole.tar").read_bytes()
        (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2])
        before = set(tmp_path.iterdir())
        with pytest.raises(BadInputError, match="cut off"):
            restore(tmp_path / "cut.tar", tmp_path / "new")
        assert set(tmp_path.iterdir()) == before
        (tmp_path / "new").mkdir()
        restore(tmp_path / "whole.tar", tmp_path / "new")
        assert (tmp_path / "new" / "flujo.db").is_file()

    def test_a_file_is_no_folder_to_restore_into(self, world: World, tmp_path: Path) -> None:
        back_up(world.folder, world.store, tmp_path / "whole.tar")
        (tmp_path / "file").touch()
        with pytest.raises(BadInputError, match="can't restore into"):
            restore(tmp_path / "whole.tar", tmp_path / "file")
