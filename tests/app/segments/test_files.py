"""Files into the log: from where it was left off, never twice, and never half a line."""

import os
from pathlib import Path

import pytest

from app.errors import BadInputError, StoreBusyError
from app.segments.files import Taken, take_file, take_turns
from telemetry import encode_traces
from tests.app.segments.folders import World, open_world, work_off
from tests.telemetry.builders import make_run_spans


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path / "data")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.jsonl"


def make_line(trace: int) -> bytes:
    return encode_traces(make_run_spans(trace), resource={})


def write(path: Path, *lines: bytes, mode: str = "ab") -> None:
    with path.open(mode) as file:
        file.write(b"".join(lines))


def take(world: World, path: Path) -> Taken:
    return take_file(
        path, world.folder, world.store, repository="acme/support", report=lambda *_: None
    )


def count(world: World) -> int:
    work_off(world)
    found = world.statistics()
    assert found.quarantined == {}
    return found.spans


def test_a_file_is_taken_in_once(world: World, path: Path) -> None:
    write(path, make_line(1), make_line(2))
    assert (take(world, path).lines, take(world, path).lines) == (2, 0)
    assert count(world) == 12
    assert take(world, path).lines == 0
    assert count(world) == 12


def test_what_was_appended_is_taken_in_later(world: World, path: Path) -> None:
    write(path, make_line(1))
    take(world, path)
    write(path, make_line(2))
    found = take(world, path)
    assert (found.resumed_at, found.lines) == (len(make_line(1)), 1)
    assert count(world) == 12


def test_a_file_that_was_renamed_is_the_same_file(world: World, path: Path) -> None:
    write(path, make_line(1))
    take(world, path)
    moved = path.rename(path.with_name("old.jsonl"))
    write(path, make_line(2))
    assert take(world, moved).lines == 0
    assert take(world, path).lines == 1


def test_a_file_that_was_replaced_is_a_new_one(world: World, path: Path) -> None:
    write(path, make_line(1), make_line(2))
    take(world, path)
    write(path, make_line(3), mode="wb")
    assert take(world, path).lines == 1
    assert count(world) == 18


def test_a_line_that_is_still_being_written_waits(world: World, path: Path) -> None:
    write(path, make_line(1), make_line(2)[:-20])
    found = take(world, path)
    assert (found.lines, found.bad_lines) == (1, [])
    write(path, make_line(2)[-20:])
    assert take(world, path).lines == 1
    assert count(world) == 12


def test_a_last_line_without_an_end_is_taken_when_it_is_whole(world: World, path: Path) -> None:
    write(path, make_line(1).rstrip())
    assert take(world, path).lines == 1
    write(path, b"\n", make_line(2))
    assert take(world, path).lines == 1
    assert count(world) == 12


def test_bad_lines_are_told_of_and_skipped(world: World, path: Path) -> None:
    write(path, make_line(1), b"not json\n", b"\n", make_line(2))
    found = take(world, path)
    assert found.lines == 2
    assert found.bad_lines[0].startswith(f"{path}:byte {len(make_line(1))}: not JSON")
    assert count(world) == 12


def test_the_position_is_on_disk_with_the_lines(world: World, path: Path) -> None:
    write(path, make_line(1), make_line(2))
    take(world, path)
    (segment,) = world.folder.segments.iterdir()
    os.truncate(segment, segment.stat().st_size - 4)  # as after a power cut in the second frame
    assert take(world, path).lines == 1
    assert count(world) == 12


def test_a_file_that_is_not_there_is_one_clear_line(world: World, path: Path) -> None:
    with pytest.raises(BadInputError, match="no such file"):
        take(world, path)


def test_two_at_once_take_turns(world: World) -> None:
    with take_turns(world.folder), pytest.raises(StoreBusyError), take_turns(world.folder):
        pass
