"""Free text: gone by default, kept apart and redacted for who asked, and forgotten after a while."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.cli.main import run_command
from app.segments import texts as texts_module
from app.segments.archive import back_up
from app.segments.texts import drop_texts, list_texts
from app.segments.worker import compact_all
from telemetry import Run, Span, attributes, encode_traces
from tests.app.otlp.senders import JSON, Sender, open_sender
from tests.telemetry.builders import make_run_spans
from tests.telemetry.otlp_protobuf import encode_protobuf

SECRET = "Where is my order"
MAIL = "ada@example.com"
DAY_NS = 86_400 * 10**9


def make_spans(trace: int = 1) -> list[Span]:
    prompt = f"{SECRET}? Write to {MAIL}"
    return [
        span._replace(attributes={**span.attributes, "gen_ai.prompt": prompt}, name=SECRET)
        for span in make_run_spans(trace)
    ]


def make_body(*, scope: str = "", spans: list[Span] | None = None) -> bytes:
    data = TracesData.FromString(encode_protobuf(spans or make_spans()))
    (group,) = data.resource_spans[0].scope_spans
    group.scope.name = scope
    group.spans[0].status.message = f"{SECRET} failed"
    group.spans[0].events.add(name=SECRET).attributes.add(key="exception.message")
    written: bytes = data.SerializeToString()
    return written


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Sender]:
    with open_sender(tmp_path / "data", keep_text=True) as opened:
        yield opened


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def finish(sender: Sender, now_ns: int) -> None:
    world = sender.world
    compact_all(
        world.folder, world.store, history=None, keep_days=None, now_ns=now_ns, keep_text_days=7
    )


@pytest.mark.parametrize("headers", [None, JSON], ids=["protobuf", "json"])
def test_by_default_no_text_ever_reaches_the_disk(
    tmp_path: Path, headers: dict[str, str] | None
) -> None:
    body = encode_traces(make_spans(), resource={}).replace(b'"name":"flujo"', b'"name":"x"')
    with open_sender(tmp_path) as sender:
        answer = sender.send(body, headers) if headers else sender.send(make_body())
        assert answer.status_code == 200
        assert SECRET.encode() not in all_bytes(tmp_path)


@pytest.mark.parametrize("scope", ["", "flujo"])
def test_after_working_off_and_upkeep_no_text_is_left_whoever_the_sender_says_it_is(
    tmp_path: Path, scope: str
) -> None:
    with open_sender(tmp_path) as sender:
        assert sender.send(make_body(scope=scope)).status_code == 200
        world = sender.world
    received_ns = sender.written[0].received_ns
    finish(sender, received_ns + DAY_NS)
    assert world.statistics().spans == 6
    assert list(world.folder.segments.iterdir()) == []
    assert SECRET.encode() not in all_bytes(tmp_path)
    (file,) = world.folder.history.rglob("*.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT * EXCLUDE (started_at) FROM read_parquet(?)", [str(file)]
        ).fetchall()
    assert len(rows) == 6
    assert SECRET not in repr(rows)


def test_who_asks_gets_texts_redacted_and_with_their_spans_and_steps(keeping: Sender) -> None:
    assert keeping.send(make_body()).status_code == 200
    folder = keeping.world.folder
    found = list_texts(folder.texts, step_id="draft", limit=100)
    assert {kept.text.text for kept in found} == {f"{SECRET}? Write to [email]"}
    assert {kept.text.span_id for kept in found} == {f"{n:016x}" for n in (4, 5, 6)}
    whole = list_texts(folder.texts, trace_id=f"{1:032x}", limit=100)
    assert {kept.text.name for kept in whole} == {"gen_ai.prompt", "status"}
    assert MAIL.encode() not in all_bytes(folder.path)
    assert SECRET.encode() not in all_bytes(folder.segments)
    assert list_texts(folder.texts, repository="acme/other", limit=100) == []


def test_what_is_sent_again_is_told_once_and_the_newest_first(keeping: Sender) -> None:
    for trace in (1, 1, 2):
        keeping.send(make_body(spans=make_spans(trace)))
    found = list_texts(keeping.world.folder.texts, limit=100)
    assert len(found) == 14
    assert found[0].text.trace_id == f"{2:032x}"
    assert len(list_texts(keeping.world.folder.texts, limit=3)) == 3


def test_nothing_of_a_text_is_in_runs_statistics_history_or_back_ups(
    keeping: Sender, tmp_path: Path
) -> None:
    keeping.send(make_body())
    world = keeping.world
    (frame,) = keeping.written
    world.roll_up().work_off()
    world.roll_up().settle(now_ns=frame.received_ns + 3600 * 10**9)
    back_up(world.folder, world.store, tmp_path / "b.tar")
    assert SECRET.encode() not in (tmp_path / "b.tar").read_bytes()
    assert SECRET.encode() not in world.folder.database.read_bytes()
    assert SECRET not in repr(world.statistics())
    assert not any("text" in name for name in Run.__dataclass_fields__)


def test_texts_are_forgotten_when_their_days_are_over(keeping: Sender) -> None:
    keeping.send(make_body())
    folder = keeping.world.folder.texts
    (segment,) = folder.iterdir()
    begun_ns = int(segment.name[:20])
    assert drop_texts(folder, keep_days=7, now_ns=begun_ns + 7 * DAY_NS - 1) == 0
    assert drop_texts(folder, keep_days=7, now_ns=begun_ns + 7 * DAY_NS) == 1
    assert list_texts(folder, limit=1) == []


def test_upkeep_forgets_them_by_itself(keeping: Sender) -> None:
    keeping.send(make_body())
    (segment,) = keeping.world.folder.texts.iterdir()
    finish(keeping, int(segment.name[:20]) + 8 * DAY_NS)
    assert list(keeping.world.folder.texts.iterdir()) == []
    assert keeping.world.statistics().spans == 6


def test_of_a_body_full_of_text_only_so_much_is_looked_at(
    keeping: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts_module, "_MAX_CHARS", 100)
    keeping.send(make_body())
    assert len(list_texts(keeping.world.folder.texts, limit=100)) == 2


def test_files_may_keep_their_texts_and_the_command_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spans = [
        span._replace(attributes={**span.attributes, "note": f"one\x1b[2J\n{MAIL}"})
        for span in make_run_spans(1)[:1]
    ]
    Path("spans.jsonl").write_bytes(encode_traces(spans, resource={}))
    Path("more.jsonl").write_bytes(encode_traces(make_spans(2), resource={}))
    assert run_command(["ingest", "spans.jsonl", "--keep-text", "--data-dir", "data"]) == 0
    assert run_command(["ingest", "more.jsonl", "--data-dir", "data"]) == 0
    capsys.readouterr()
    assert run_command(["store", "text", "--data-dir", "data"]) == 0
    told = capsys.readouterr().out
    assert told == f"local / {1:032x}/{1:016x} note: one\\x1b[2J\\n[email]\n"
    assert run_command(["store", "text", "--data-dir", "data", "--format", "json"]) == 0
    (text,) = json.loads(capsys.readouterr().out)["texts"]
    assert (text["name"], text["text"]) == ("note", "one\x1b[2J\n[email]")
    assert run_command(["store", "text", "--step", "none", "--data-dir", "data"]) == 0
    assert "--keep-text" in capsys.readouterr().out


def test_spans_that_are_refused_leave_no_text(keeping: Sender) -> None:
    data = TracesData.FromString(make_body())
    for span in data.resource_spans[0].scope_spans[0].spans:
        span.span_id = b"short"
    assert keeping.send(data.SerializeToString()).status_code == 400
    assert not keeping.world.folder.texts.exists()


def test_an_attribute_of_the_contract_is_no_text(keeping: Sender) -> None:
    keeping.send(make_body())
    names = {kept.text.name for kept in list_texts(keeping.world.folder.texts, limit=100)}
    assert not any(name.startswith("flujo.") for name in names)
    assert attributes.STEP_ID not in names
