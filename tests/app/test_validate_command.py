"""`flujo validate` and `flujo schema`: what they look at, what they answer, and what bad input does to them."""

import json
import os
import resource
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.adapters.sarif import write_sarif
from app.cli.main import run_command
from workflow import Diagnostic, load_diagnostic_kinds

GOOD = "steps: [{name: a, uses: flujo.value.pass}]\n"
REFUSED = "steps:\n- {name: ä, uses: agents.x}\n- {name: b, uses: flujo.value.pass}\n"
UNPRICED = (
    "agents: {w: {model: 'strange:model'}, s: {model: 'sim:small'}}\n"
    "steps: [{name: a, uses: agents.w}]\n"
)


def closed(**members: object) -> dict[str, object]:
    """An object with these members and no other."""
    return {"type": "object", "properties": members, "additionalProperties": False}


def needed(**members: object) -> dict[str, object]:
    """An object with all of these members and no other."""
    return {**closed(**members), "required": list(members)}


LEVEL = {"enum": ["none", "note", "warning", "error"]}
COUNT = {"type": "integer", "minimum": 1}
WORDS = needed(text={"type": "string", "minLength": 1})
RULE = needed(
    id={"type": "string", "pattern": "^[a-z0-9-]+$"},
    shortDescription=WORDS,
    help=WORDS,
    defaultConfiguration=needed(level=LEVEL),
    properties=needed(tags={"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
)
LOCATION = {
    **closed(
        artifactLocation=needed(
            uri={"type": "string", "pattern": "^[A-Za-z0-9%/._~-]+$"},
            uriBaseId={"const": "%SRCROOT%"},
        ),
        region={**closed(startLine=COUNT, startColumn=COUNT), "required": ["startLine"]},
    ),
    "required": ["artifactLocation"],
}
RESULT = needed(
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=WORDS,
    locations={"type": "array", "items": needed(physicalLocation=LOCATION)},
)
DRIVER = needed(
    name={"const": "flujo"},
    semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    rules={"type": "array", "items": RULE, "uniqueItems": True},
)
RUN = needed(
    tool=needed(driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
LOG = {"$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": {"items": RUN}}
SARIF = Draft202012Validator(needed(**LOG))
"""What SARIF 2.1.0 says of the members that are written here (OASIS standard, sections 3.13 to 3.49)."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def write(path: str, text: str) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return path


def validate(
    capsys: pytest.CaptureFixture[str], *arguments: str, code: int, form: str = "json"
) -> Any:
    assert run_command(["validate", *arguments, "--format", form]) == code
    return json.loads(capsys.readouterr().out)


class TestWhatIsLookedAt:
    def test_a_folder_is_searched_for_what_the_settings_select(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for path in ("a.flow.yaml", "x/b.flow.yml", "x/c.yaml", ".h/d.flow.yaml", "pipeline.yaml"):
            write(path, GOOD)
        answer = validate(capsys, ".", code=0)
        assert [each["path"] for each in answer["specs"]] == [
            "a.flow.yaml",
            "pipeline.yaml",
            "x/b.flow.yml",
        ]

    def test_in_a_repository_the_globs_are_relative_to_its_top(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path(".git").mkdir()
        write(".github/flujo.yml", "specs: ['flows/*.yaml']\n")
        for path in ("flows/a.yaml", "flows/deep/b.yaml", "c.flow.yaml"):
            write(path, GOOD)
        answer = validate(capsys, "flows", code=0)
        assert [each["path"] for each in answer["specs"]] == ["flows/a.yaml"]

    def test_a_pattern_is_looked_up_and_each_file_told_once(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write("a/x.yaml", GOOD)
        write("a/b/y.yaml", GOOD)
        answer = validate(capsys, "a/**/*.yaml", "a/x.yaml", code=0)
        assert [each["path"] for each in answer["specs"]] == ["a/b/y.yaml", "a/x.yaml"]

    @pytest.mark.parametrize("named", [".", "*.yaml", "nowhere.yaml"])
    def test_what_holds_no_spec_can_not_be_decided(
        self, named: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_command(["validate", named]) == 2
        assert capsys.readouterr().err.startswith(f"error: {named}: no ")

    def test_a_pipe_in_a_folder_is_passed_over(self, capsys: pytest.CaptureFixture[str]) -> None:
        os.mkfifo("pipe.flow.yaml")
        write("a.flow.yaml", GOOD)
        answer = validate(capsys, ".", code=0)
        assert [each["path"] for each in answer["specs"]] == ["a.flow.yaml"]

    @pytest.mark.parametrize("content", ["grün".encode("latin-1"), b"#" * 5_000_000, b"\xff\xfea"])
    @pytest.mark.parametrize("form", ["json", "sarif"])
    def test_a_file_that_can_not_be_read_hides_nothing_of_the_others(
        self, content: bytes, form: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write("b.flow.yaml", REFUSED)
        Path("a.flow.yaml").write_bytes(content)
        answer = validate(capsys, ".", code=2, form=form)
        if form == "sarif":
            SARIF.validate(answer)
            told = [found["ruleId"] for found in answer["runs"][0]["results"]]
        else:
            told = [found["id"] for each in answer["specs"] for found in each["diagnostics"]]
        assert told == ["unreadable-file", "dangling-agent"]


class TestSarif:
    def test_it_holds_what_code_scanning_needs(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path(".git").mkdir()
        path = write("flows/my spec.yaml", REFUSED)
        log = validate(capsys, path, code=1, form="sarif")
        SARIF.validate(log)
        (run,) = log["runs"]
        (result,) = run["results"]
        assert log["version"] == "2.1.0"
        assert run["columnKind"] == "unicodeCodePoints"
        assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
        assert (result["ruleId"], result["level"]) == ("dangling-agent", "error")
        assert result["message"]["text"] == "no agent 'agents.x'; none is declared"
        assert result["locations"] == [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "flows/my%20spec.yaml",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 2, "startColumn": 13},
                }
            }
        ]

    def test_every_rule_is_described_with_its_help_and_level(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        log = validate(capsys, write("a.yaml", GOOD), code=0, form="sarif")
        driver = log["runs"][0]["tool"]["driver"]
        assert log["runs"][0]["results"] == []
        assert [rule["id"] for rule in driver["rules"]] == [
            rule.id for rule in load_diagnostic_kinds()
        ]
        assert all(set(rule) >= {"shortDescription", "help"} for rule in driver["rules"])
        levels = {rule["defaultConfiguration"]["level"] for rule in driver["rules"]}
        assert levels == {"error", "warning"}

    def test_a_finding_without_a_place_has_no_region(self) -> None:
        found = Diagnostic("yaml-too-large", "larger than 4 MiB")
        log: Any = write_sarif({"a.yaml": [found]}, load_diagnostic_kinds(), version="1.2.3")
        (result,) = log["runs"][0]["results"]
        SARIF.validate(log)
        assert "region" not in result["locations"][0]["physicalLocation"]


class TestLenient:
    def test_each_ignored_key_is_in_the_answer(self, capsys: pytest.CaptureFixture[str]) -> None:
        path = write("a.yaml", GOOD + "owner: a\n")
        assert not validate(capsys, path, code=1)["specs"][0]["valid"]
        (spec,) = validate(capsys, path, "--lenient", code=0)["specs"]
        assert spec["valid"]
        told = [(each["id"], each["line"], each["column"]) for each in spec["diagnostics"]]
        assert told == [("ignored-key", 2, 1)]

    @pytest.mark.parametrize("command", ["run", "diff", "patch apply"])
    def test_other_commands_note_each_ignored_key(
        self, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = write("a.yaml", GOOD + "owner: a\n")
        patch = write("p.json", '[{"op": "add", "path": "/description", "value": "d"}]')
        others = {"run": [], "diff": [path], "patch apply": [patch]}[command]
        assert run_command([*command.split(), path, *others]) == 2
        capsys.readouterr()
        assert run_command([*command.split(), path, *others, "--lenient"]) == 0
        assert "a.yaml:2:1: key 'owner' isn't part of the format" in capsys.readouterr().err


class TestStrictPricing:
    def test_a_model_without_a_price_is_an_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        path = write("a.yaml", UNPRICED)
        assert validate(capsys, path, code=0)["specs"][0]["valid"]
        (spec,) = validate(capsys, path, "--strict-pricing", code=1)["specs"]
        assert [each["id"] for each in spec["diagnostics"]] == ["no-price"]
        assert spec["diagnostics"][0]["pointer"] == "/agents/w/model"

    def test_a_run_halts_before_the_first_call(self, capsys: pytest.CaptureFixture[str]) -> None:
        path = write("a.yaml", UNPRICED)
        arguments = ["run", path, "--strict-pricing", "--telemetry", "spans.jsonl"]
        assert run_command(arguments) == 2
        assert "a.yaml:1:14: model 'strange:model' has no known price" in capsys.readouterr().err
        assert not Path("spans.jsonl").exists()


class TestSchema:
    def test_it_is_printed_and_written_alike(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_command(["schema"]) == 0
        printed = capsys.readouterr().out
        assert run_command(["schema", "--output", "s.json"]) == 0
        assert Path("s.json").read_text(encoding="utf-8") == printed
        Draft202012Validator(json.loads(printed)).validate(
            {"steps": [{"name": "a", "uses": "flujo.value.pass"}]}
        )

    def test_a_place_that_can_not_be_written_is_bad_input(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_command(["schema", "--output", "no/where/s.json"]) == 2
        assert "no/where/s.json" in capsys.readouterr().err


class TestHostileFiles:
    def refuse(self, path: str, *command: str) -> None:
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = process_time()
        assert run_command([*command, path]) in (1, 2)
        # Far above what it takes: a guard against work that grows, not a measurement.
        assert process_time() - started < 5
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 256 * 1024

    @pytest.mark.parametrize("command", ["validate", "run", "test", "suggest --telemetry t.jsonl"])
    def test_a_huge_file_is_refused_unread(self, command: str) -> None:
        with Path("huge.yaml").open("wb") as file:
            file.truncate(100 * 1024 * 1024)
        write("t.jsonl", "")
        self.refuse("huge.yaml", *command.split())

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 50_000,
            "steps: " + "{a: " * 50_000,
            "- " * 50_000,
            "a: &a [x, x]\n"
            + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(2))
            + "c0: &c0 [*b0, *b1]\n"
            + "".join(f"c{n}: &c{n} [{f'*c{n - 1}, ' * 9}]\n" for n in range(1, 12)),
        ],
        ids=["brackets", "braces", "dashes", "aliases"],
    )
    def test_a_bomb_is_refused(self, text: str) -> None:
        self.refuse(write("bomb.yaml", text), "validate")

    def test_a_device_that_never_ends_is_refused(self) -> None:
        self.refuse("/dev/zero", "validate")
