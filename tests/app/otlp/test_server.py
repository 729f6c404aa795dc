"""The server as a process: stock exporters, graceful stops, and kill -9 at any moment."""

import os
import random
import resource
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from app.cli.main import run_command
from app.segments.layout import DataFolder
from app.store import Selection, create_token, open_store, revoke_token
from app.use_cases.read_statistics import read_statistics
from benchmarks.table.otlp_bodies import SPANS_PER_BATCH, make_bodies
from telemetry import attributes, encode_traces
from telemetry.volume import Encoding
from tests.app.otlp.servers import Server, serve
from tests.app.segments.folders import World, work_off
from tests.telemetry.builders import SHA256, make_run_spans
from tests.telemetry.otlp_protobuf import encode_protobuf

HEADERS = {
    Encoding.PROTOBUF: {"content-type": "application/x-protobuf"},
    Encoding.JSON: {"content-type": "application/json"},
}
JAVASCRIPT = Path(__file__).parents[2] / "telemetry" / "js"
ROUNDS = 25 if os.environ.get("FLUJO_VERIFY") else 2
BURST = 1_000 if os.environ.get("FLUJO_VERIFY") else 80
"""Requests of half a megabyte, sent by so many at once; a server works off a few a second."""

SENDERS = 20
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def make_body(trace: int, encoding: Encoding) -> bytes:
    # The builders' runs were in January 2026, which is late but welcome.
    spans = make_run_spans(trace)
    return (
        encode_protobuf(spans)
        if encoding is Encoding.PROTOBUF
        else encode_traces(spans, resource={})
    )


def send_until_it_dies(server: Server, first: int, kill_after: int) -> int:
    """Send runs, kill the server after some of them, and return how many were acknowledged."""
    acknowledged = 0
    with httpx2.Client(timeout=30) as client:
        for trace in range(first, first + kill_after):
            encoding = random.Random(trace).choice(list(Encoding))
            answer = client.post(
                f"{server.address}/v1/traces",
                content=make_body(trace, encoding),
                headers=HEADERS[encoding],
            )
            assert answer.status_code == 200
            acknowledged += 1
    server.kill()
    return acknowledged


def test_killing_it_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged = 0
    for _ in range(ROUNDS):
        with serve(tmp_path) as server:
            acknowledged += send_until_it_dies(server, acknowledged + 1, chance.randrange(5, 60))
    store = open_store(DataFolder(tmp_path).database)
    work_off(World(DataFolder(tmp_path), store))
    found = read_statistics(store, Selection())
    assert (found.spans, found.quarantined) == (6 * acknowledged, {})
    assert found.versions[0].runs == acknowledged


def test_a_graceful_stop_leaves_nothing_to_be_worked_off(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        for trace in range(1, 21):
            body = make_body(trace, Encoding.PROTOBUF)
            url = f"{server.address}/v1/traces"
            assert httpx2.post(url, content=body, headers=HEADERS[Encoding.PROTOBUF]).is_success
        log = server.stop()
    assert "Traceback" not in log
    assert read_statistics(open_store(tmp_path / "flujo.db"), Selection()).spans == 120


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_its_processes_at_once_and_twice_is_a_graceful_stop(
    tmp_path: Path, number: int
) -> None:
    with serve(tmp_path) as server:
        url = f"{server.address}/v1/traces"
        body = make_body(1, Encoding.PROTOBUF)
        assert httpx2.post(url, content=body, headers=HEADERS[Encoding.PROTOBUF]).is_success
        for _ in range(2):
            os.killpg(server.process.pid, number)
        log = server.process.communicate(timeout=60)[1]
        assert (server.process.returncode, "Traceback" in log) == (0, False)
    assert read_statistics(open_store(tmp_path / "flujo.db"), Selection()).spans == 6


def test_two_servers_on_one_folder_share_it(tmp_path: Path) -> None:
    with serve(tmp_path) as first, serve(tmp_path) as second:
        for trace, server in enumerate((first, second, first), start=1):
            url = f"{server.address}/v1/traces"
            body = make_body(trace, Encoding.PROTOBUF)
            assert httpx2.post(url, content=body, headers=HEADERS[Encoding.PROTOBUF]).is_success
        assert second.statistics(spans=18).spans == 18
        first.stop()
        body = make_body(4, Encoding.PROTOBUF)
        url = f"{second.address}/v1/traces"
        assert httpx2.post(url, content=body, headers=HEADERS[Encoding.PROTOBUF]).is_success
        second.stop()
    assert read_statistics(open_store(tmp_path / "flujo.db"), Selection()).spans == 24


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_stock_python_exporter_works_unchanged(
    tmp_path: Path, compression: Compression
) -> None:
    with serve(tmp_path) as server:
        exporter = OTLPSpanExporter(f"{server.address}/v1/traces", compression=compression)
        provider = TracerProvider(resource=Resource({"service.name": "support"}))
        provider.add_span_processor(BatchSpanProcessor(exporter))
        tracer = provider.get_tracer("support")
        for number in range(50):
            contract: dict[str, str | int] = {
                attributes.SPAN_ROLE: "step",
                attributes.SPEC_SHA256: SHA256,
                attributes.SPEC_PATH: "flows/triage.flow.yaml",
                attributes.STEP_ID: "draft",
                attributes.RUN_ID: f"run-{number}",
                attributes.OUTCOME: "error" if number % 10 == 0 else "ok",
            }
            with tracer.start_as_current_span("draft", attributes=contract):
                pass
        provider.shutdown()
        (version,) = server.statistics(spans=50).versions
    assert version.repository == "local"
    (step,) = version.steps
    assert (step.stats.executions, step.stats.failures, step.stats.runs) == (50, 5, 50)


@pytest.mark.skipif(
    shutil.which("node") is None or not (JAVASCRIPT / "node_modules").is_dir(),
    reason="needs Node and `npm ci --ignore-scripts` in tests/telemetry/js",
)
@pytest.mark.parametrize("encoding", ["proto", "json"])
def test_the_stock_javascript_exporters_work_unchanged(tmp_path: Path, encoding: str) -> None:
    with serve(tmp_path) as server:
        arguments = ["send.mjs", f"{server.address}/v1/traces", encoding, "50"]
        subprocess.run(["node", *arguments], cwd=JAVASCRIPT, check=True, timeout=60)
        (version,) = server.statistics(spans=50).versions
    (step,) = version.steps
    stats = step.stats
    assert (stats.attempts, stats.input_tokens, str(stats.total_cost_usd)) == (50, 500, "0.05")


def test_it_stays_on_loopback_while_nobody_needs_a_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(tmp_path)]
    assert run_command(arguments) == 2
    assert "flujo tokens create" in capsys.readouterr().err


