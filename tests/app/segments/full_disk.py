"""Run as a process on a file system that is nearly full: `python -m tests.app.segments.full_disk FOLDER`."""

import sys
from pathlib import Path

from app.errors import SegmentError
from app.segments.blocks import iterate_frames
from app.segments.frames import Frame
from app.segments.log import SegmentWriter, list_segments
from telemetry.volume import Encoding


def main(folder: Path) -> None:
    """Append until the disk is full, make room, append once more, and tell what is left to be read."""
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(200_000))
    written = 0
    with SegmentWriter(folder) as writer:
        try:
            while True:
                writer.append([Frame("acme/a", written, Encoding.JSON, bytes(50_000))])
                written += 1
        except SegmentError as error:
            print(error)
        ballast.unlink()
        writer.append([Frame("acme/a", written, Encoding.JSON, bytes(50_000))])
    found = [frame for segment in list_segments(folder) for frame in iterate_frames(segment)]
    print([frame.received_ns for frame in found] == list(range(written + 1)) and written > 3)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
