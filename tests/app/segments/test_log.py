"""The log: what was appended comes back, and what a death left half-written doesn't."""

import os
import resource
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import SegmentError
from app.segments.blocks import iterate_frames
from app.segments.frames import Frame, encode_frame, read_frames
from app.segments.group_commit import GroupCommit
from app.segments.log import Segment, SegmentWriter, is_held, list_segments
from telemetry.volume import Encoding

ROOT = Path(__file__).parents[3]
_FRAMES = st.builds(
    Frame,
    repository=st.text(st.characters(codec="utf-8"), max_size=20),
    received_ns=st.integers(0, 2**63 - 1),
    encoding=st.sampled_from(Encoding),
    body=st.binary(max_size=200),
    origin=st.text(st.characters(codec="utf-8"), max_size=20),
    position=st.integers(0, 2**62),
    sender=st.text(st.characters(codec="utf-8"), max_size=12),
)


def make_frame(number: int, size: int = 100) -> Frame:
    return Frame("acme/support", number, Encoding.PROTOBUF, bytes([number % 256]) * size)


def read_all(folder: Path) -> list[Frame]:
    return [frame for segment in list_segments(folder) for frame in iterate_frames(segment)]


@settings(deadline=None, max_examples=50)
@given(st.lists(_FRAMES, max_size=5))
def test_frames_come_back_as_they_went_in(frames: list[Frame]) -> None:
    content = b"".join(part for frame in frames for part in encode_frame(frame))
    assert [frame for frame, _ in read_frames(memoryview(content))] == frames


@settings(deadline=None, max_examples=100)
@given(st.lists(_FRAMES, min_size=1, max_size=4), st.data())
def test_a_cut_or_changed_byte_ends_the_reading_before_it(
    frames: list[Frame], data: st.DataObject
) -> None:
    encoded = [b"".join(encode_frame(frame)) for frame in frames]
    content = bytearray(b"".join(encoded))
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= 1 + data.draw(st.integers(0, 254))
    whole, end = 0, 0
    for part in encoded:
        end += len(part)
        if end > place:
            break
        whole += 1
    assert [frame for frame, _ in read_frames(memoryview(bytes(content)))] == frames[:whole]


def test_a_segment_is_closed_when_it_is_full(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path, segment_bytes=500) as writer:
        for number in range(10):
            writer.append([make_frame(number, 200)])
        segments = list_segments(tmp_path)
        assert len(segments) == 4
        assert [is_held(segment) for segment in segments] == [False] * 3 + [True]
    assert not any(is_held(segment) for segment in segments)
    assert read_all(tmp_path) == [make_frame(number, 200) for number in range(10)]


def test_frames_larger_than_a_read_come_back(tmp_path: Path) -> None:
    frames = [make_frame(1, 9_000_000), make_frame(2), make_frame(3, 20_000_000)]
    with SegmentWriter(tmp_path) as writer:
        writer.append(frames)
    assert read_all(tmp_path) == frames


def test_a_torn_tail_is_not_read_and_nothing_is_written_behind_it(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path) as writer:
        writer.append([make_frame(1), make_frame(2)])
    (segment,) = list_segments(tmp_path)
    os.truncate(segment.path, segment.size - 3)
    with SegmentWriter(tmp_path) as writer:
        writer.append([make_frame(3)])
    assert read_all(tmp_path) == [make_frame(1), make_frame(3)]


def test_a_segment_that_was_only_begun_counts_as_held(tmp_path: Path) -> None:
    path = tmp_path / "00000000000000000001-1.seg"
    path.touch()
    assert is_held(Segment(path))


def test_a_file_that_may_not_grow_is_told_and_leaves_no_half_frame(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    with SegmentWriter(tmp_path) as writer:
        writer.append([make_frame(1)])
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, limit[1]))
        try:
            with pytest.raises(SegmentError, match="File too large"):
                writer.append([make_frame(2, 100_000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        writer.append([make_frame(3)])
    assert read_all(tmp_path) == [make_frame(1), make_frame(3)]


def test_many_may_write_at_once_and_all_is_on_disk_when_they_hear_of_it(tmp_path: Path) -> None:
    log = GroupCommit(tmp_path)

    def write(number: int) -> bool:
        done = log.submit(make_frame(number))
        assert done is not None
        done.result(timeout=30)
        return make_frame(number) in read_all(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(40)))
    log.close()
    assert len(read_all(tmp_path)) == 40
    assert log.pending_bytes == 0


def test_a_full_queue_says_so_instead_of_growing(tmp_path: Path) -> None:
    log = GroupCommit(tmp_path, max_pending_bytes=1_000)
    answers = [log.submit(make_frame(number, 400)) for number in range(200)]
    taken = [done for done in answers if done is not None]
    for done in taken:
        done.result(timeout=30)
    log.close()
    assert len(read_all(tmp_path)) == len(taken)
    with pytest.raises(SegmentError, match="closed"):
        log.submit(make_frame(1))


def test_a_full_disk_of_a_megabyte_keeps_what_was_written_and_goes_on_with_room(
    tmp_path: Path,
) -> None:
    mounting = "mount -t tmpfs -o size=1m none $0 && exec $1 -m tests.app.segments.full_disk $0"
    command = ["unshare", "--mount", "sh", "-c", mounting, str(tmp_path), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("needs the right to mount")
    assert done.stdout.splitlines() == [f"{tmp_path}: No space left on device", "True"]


def test_frames_of_an_earlier_version_are_read_without_a_sender() -> None:
    header = orjson.dumps(("acme/a", 7, "json", "", 0))
    prefix = struct.pack(
        "<IIH", len(header) + 2, zlib.crc32(b"{}", zlib.crc32(header)), len(header)
    )
    ((frame, _),) = read_frames(memoryview(prefix + header + b"{}"))
    assert frame == Frame("acme/a", 7, Encoding.JSON, b"{}")
