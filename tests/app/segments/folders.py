"""Data folders with telemetry in them, and what their statistics say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.segments.frames import Frame
from app.segments.layout import DataFolder
from app.segments.log import SegmentWriter
from app.segments.roll_up import RollUp
from app.store import Selection, Store, open_store
from app.use_cases.read_statistics import Statistics, read_statistics
from telemetry import Span
from telemetry.volume import Encoding
from tests.telemetry.builders import START_NS, make_run_spans
from tests.telemetry.otlp_protobuf import encode_protobuf

RECEIVED_NS = START_NS + 60 * 10**9


@dataclass(frozen=True, slots=True)
class World:
    """A data folder and its open store."""

    folder: DataFolder
    store: Store

    def statistics(self) -> Statistics:
        """Return all that counts."""
        return read_statistics(self.store, Selection())

    def roll_up(self) -> RollUp:
        """Return a worker as a new process would build it."""
        return RollUp(self.folder.segments, self.store)


def open_world(path: Path, *, url: str | None = None) -> World:
    """Return an empty data folder."""
    folder = DataFolder(path)
    folder.make()
    return World(folder, open_store(folder.database, url=url))


def make_frame(
    spans: Sequence[Span], *, repository: str = "acme/support", received_ns: int = RECEIVED_NS
) -> Frame:
    """Return a protobuf request as the log keeps it."""
    return Frame(repository, received_ns, Encoding.PROTOBUF, encode_protobuf(spans))


def make_run_frames(traces: Iterable[int]) -> list[Frame]:
    """Return one frame a run of six spans."""
    return [make_frame(make_run_spans(trace)) for trace in traces]


def append(world: World, frames: Sequence[Frame]) -> None:
    """Write frames into a segment of their own."""
    with SegmentWriter(world.folder.segments) as writer:
        writer.append(frames)


def work_off(world: World) -> None:
    """Work the log off with a new worker."""
    roll_up = world.roll_up()
    while roll_up.work_off():
        pass
