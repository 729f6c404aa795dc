"""`flujo run`: limits, answers as they come, telemetry to a collector."""

from pathlib import Path

import orjson
import pytest

from app.cli.main import run_command

SPEC = """\
agents: {writer: {model: "sim:perfect", system_prompt: "Write."}}
steps:
  - {name: count, uses: skills:count}
  - {name: write, uses: agents.writer}
  - {name: again, uses: agents.writer}
"""
SKILLS = """\
async def count(data):
    yield "one "
    yield "two"
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "skills.py").write_text(SKILLS)
    path = tmp_path / "flow.yaml"
    path.write_text(SPEC)
    return str(path)


@pytest.mark.parametrize(("option", "limit"), [("--max-cost-usd", "0"), ("--max-tokens", "1")])
def test_a_run_beyond_its_limit_ends_with_a_sentence(
    spec: str, option: str, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", spec, option, limit, "--format", "json"]) == 1
    (result,) = orjson.loads(capsys.readouterr().out)["results"]
    assert (result["error_class"], result["governor_breached"]) == ("policy", True)
    assert result["message"].startswith("the run has used ")
    assert result["path"] == ["count", "write"]


@pytest.mark.parametrize("limit", ["-1", "many", "nan", "inf"])
def test_a_limit_that_makes_no_sense_is_refused(spec: str, limit: str) -> None:
    assert run_command(["run", spec, "--max-cost-usd", limit]) == 2


def test_answers_are_printed_as_they_come(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", spec, "--stream"]) == 0
    assert capsys.readouterr().out.startswith("one two\n✓ count")


def test_a_stream_is_no_json_document(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", spec, "--stream", "--format", "json"]) == 2
    assert "--format json" in capsys.readouterr().out


def test_a_collector_that_is_not_there_is_told_and_the_run_succeeds(
    spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    assert run_command(["run", spec]) == 0
    assert "weren't accepted by the collector" in capsys.readouterr().err
