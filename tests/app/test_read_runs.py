"""Runs read from a server's store: a sample in which nobody counts for more than they should."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.segments.frames import Frame
from app.segments.roll_up import RollUp
from app.use_cases.read_runs import StoredRuns, read_runs
from telemetry.volume import RUNS_PER_DAY
from tests.app.segments.folders import RECEIVED_NS, World, append, make_frame, open_world
from tests.telemetry.builders import SHA256, STARTED_AT, make_run_spans

NOW = STARTED_AT + timedelta(days=3)
HOUR_NS = 3600 * 10**9


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path / "data")


def make_frames(traces: Iterable[int], sender: str, *, hours: int = 0) -> list[Frame]:
    """Return a frame a run, the last one `hours` after the first."""
    numbers = list(traces)
    frames = []
    for place, trace in enumerate(numbers):
        shift = hours * HOUR_NS * place // max(1, len(numbers) - 1)
        spans = [
            span._replace(start_ns=span.start_ns + shift, end_ns=span.end_ns + shift)
            for span in make_run_spans(trace)
        ]
        frames.append(replace(make_frame(spans, received_ns=RECEIVED_NS + shift), sender=sender))
    return frames


def take_in(world: World, *frames: list[Frame], runs_per_day: int = RUNS_PER_DAY) -> None:
    for some in frames:
        append(world, some)
    worker = RollUp(world.folder.segments, world.store, runs_per_day=runs_per_day)
    while worker.work_off():
        pass
    worker.settle(now_ns=RECEIVED_NS + 100 * HOUR_NS)


def read(world: World, **more: float) -> StoredRuns:
    return read_runs(world.store, "acme/support", now=NOW, **more)  # type: ignore[arg-type]


def count(found: StoredRuns) -> Counter[str]:
    return Counter(run.sender for run in found.runs)


def test_runs_come_with_who_vouched_for_them(world: World) -> None:
    take_in(world, make_frames(range(1, 11), "one"), make_frames(range(11, 21), "two"))
    assert count(read(world)) == {"one": 10, "two": 10}
    assert read_runs(world.store, "acme/other", now=NOW) == StoredRuns()


def test_a_flood_neither_pushes_others_out_of_the_sample_nor_outweighs_them(world: World) -> None:
    flood = make_frames(range(1, 401), "flood")
    take_in(world, flood, make_frames(range(401, 411), "honest"), runs_per_day=20)
    found = count(read(world, runs_per_day=20))
    assert found["honest"] == 10
    assert found["flood"] == 10


def test_who_sends_more_counts_for_more_up_to_the_share(world: World) -> None:
    more = make_frames(range(1, 1201), "more")
    take_in(world, more, make_frames(range(1201, 1601), "less"), runs_per_day=60)
    found = count(read(world, runs_per_day=60, max_share=0.9))
    assert found["more"] / found["less"] == pytest.approx(3, rel=0.5)


def test_traffic_is_counted_from_all_runs_and_not_from_the_sample(world: World) -> None:
    take_in(world, make_frames(range(1, 97), "one", hours=47), runs_per_day=5)
    traffic = read(world, runs_per_day=5).traffic[SHA256]
    assert traffic.runs_per_month == pytest.approx(96 / 2 * 365.25 / 12)
    assert traffic.basis == "1,461 runs/month seen over 2.0 days"


def test_a_flood_is_no_traffic_either(world: World) -> None:
    flood = make_frames(range(1, 301), "flood", hours=47)
    honest = make_frames(range(301, 397), "honest", hours=47)
    take_in(world, flood, honest)
    traffic = read(world).traffic[SHA256]
    assert traffic.runs_per_month == pytest.approx(2 * 96 / 2 * 365.25 / 12)
    assert "left out as one sender's" in traffic.basis


def test_less_than_a_day_says_nothing_about_a_month(world: World) -> None:
    take_in(world, make_frames(range(1, 10), "one", hours=20))
    assert read(world).traffic == {}


def test_what_is_older_than_the_window_is_left_out(world: World) -> None:
    take_in(world, make_frames(range(1, 10), "one"))
    later = datetime(2026, 6, 1, tzinfo=UTC)
    assert read_runs(world.store, "acme/support", now=later) == StoredRuns()
