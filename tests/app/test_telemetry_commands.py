"""`flujo ingest | stats | tokens | store`: what goes in is what they say, in the documented form."""

import csv
import io
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.cli.main import run_command
from app.cli.serving import open_data
from app.segments.roll_up import RollUp
from app.store import list_samples
from telemetry import AttributeValue, Span, attributes, encode_traces
from tests.telemetry.builders import START_NS, make_run_spans

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
QUESTION = '{"question": "What is a workflow?", "name": "Ada"}'

Ask = Callable[..., Any]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command with `--format json` over one data folder, and checks the answer's form."""
    shutil.copytree(ROOT / "examples" / "minimal", tmp_path / "minimal")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments: str) -> Any:
        assert run_command([*arguments, "--data-dir", "data", "--format", "json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        schema = json.loads((SCHEMAS / f"{arguments[0]}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(answer)
        return answer

    return run


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command over the same folder and returns its text."""

    def run(*arguments: str) -> str:
        assert run_command([*arguments, "--data-dir", "data"]) == 0
        return capsys.readouterr().out

    return run


def run_minimal(runs: int = 20) -> None:
    arguments = ["run", "minimal/hello.flow.yaml", "--runs", str(runs), "--input", QUESTION]
    run_command([*arguments, "--telemetry", "runs.jsonl", "--format", "json"])


def make_recent(trace: int, more: dict[str, AttributeValue] | None = None) -> list[Span]:
    shift = int(datetime.now(UTC).timestamp()) * 10**9 - 60 * 10**9 - START_NS
    return [
        span._replace(
            start_ns=span.start_ns + shift,
            end_ns=span.end_ns + shift,
            attributes={**span.attributes, **(more or {})},
        )
        for span in make_run_spans(trace)
    ]


def write(name: str, spans: list[Span]) -> str:
    Path(name).write_bytes(encode_traces(spans, resource={}))
    return name


def test_what_the_engine_wrote_is_what_the_statistics_say(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    run_minimal()
    capsys.readouterr()
    lines = Path("runs.jsonl").read_bytes().splitlines()
    taken = ask("ingest", "runs.jsonl")
    assert (taken["files"][0]["lines"], taken["worked_off"]) == (20, True)
    found = ask("stats", "minimal/hello.flow.yaml")
    (workflow,) = found["workflows"]
    assert (workflow["runs"], workflow["drift"], workflow["repository"]) == (20, False, "local")
    assert found["spans"] == sum(line.count(b'"spanId"') for line in lines)
    assert sum(step["executions"] for step in workflow["steps"]) > 20
    assert ask("ingest", "runs.jsonl")["files"][0]["lines"] == 0
    assert ask("stats", "minimal/hello.flow.yaml") == found


def test_telemetry_of_an_unknown_version_stands_apart(
    ask: Ask, say: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    run_minimal(3)
    forged: dict[str, AttributeValue] = {attributes.SPEC_PATH: "hello.flow.yaml"}
    capsys.readouterr()
    ask("ingest", "runs.jsonl", write("forged.jsonl", make_recent(1, forged)))
    drift = [each["drift"] for each in ask("stats", "minimal/hello.flow.yaml")["workflows"]]
    assert sorted(drift) == [False, True]
    text = say("stats", "minimal/hello.flow.yaml")
    assert text.index("current") < text.index("DRIFT")


def test_an_earlier_version_of_any_branch_is_known(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    git = ["git", "-C", "minimal", "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Start"], check=True)
    run_minimal(2)
    spec = Path("minimal/hello.flow.yaml")
    text = spec.read_text(encoding="utf-8").replace("sim:small", "sim:large")
    spec.write_text(text, encoding="utf-8")
    capsys.readouterr()
    ask("ingest", "runs.jsonl")
    (workflow,) = ask("stats", "minimal/hello.flow.yaml")["workflows"]
    assert workflow["drift"] is False


def test_of_a_spec_nobody_has_nobody_can_tell(ask: Ask) -> None:
    ask("ingest", write("other.jsonl", make_recent(1)), "--repository", "acme/other")
    (workflow,) = ask("stats")["workflows"]
    assert (workflow["drift"], workflow["repository"]) == (None, "acme/other")
    assert ask("stats", "--repository", "acme/none")["workflows"] == []


def test_what_is_set_aside_is_told(ask: Ask, say: Callable[..., str]) -> None:
    ask("ingest", write("a.jsonl", make_recent(1, {attributes.OUTCOME: "great"})))
    found = ask("stats")
    assert (found["spans"], found["quarantined"]) == (0, 6)
    assert found["reasons"] == {"a value outside the contract": 6}


def test_a_window_holds_what_is_inside(ask: Ask) -> None:
    old = [
        span._replace(
            start_ns=span.start_ns - 40 * 86_400 * 10**9, end_ns=span.end_ns - 40 * 86_400 * 10**9
        )
        for span in make_recent(1)
    ]
    ask("ingest", write("old.jsonl", old))
    assert ask("stats")["spans"] == 0
    assert ask("stats", "--last", "50d")["spans"] == 6
    assert ask("stats", "--last", "all")["spans"] == 6


@pytest.mark.parametrize("last", ["", "7", "0d", "-1d", "7y", "1e9d"])
def test_a_window_nobody_understands_is_refused(ask: Ask, last: str) -> None:
    assert run_command(["stats", "--last", last, "--data-dir", "data"]) == 2


def test_csv_has_a_line_a_step_and_no_formula(ask: Ask, say: Callable[..., str]) -> None:
    ask("ingest", write("a.jsonl", make_recent(1, {attributes.YAML_PATH: "=cmd|'/c calc'!A0"})))
    lines = list(csv.DictReader(io.StringIO(say("stats", "--format", "csv"))))
    assert [line["step_id"] for line in lines] == ["classify", "draft"]
    assert lines[0]["yaml_path"].startswith("'=")


def test_names_from_outside_cannot_move_the_cursor(ask: Ask, say: Callable[..., str]) -> None:
    ask("ingest", write("a.jsonl", make_recent(1, {attributes.STEP_ID: "x\x1b[2J\n[red]y"})))
    text = say("stats")
    assert "\x1b" not in text
    assert "[red]y" in text


def test_tokens_are_made_shown_once_rotated_and_revoked(ask: Ask, say: Callable[..., str]) -> None:
    made = ask("tokens", "create", "--repository", "acme/support")
    turned = ask("tokens", "rotate", "--repository", "acme/support")
    assert made["secret"] != turned["secret"]
    listed = ask("tokens", "list")
    assert listed["secret"] is None
    assert [token["revoked_at"] is None for token in listed["tokens"]] == [False, True]
    ask("tokens", "revoke", turned["tokens"][0]["id"])
    assert all(token["revoked_at"] for token in ask("tokens", "list")["tokens"])
    assert made["secret"] not in say("tokens", "list")
    assert run_command(["tokens", "revoke", "nobody", "--data-dir", "data"]) == 2


def test_everything_survives_a_back_up_and_a_restore(ask: Ask) -> None:
    ask("ingest", write("a.jsonl", make_recent(1)))
    before = ask("stats")
    ask("store", "compact")
    ask("store", "back-up", "b.tar")
    shutil.rmtree("data")
    ask("store", "restore", "b.tar")
    assert ask("stats") == before


def test_a_spec_without_telemetry_says_what_to_do(ask: Ask, say: Callable[..., str]) -> None:
    ask("tokens", "list")
    assert "flujo ingest" in say("stats", "minimal/hello.flow.yaml")


def test_a_file_of_nonsense_is_a_few_lines_and_a_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("picture.png").write_bytes(bytes(range(256)) * 40)
    for _ in range(2):
        assert run_command(["ingest", "picture.png", "--data-dir", "data"]) == 1
        told = capsys.readouterr()
        assert told.out == "picture.png: 0 lines, 0 spans, 40 lines skipped\n"
        assert len(told.err.splitlines()) == 6
        assert told.err.splitlines()[-1].startswith("skipped 35 more")


@pytest.mark.parametrize(
    "command",
    [["store", "back-up", "x.tar"], ["store", "compact"], ["store", "text"], ["stats"]],
)
def test_a_mistyped_data_folder_is_no_empty_one(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command([*command, "--data-dir", "dtaa"]) == 2
    assert "no server kept anything in dtaa" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_a_server_keeps_is_what_proposals_rest_on(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    run_minimal(40)
    capsys.readouterr()
    ask("ingest", "runs.jsonl")
    with open_data(Path("data"), None)[1].transaction() as rows:
        assert list_samples(rows) == ()
    settle(Path("data"))
    of_server = ask("suggest", "minimal/hello.flow.yaml")
    assert run_command([*SUGGEST, "--telemetry", "runs.jsonl"]) == 0
    of_files = json.loads(capsys.readouterr().out)
    assert of_server["notes"] == of_files["notes"]
    assert [one["id"] for one in of_server["proposals"]] == [
        one["id"] for one in of_files["proposals"]
    ]
    assert run_command([*SUGGEST, "--telemetry", "runs.jsonl", "--data-dir", "data"]) == 2
    assert run_command(SUGGEST) == 2
    assert run_command([*SUGGEST, "--data-dir", "nowhere"]) == 2
    assert not Path("nowhere").exists()


def test_a_repository_without_runs_on_the_server_is_told_by_name(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    ask("tokens", "list")
    assert run_command([*SUGGEST, "--data-dir", "data", "--repository", "acme/none"]) == 0
    assert "no whole runs of 'acme/none'" in capsys.readouterr().err


SUGGEST = ["suggest", "minimal/hello.flow.yaml", "--format", "json"]


def settle(data: Path) -> None:
    """Keep the runs that are complete, as a server does half a minute after their last span."""
    folder, store = open_data(data, None)
    RollUp(folder.segments, store).settle(now_ns=time.time_ns() + 3600 * 10**9)
