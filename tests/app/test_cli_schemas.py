import json
import shutil
import subprocess
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from app.cli.main import run_command
from app.use_cases.act_on_proposal import Fate
from app.use_cases.outcome import OutcomeKind
from meta_agent import Verdict
from prompt_guard import RejectionReason
from telemetry import ErrorClass, Outcome
from workflow import SemanticClass, SideEffects

ROOT = Path(__file__).parents[2]
SCHEMAS: dict[str, dict[str, Any]] = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "docs" / "reference" / "schemas").glob("*.schema.json"))
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
RUNS = "120"
NOT_A_PATCH = {RejectionReason.NOT_A_LIST, RejectionReason.EMPTY, RejectionReason.MALFORMED}

Ask = Callable[..., Any]


def check(answer: object, name: str) -> None:
    Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(answer)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command with `--format json` beside copies of the examples, and returns what it answers."""
    shutil.copytree(ROOT / "examples" / "support-triage", tmp_path / "triage")
    shutil.copytree(ROOT / "examples" / "minimal", tmp_path / "minimal")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.com")

    def run(*arguments: str, code: int, schema: str) -> Any:
        assert run_command([*arguments, "--format", "json"]) == code
        answer = json.loads(capsys.readouterr().out)
        check(answer, schema)
        return answer

    return run


def write_patch(*operations: dict[str, object]) -> str:
    Path("patch.json").write_text(json.dumps(operations), encoding="utf-8")
    return "patch.json"


def make_flaky_repository() -> None:
    """The smallest example on a simulated model that often fails, as a repository of its own."""
    spec = Path("minimal/hello.flow.yaml")
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("sim:small", "sim:flaky"), encoding="utf-8")
    Path("minimal/.github").mkdir()
    Path("minimal/.github/flujo.yml").write_text("mode: auto-low\n", encoding="utf-8")
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Start"]):
        subprocess.run(["git", "-C", "minimal", *arguments], check=True)


def run_flaky(ask: Ask) -> None:
    ask(
        *("run", "minimal/hello.flow.yaml", "--runs", RUNS, "--every", "3600"),
        *("--input", '{"question": "What is a workflow?", "name": "Ada"}'),
        *("--telemetry", "runs.jsonl", "--record", "recordings"),
        code=0,
        schema="run",
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_a_valid_spec_answers_as_documented(ask: Ask) -> None:
    answer = ask("validate", "triage/support-triage.flow.yaml", code=0, schema="validate")
    assert answer["specs"][0]["valid"]


def test_an_invalid_spec_answers_as_documented(ask: Ask) -> None:
    Path("broken.yaml").write_text("version: '0.1'\nname: broken\nsteps: []\n", encoding="utf-8")
    answer = ask("validate", "broken.yaml", code=1, schema="validate")
    assert answer["specs"][0]["diagnostics"]


def test_a_run_answers_as_documented(ask: Ask) -> None:
    question = '{"question": "Why?", "name": "Ada"}'
    arguments = ("run", "minimal/hello.flow.yaml", "--input", question)
    answer = ask(*arguments, code=0, schema="run")
    assert answer["simulated"]


def test_a_run_that_fails_answers_as_documented(ask: Ask) -> None:
    spec = Path("minimal/hello.flow.yaml")
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("sim:small", "sim:nobody"), encoding="utf-8")
    answer = ask("run", str(spec), "--input", '{"question": "?"}', code=1, schema="run")
    assert answer["results"][0]["error_class"] == "invalid_input"


def test_a_replay_answers_as_documented(ask: Ask) -> None:
    spec = "minimal/hello.flow.yaml"
    ask("run", spec, "--input", '{"question": "Why?"}', "--record", "kept", code=0, schema="run")
    (recording,) = Path("kept").iterdir()
    arguments = ("replay", str(recording), "--spec", spec, "--until", "answer")
    answer = ask(*arguments, code=0, schema="replay")
    assert answer["faithful"]
    assert answer["executions"][-1]["step_id"] == "answer"


def test_embedded_tests_answer_as_documented(ask: Ask) -> None:
    answer = ask("test", "triage/support-triage.flow.yaml", code=0, schema="test")
    assert answer["passed"] == len(answer["tests"])


def test_a_failing_embedded_test_answers_as_documented(ask: Ask) -> None:
    spec = Path("minimal/hello.flow.yaml")
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("'Flujo' in", "'Nobody' in"), encoding="utf-8")
    answer = ask("test", str(spec), code=1, schema="test")
    assert answer["failed"] == 1
    assert any(found["values"] for found in answer["tests"][0]["assertions"])


def test_simulated_policies_answer_as_documented(ask: Ask) -> None:
    run_flaky(ask)
    arguments = ("policy", "simulate", "triage/support-triage.flow.yaml")
    telemetry = ("--telemetry", "runs.jsonl")
    answer = ask(*arguments, *telemetry, code=0, schema="policy-simulate")
    assert answer["policies"]


def test_differences_of_every_kind_answer_as_documented(ask: Ask) -> None:
    changed = Path("changed.yaml")
    text = Path("minimal/hello.flow.yaml").read_text(encoding="utf-8")
    head, _, tests = text.partition("tests:")
    head = head.replace("sim:small", "sim:large").replace("name: clean", "name: tidy")
    added = "  - {name: added, uses: flujo.value.pass, config: {timeout_s: 3}}\n"
    changed.write_text(f"{head}{added}", encoding="utf-8")
    assert tests
    arguments = ("diff", "minimal/hello.flow.yaml", "changed.yaml", "--exit-code")
    answer = ask(*arguments, code=1, schema="diff")
    kinds = {change["change"] for change in answer["changes"]}
    assert {"added", "removed", "renamed", "changed"} <= kinds


@pytest.mark.parametrize("where", [(), ("--output", "new.yaml"), ("--in-place",)])
def test_an_applied_patch_answers_as_documented(ask: Ask, where: tuple[str, ...]) -> None:
    patch = write_patch({"op": "add", "path": "/steps/1/config", "value": {"max_retries": 2}})
    arguments = ("patch", "apply", "minimal/hello.flow.yaml", patch, *where)
    answer = ask(*arguments, code=0, schema="patch-apply")
    assert (answer["text"] is None) == bool(where)


def test_a_tier_answers_as_documented(ask: Ask) -> None:
    patch = write_patch({"op": "add", "path": "/steps/1/config", "value": {"max_retries": 2}})
    answer = ask("classify", "minimal/hello.flow.yaml", patch, code=0, schema="classify")
    assert answer["tier"] == "LOW"


def test_a_refusal_answers_as_documented(ask: Ask) -> None:
    patch = write_patch({"op": "replace", "path": "/steps/1/uses", "value": "nobody:nothing"})
    answer = ask("classify", "minimal/hello.flow.yaml", patch, code=1, schema="classify")
    assert answer["refused"] == "unknown_skill"


def test_suggestions_answer_as_documented(ask: Ask) -> None:
    make_flaky_repository()
    run_flaky(ask)
    telemetry = ("--telemetry", "runs.jsonl", "--recordings", "recordings")
    answer = ask("suggest", "minimal/hello.flow.yaml", *telemetry, code=0, schema="suggest")
    assert answer["proposals"]


def test_a_sweep_answers_as_documented(ask: Ask) -> None:
    make_flaky_repository()
    run_flaky(ask)
    telemetry = ("--telemetry", "runs.jsonl", "--recordings", "recordings")
    answer = ask("sweep", "--repo", "minimal", *telemetry, code=0, schema="sweep")
    assert [entry["path"] for entry in answer["applied"]] == ["hello.flow.yaml"]
    empty = ask("ledger", "--repo", "minimal", code=0, schema="ledger")
    assert (empty["readings"], empty["held"]["of"], empty["bias"]) == ([], 0, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nowhere.yaml"),
        ("test", "minimal"),
        ("diff", "nowhere.yaml", "minimal/hello.flow.yaml"),
        ("patch", "apply", "minimal/hello.flow.yaml", "nowhere.json"),
        ("classify", "minimal/hello.flow.yaml", "minimal/hello.flow.yaml"),
        ("suggest", "minimal/hello.flow.yaml", "--telemetry", "nowhere.jsonl"),
        ("sweep", "--repo", "nowhere"),
        ("run", "minimal/hello.flow.yaml", "--runs", "0"),
        ("run", "minimal/hello.flow.yaml", "--input", "{"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_decided_answers_as_documented(ask: Ask, arguments: tuple[str, ...]) -> None:
    ask(*arguments, code=2, schema="error")


@pytest.mark.parametrize(
    ("listed", "known"),
    [
        (SCHEMAS["proposal"]["properties"]["evidence"]["properties"]["verdict"], Verdict),
        (SCHEMAS["sweep"]["properties"]["proposals"]["items"]["properties"]["fate"], Fate),
        (
            SCHEMAS["sweep"]["properties"]["recovered"]["items"]["properties"]["outcome"],
            OutcomeKind,
        ),
        (
            SCHEMAS["run"]["properties"]["results"]["items"]["properties"]["outcome"]["anyOf"][0],
            Outcome,
        ),
        (SCHEMAS["run"]["properties"]["results"]["items"]["properties"]["error_class"], ErrorClass),
        (
            SCHEMAS["diff"]["properties"]["changes"]["items"]["properties"]["semantic"],
            SemanticClass,
        ),
        (
            SCHEMAS["validate"]["properties"]["specs"]["items"]["properties"]["steps"]["items"][
                "properties"
            ]["side_effects"],
            SideEffects,
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_schemas_list_every_member_of_a_closed_set(
    listed: dict[str, list[str]], known: type[StrEnum]
) -> None:
    assert set(listed["enum"]) == {str(member) for member in known}


def test_the_schema_of_classify_lists_every_reason_to_refuse() -> None:
    refused = SCHEMAS["classify"]["oneOf"][1]["properties"]["refused"]["enum"]
    assert set(refused) == {str(reason) for reason in set(RejectionReason) - NOT_A_PATCH}
