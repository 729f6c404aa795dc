"""Small Parquet files become few, and a death in between neither loses nor doubles a span."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from app.errors import SegmentError
from app.segments import merging
from app.segments.history import HistoryFile, list_history
from app.segments.merging import merge_small_files
from app.segments.worker import compact_all
from tests.app.segments.folders import World, append, make_run_frames, open_world

DAY_NS = 86_400 * 10**9


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder whose history has five files of one day."""
    world = open_world(tmp_path / "data")
    for trace in range(1, 6):
        append(world, make_run_frames([trace]))
        compact(world, now_ns=begun_ns())
    return world


def begun_ns() -> int:
    return int(datetime.now(UTC).timestamp()) * 10**9


def compact(world: World, *, now_ns: int) -> None:
    compact_all(world.folder, world.store, history=None, keep_days=None, now_ns=now_ns)


def files(world: World) -> list[Path]:
    return sorted(world.folder.history.rglob("*.parquet"))


def count_spans(world: World) -> tuple[int, int]:
    query = "SELECT count(*), count(DISTINCT trace_id || span_id) FROM read_parquet(?)"
    with duckdb.connect() as connection:
        found = connection.execute(query, [f"{world.folder.history}/**/*.parquet"]).fetchone()
    assert found is not None
    return found[0], found[1]


def merge(world: World, *, before: date = date.max) -> int:
    return merge_small_files(str(world.folder.history), before=before, is_done=lambda _: True)


def test_the_day_under_way_is_left_alone_and_yesterday_is_one_file(world: World) -> None:
    assert len(files(world)) == 5
    compact(world, now_ns=begun_ns() + 2 * DAY_NS)
    assert len(files(world)) == 1
    assert count_spans(world) == (30, 30)
    assert world.statistics().spans == 30


def test_merging_again_changes_nothing_and_late_files_join(world: World) -> None:
    assert merge(world) == 5
    (merged,) = files(world)
    assert merge(world) == 0
    append(world, make_run_frames([6]))
    compact(world, now_ns=begun_ns())
    assert merge(world) == 2
    assert merged not in files(world)
    assert count_spans(world) == (36, 36)


def test_who_dies_before_the_old_files_are_deleted_doubles_nothing_for_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: HistoryFile) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(HistoryFile, "delete", die)
        with pytest.raises(SegmentError, match="killed"):
            merge(world)
    assert len(files(world)) == 6
    assert merge(world) == 5
    assert (len(files(world)), count_spans(world)) == (1, (30, 30))


def test_who_dies_while_writing_leaves_all_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(merging, "_gather", die)
        with pytest.raises(SegmentError):
            merge(world)
    assert count_spans(world) == (30, 30)
    assert merge(world) == 5
    assert count_spans(world) == (30, 30)


def test_a_file_that_may_be_written_again_is_left_out(world: World) -> None:
    waiting = files(world)[0].stem
    gone = merge_small_files(
        str(world.folder.history), before=date.max, is_done=lambda stem: stem != waiting
    )
    assert (gone, len(files(world))) == (4, 2)


def test_large_files_stay_as_they_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "SMALL_BYTES", 10)
    assert merge(world) == 0
    assert len(list(list_history(str(world.folder.history)))) == 5
