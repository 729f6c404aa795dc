"""`flujo patch apply` on files as people really have them: every byte that the patch isn't about survives."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from app.adapters.spec_files import open_spec
from app.cli.main import run_command
from workflow import Workflow

STEPS = """\
# Grüße 😀
version: "0.1"   # kept
steps:

  - name: on  # a word that YAML 1.1 takes for true
    uses: flujo.value.pass
    input: >-
      folded
       as it is

      twice
    config: {timeout_s: 60, max_retries: 1}
  - {name: "b", uses: 'flujo.text.normalise'}   \t
"""
REPLACE_TIMEOUT: JsonValue = {"op": "replace", "path": "/steps/0/config/timeout_s", "value": 30}


def write(text: str, *operations: JsonValue) -> None:
    Path("flow.yaml").write_bytes(text.encode())
    Path("patch.json").write_text(json.dumps(operations), encoding="utf-8")


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("last", ["", "\n\n"], ids=["one-end", "blank-lines"])
def test_a_patch_in_place_changes_its_bytes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str, mark: str, last: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = mark + (STEPS + last).replace("\n", ends)
    write(text, REPLACE_TIMEOUT)
    assert run_command(["patch", "apply", "flow.yaml", "patch.json", "--in-place"]) == 0
    expected = text.replace("timeout_s: 60", "timeout_s: 30").encode()
    assert Path("flow.yaml").read_bytes() == expected


def test_a_patch_that_changes_nothing_writes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "\ufeff" + STEPS.replace("\n", "\r\n")
    write(text, {"op": "test", "path": "/version", "value": "0.1"})
    assert run_command(["patch", "apply", "flow.yaml", "patch.json"]) == 0
    assert capfdbinary.readouterr().out == text.encode()


def test_a_file_beside_the_spec_enters_its_hash_with_its_line_ends(tmp_path: Path) -> None:
    text = (
        "agents: {a: {model: m, system_prompt: {from_file: p.md}}}\n"
        "steps: [{name: x, uses: agents.a}]\n"
    )
    (tmp_path / "flow.yaml").write_bytes(text.encode())
    (tmp_path / "p.md").write_bytes(b"one\r\ntwo\r\n")
    as_committed = Workflow.from_yaml(text, read=lambda _: "one\r\ntwo\r\n")
    assert open_spec(tmp_path / "flow.yaml").spec_sha256 == as_committed.spec_sha256
