import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.main import run_command
from tests.app.test_cli_schemas import check

GOOD = "steps:\n  - {name: a, uses: flujo.value.pass}\n"
RETRIED = "steps:\n  - {name: a, uses: flujo.value.pass, config: {max_retries: 2}}\n"

Diff = Callable[..., tuple[int, str, str]]


@pytest.fixture
def diff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Diff:
    """Compares two texts as `old/spec.yaml` and `new/spec.yaml`; returns exit code, output and notes."""
    monkeypatch.chdir(tmp_path)
    for side in ("old", "new"):
        (tmp_path / side).mkdir()

    def run(before: str | bytes, after: str | bytes, *options: str) -> tuple[int, str, str]:
        for side, text in (("old", before), ("new", after)):
            content = text.encode() if isinstance(text, str) else text
            (tmp_path / side / "spec.yaml").write_bytes(content)
        code = run_command(["diff", "old/spec.yaml", "new/spec.yaml", *options])
        return code, *capsys.readouterr()

    return run


def test_a_change_is_told_and_exits_as_asked(diff: Diff) -> None:
    assert diff(GOOD, RETRIED) == (0, "🔁 Retry a up to 2 times (was: never)\n", "")
    assert diff(GOOD, RETRIED, "--exit-code")[0] == 1


@pytest.mark.parametrize("form", ["text", "json", "markdown", "mermaid"])
def test_identical_files_exit_with_zero_and_say_so(diff: Diff, form: str) -> None:
    code, output, notes = diff(GOOD, GOOD, "--exit-code", "--format", form)
    assert code == 0
    told = {"json": '"changes": []', "mermaid": "nothing to draw"}.get(form, "no changes")
    assert told in (output + notes).lower()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("steps: [\n", "not YAML"),
        ("", "a workflow is a mapping"),
        ("[1, 2]\n", "a workflow is a mapping"),
        ("just words\n", "a workflow is a mapping"),
        ("name: n\n", "'steps' is missing"),
        ("steps:\n  - {name: a, uses: agents.nobody}\n", "nobody"),
        ("imports: {me: spec.yaml}\nsteps:\n  - {name: a, uses: imports.me}\n", "imports itself"),
        ("imports: {x: ../x.yaml}\nsteps:\n  - {name: a, uses: imports.x}\n", "outside the spec's folder"),
        ("a: &a [*a]\n", "nothing is anchored"),
        ("[" * 500, "nested more than"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("side", ["old", "new"])
def test_a_side_that_cannot_be_read_is_named_with_its_reason(
    diff: Diff, text: str, reason: str, side: str
) -> None:
    code, output, notes = diff(*((text, GOOD) if side == "old" else (GOOD, text)))
    assert (code, output) == (2, "")
    assert f"the {side} spec, {Path(side, 'spec.yaml')}, can't be read:" in notes
    assert reason in notes


def test_two_imports_in_a_circle_are_named(diff: Diff, tmp_path: Path) -> None:
    circle = "imports: {other: other.yaml}\nsteps:\n  - {name: a, uses: imports.other}\n"
    back = circle.replace("other.yaml", "spec.yaml")
    (tmp_path / "new" / "other.yaml").write_text(back, encoding="utf-8")
    code, _, notes = diff(GOOD, circle)
    assert code == 2
    assert "'other.yaml' imports itself" in notes
    assert "break the cycle" in notes


def test_what_is_no_text_is_told_in_one_line(diff: Diff) -> None:
    code, _, notes = diff(GOOD, b"\xff\xfe\x00")
    assert (code, notes) == (2, f"error: {Path('new/spec.yaml')}: not UTF-8 text (byte 0)\n")


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_file_of_a_hundred_megabytes_is_not_read(
    diff: Diff, tmp_path: Path, side: str, capsys: pytest.CaptureFixture[str]
) -> None:
    diff(GOOD, GOOD)
    path = tmp_path / side / "spec.yaml"
    with path.open("r+b") as file:
        file.truncate(100_000_000)
    assert run_command(["diff", "old/spec.yaml", "new/spec.yaml"]) == 2
    told = f"error: {Path(side, 'spec.yaml')}: larger than 4 MiB; is it the right file?\n"
    assert capsys.readouterr().err == told


def test_a_link_that_leads_to_itself_is_told(diff: Diff, tmp_path: Path) -> None:
    diff(GOOD, GOOD)
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert run_command(["diff", "old/spec.yaml", "loop.yaml"]) == 2


def test_a_program_gets_its_error_as_json(diff: Diff) -> None:
    code, output, _ = diff(GOOD, "steps: [\n", "--format", "json")
    assert code == 2
    assert "the new spec" in json.loads(output)["error"]


MOVED = """\
# kept
agents: {writer: {model: "sim:small", system_prompt: "Write."}}
steps:
  - {name: c, uses: agents.writer}  # moved
  - {name: a, uses: flujo.value.pass}
  - name: new
    uses: flujo.text.normalise
"""
PLAIN = """\
# kept
agents: {writer: {model: "sim:small", system_prompt: "Write."}}
steps:
  - {name: a, uses: flujo.value.pass}
  - {name: b, uses: agents.writer, input: "{{ context.x }}"}
  - {name: c, uses: agents.writer}  # moved
"""


def test_the_patch_that_is_printed_can_be_applied(diff: Diff) -> None:
    code, output, _ = diff(PLAIN, MOVED, "--format", "patch")
    patch = json.loads(output)
    check(patch, "patch")
    assert code == 0
    Path("patch.json").write_text(output, encoding="utf-8")
    assert run_command(["patch", "apply", "old/spec.yaml", "patch.json", "--in-place"]) == 0
    assert "{name: c, uses: agents.writer}  # moved\n" in Path("old/spec.yaml").read_text()
    assert run_command(["diff", "old/spec.yaml", "new/spec.yaml", "--exit-code"]) == 0


def test_no_difference_is_an_empty_patch(diff: Diff) -> None:
    code, output, _ = diff(GOOD, GOOD, "--format", "patch", "--exit-code")
    assert (code, json.loads(output)) == (0, [])


@pytest.mark.parametrize("path", ["nowhere.yaml", "."])
def test_a_path_that_is_no_file_is_told(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["diff", path, path]) == 2
    assert path in capsys.readouterr().err