def test_an_address_that_cannot_be_had_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(tmp_path / "first") as server:
        port = server.address.rpartition(":")[2]
        arguments = ["serve", "--port", port, "--data-dir", str(tmp_path / "second")]
        assert run_command(arguments) == 2
    assert "in use" in capsys.readouterr().err


def test_a_token_that_is_revoked_ends_the_next_request_and_loses_none_before(
    tmp_path: Path,
) -> None:
    store = open_store(DataFolder(tmp_path).database)
    with store.transaction() as rows:
        token, secret = create_token(rows, "acme/support", at=NOW)
        _, other = create_token(rows, "acme/other", at=NOW)
    revoke_after, statuses = 20, []
    with serve(tmp_path) as server, httpx2.Client() as client:

        def send(trace: int, bearer: str) -> int:
            headers = {**HEADERS[Encoding.PROTOBUF], "authorization": f"Bearer {bearer}"}
            body = make_body(trace, Encoding.PROTOBUF)
            answer = client.post(f"{server.address}/v1/traces", content=body, headers=headers)
            return answer.status_code

        for trace in range(1, 41):
            if trace == revoke_after + 1:
                with store.transaction() as rows:
                    revoke_token(rows, token.id, at=NOW)
            statuses.append(send(trace, secret))
        assert send(41, other) == 200
        log = server.stop()
    assert statuses == [200] * revoke_after + [401] * 20
    assert log.count("request_refused status=401") == 20
    found = read_statistics(store, Selection(repository="acme/support"))
    assert found.spans == 6 * revoke_after


def test_a_disk_that_takes_no_more_is_503_and_what_was_acknowledged_counts(tmp_path: Path) -> None:
    with serve(tmp_path) as server, httpx2.Client() as client:

        def send(trace: int) -> httpx2.Response:
            body = make_body(trace, Encoding.PROTOBUF)
            headers = HEADERS[Encoding.PROTOBUF]
            return client.post(f"{server.address}/v1/traces", content=body, headers=headers)

        assert send(1).status_code == 200
        # Not a full disk, but for whoever writes the same: no file may grow beyond this.
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100, before[1]))
        refused = send(2)
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert httpx2.get(f"{server.address}/readyz").status_code == 503
        assert httpx2.get(f"{server.address}/healthz").status_code == 200
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
        assert send(2).status_code == 200
        log = server.stop()
    assert log.count("request_refused status=503") == 1
    assert "Traceback" not in log
    assert read_statistics(open_store(tmp_path / "flujo.db"), Selection()).spans == 12


def test_in_a_burst_memory_is_bounded_and_what_was_acknowledged_counts(tmp_path: Path) -> None:
    bodies = make_bodies(BURST)
    with serve(tmp_path) as server, ThreadPoolExecutor(SENDERS) as pool:
        with httpx2.Client(timeout=60) as client:

            def send(body: bytes) -> None:
                """As an exporter does: again after 429, which says when."""
                while True:
                    answer = client.post(
                        f"{server.address}/v1/traces",
                        content=body,
                        headers=HEADERS[Encoding.PROTOBUF],
                    )
                    if answer.status_code == 200:
                        return
                    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)

            list(pool.map(send, bodies))
        sent = BURST * SPANS_PER_BATCH
        found = server.statistics(spans=sent)
        assert (found.spans, found.quarantined) == (sent, {})
        main = server.process.pid
        (worker,) = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        assert _peak_mib(main) < 250
        assert _peak_mib(int(worker)) < 400


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
