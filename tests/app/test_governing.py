"""What governs a run: policies of the spec, the organisation and its overrides, and the budget."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from app.bootstrap.governing import open_governance
from app.cli.main import run_command
from app.errors import SettingsError
from app.settings import BudgetSettings
from app.use_cases.keep_budget import BudgetKeeper
from policy_dsl import Policy
from tests.app.past_runs import NOW, past_run
from tests.app.scratch_git import ENVIRON, ScratchRepository
from trust_tiers import RiskTier, TierLimits, classify
from workflow import Workflow, compile_program, parse_workflow

SPEC = dedent("""\
    version: "0.1"
    agents: {a: {model: "sim:small"}}
    steps: [{name: ask, uses: agents.a}]
    """)
ORGANISATION = "policies:\n  - {id: calm, assert: \"'!' in result.output\"}\n"
SETTINGS = "policies: {organisation: .github/policies.yml}\n"
ALWAYS = "result.total_cost_usd < 0"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def write(path: str, text: str) -> Path:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def spec_with(*policies: str) -> Path:
    return write("s.flow.yaml", SPEC + f"policies: [{', '.join(policies)}]\n")


def rule(assertion: str = ALWAYS, **fields: str) -> str:
    return json.dumps({"id": "p", "assert": assertion, **fields})


def run(*arguments: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> Any:
    capsys.readouterr()
    command = ["run", "s.flow.yaml", "--input", '"hi"', *arguments, "--format", "json"]
    assert run_command(command) == code
    return json.loads(capsys.readouterr().out)


def breaches() -> list[dict[str, str]]:
    """Return the attributes of the breaches in the telemetry written."""
    found = []
    for line in Path("t.jsonl").read_text(encoding="utf-8").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for span in resource["scopeSpans"][0]["spans"]:
                found += [
                    {item["key"]: item["value"]["stringValue"] for item in event["attributes"]}
                    for event in span.get("events", [])
                    if event["name"] == "flujo.policy_breached"
                ]
    return found


@pytest.mark.usefixtures("folder")
class TestBreach:
    def test_it_fails_the_run_with_a_clear_message_and_a_span_event(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        spec_with(rule(message="Too dear."))
        answer = run("--telemetry", "t.jsonl", capsys=capsys, code=1)
        (result,) = answer["results"]
        assert (result["outcome"], result["error_class"]) == ("error", "policy")
        assert result["message"] == "policy 'p': Too dear."
        assert breaches() == [
            {
                "flujo.policy_id": "p",
                "flujo.policy_action": "FAIL_RUN",
                "flujo.policy_enforcement": "hard-mandatory",
                "flujo.policy_reason": "false",
            }
        ]

    @pytest.mark.parametrize("action", ["WARN", "REQUIRE_APPROVAL", "BLOCK_MERGE"])
    def test_every_other_action_is_recorded_and_fails_nothing(
        self, action: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        spec_with(rule(action=action))
        answer = run("--telemetry", "t.jsonl", capsys=capsys)
        (result,) = answer["results"]
        assert result["success"]
        assert [found["action"] for found in result["violations"]] == [action]
        assert [found["flujo.policy_action"] for found in breaches()] == [action]

    def test_an_advisory_policy_fails_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        spec_with(rule(enforcement="advisory"))
        assert run(capsys=capsys)["results"][0]["success"]

    def test_a_value_that_is_missing_is_a_breach(self, capsys: pytest.CaptureFixture[str]) -> None:
        spec_with(rule("result.score > 0.5"))
        (result,) = run(capsys=capsys, code=1)["results"]
        assert "a value it needs is missing" in result["message"]


@pytest.mark.usefixtures("folder")
class TestOverride:
    def test_a_soft_policy_passes_with_a_reason_on_record(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        spec_with(rule(enforcement="soft-mandatory"))
        run(capsys=capsys, code=1)
        arguments = ("--override", "p", "--reason", "agreed  with\nAda", "--telemetry", "t.jsonl")
        (result,) = run(*arguments, capsys=capsys)["results"]
        assert result["success"]
        assert result["violations"][0]["overridden"] == "agreed with Ada"
        assert breaches()[0]["flujo.policy_override"] == "agreed with Ada"

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("--override", "p", "--reason", "please"), "is hard-mandatory"),
            (("--override", "q", "--reason", "please"), "no policy 'q'"),
            (("--override", "soft"), "go together"),
            (("--override", "soft", "--reason", "  "), "go together"),
            (("--reason", "please"), "go together"),
            (("--override", "soft", "--reason", "x" * 501), "500 characters"),
        ],
    )
    def test_what_cannot_be_overridden_runs_nothing(
        self, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        spec_with(rule(), rule(id="soft", enforcement="soft-mandatory"))
        answer = run(*arguments, "--telemetry", "t.jsonl", capsys=capsys, code=2)
        assert says in answer["error"]
        assert not Path("t.jsonl").exists()

    def test_an_override_that_was_not_needed_leaves_no_record(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        spec_with(rule("result.success", enforcement="soft-mandatory"))
        arguments = ("--override", "p", "--reason", "just in case")
        assert run(*arguments, capsys=capsys)["results"][0]["violations"] == []


class TestOrganisation:
    def committed(self, folder: Path, **files: str) -> ScratchRepository:
        repository = ScratchRepository(folder)
        repository.git("init", "--quiet", "--initial-branch=main")
        named = {
            "s.flow.yaml": SPEC,
            ".github/flujo.yml": SETTINGS,
            ".github/policies.yml": ORGANISATION,
            **files,
        }
        repository.commit({path: text.encode() for path, text in named.items()})
        return repository

    def test_its_policies_apply_to_every_run_and_test(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.committed(folder)
        (result,) = run(capsys=capsys, code=1)["results"]
        assert result["violations"][0]["policy_id"] == "calm"
        write("s.flow.yaml", SPEC + "tests: [{name: t, assertions: [result.success]}]\n")
        assert run_command(["test", "s.flow.yaml"]) == 1

    def test_a_spec_can_not_take_the_place_of_one(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.committed(folder)
        spec_with('{id: calm, assert: "true", action: WARN, enforcement: advisory}')
        run(capsys=capsys, code=1)

    @pytest.mark.parametrize("branch", ["main", "mine"])
    @pytest.mark.parametrize("is_committed", [False, True])
    def test_only_what_the_default_branch_says_counts(
        self, folder: Path, branch: str, is_committed: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        repository = self.committed(folder)
        if branch != "main":
            repository.git("switch", "--quiet", "--create", branch)
        loose = ORGANISATION.replace("'!' in result.output", "result.success")
        if is_committed:
            repository.commit({".github/policies.yml": loose.encode()})
        else:
            write(".github/policies.yml", loose)
            write(".github/flujo.yml", "mode: propose\n")
        allowed = branch == "main" and is_committed
        run(capsys=capsys, code=0 if allowed else 1)

    def test_a_file_that_is_named_and_missing_stops_everything(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        repository = self.committed(folder)
        repository.git("rm", "--quiet", ".github/policies.yml")
        repository.git("commit", "--quiet", "--message", "Gone")
        answer = run(capsys=capsys, code=2)
        assert "there is no .github/policies.yml in the default branch" in answer["error"]

    def test_a_file_that_cannot_be_understood_stops_everything(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.committed(folder, **{".github/policies.yml": ORGANISATION.replace("result", "resul")})
        assert "unknown name 'resul'" in run(capsys=capsys, code=2)["error"]

    def test_without_a_repository_the_files_above_the_spec_count(self, folder: Path) -> None:
        spec = write("s.flow.yaml", SPEC)
        assert open_governance(spec).organisation == ()
        write(".github/flujo.yml", SETTINGS)
        with pytest.raises(SettingsError, match=r"there is no \.github/policies\.yml"):
            open_governance(spec)
        write(".github/policies.yml", ORGANISATION)
        assert [policy.id for policy in open_governance(spec).organisation] == ["calm"]
        assert folder

    def test_a_detached_head_without_a_main_branch_falls_back_to_the_files(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        repository = self.committed(folder)
        repository.git("switch", "--quiet", "--detach")
        repository.git("branch", "--quiet", "-D", "main")
        run(capsys=capsys, code=1)


def with_text(more: str) -> Workflow:
    return parse_workflow(SPEC + more)


BASE = f"policies: [{rule()}, {rule(id='q')}]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", BASE),
        (BASE, ""),
        (BASE, f"policies: [{rule()}]\n"),
        (BASE, f"policies: [{rule(id='q')}, {rule()}]\n"),
        (BASE, BASE.replace("< 0", "< 1")),
        (BASE, BASE.replace('"id": "q"', '"id": "r"')),
        (BASE, BASE.replace('"id": "q"', '"id": "q", "action": "WARN"')),
        (BASE, BASE.replace('"id": "q"', '"id": "q", "enforcement": "advisory"')),
        (BASE, BASE.replace('"id": "q"', '"id": "q", "description": "harmless"')),
        (BASE, BASE.replace('"id": "q"', '"id": "q", "when": "result.success"')),
        ("", "policy_packs: [pii]\n"),
        ("policy_packs: [pii]\n", ""),
        ("policy_packs: [pii, cost-ceilings]\n", "policy_packs: [cost-ceilings, pii]\n"),
    ],
)
def test_every_change_to_policies_is_of_high_risk(before: str, after: str) -> None:
    assert classify(with_text(before), with_text(after), TierLimits()).tier is RiskTier.HIGH


def test_a_new_policy_beside_a_harmless_change_is_of_high_risk_too() -> None:
    tuned = parse_workflow(SPEC.replace("agents.a}", "agents.a, config: {max_retries: 1}}") + BASE)
    assert classify(with_text(""), tuned, TierLimits()).tier is RiskTier.HIGH


class TestBudget:
    def test_a_workflow_that_has_spent_its_budget_is_paused(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write("s.flow.yaml", SPEC)
        first = run("--telemetry", "t.jsonl", capsys=capsys)
        cost_usd = first["total_cost_usd"]
        assert cost_usd > 0
        write(".github/flujo.yml", f"budgets: {{usd_per_hour: {cost_usd * 2.5:.9f}}}\n")
        answer = run("--telemetry", "t.jsonl", "--runs", "5", capsys=capsys, code=1)
        assert 1 <= answer["runs"] < 5
        assert "the workflow is paused by its budget: $" in answer["paused"]
        again = run("--telemetry", "t.jsonl", capsys=capsys, code=1)
        assert (again["runs"], again["results"]) == (0, [])
        capsys.readouterr()
        assert run_command(["run", "s.flow.yaml", "--telemetry", "t.jsonl"]) == 1
        assert capsys.readouterr().out.startswith("the workflow is paused by its budget: $")
        assert folder

    def test_runs_of_other_specs_do_not_count(self) -> None:
        limits = BudgetSettings(usd_per_day=0.05)
        own = past_run("0.05", days_ago=0.5)
        other = past_run("0.05", days_ago=0.5, path="other.flow.yaml")
        of = parse_workflow(SPEC, path="s.flow.yaml")
        assert not BudgetKeeper(limits, of, [own]).may_start(NOW)
        assert BudgetKeeper(limits, of, [other]).may_start(NOW)

    def test_without_a_budget_telemetry_is_not_even_read(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write("s.flow.yaml", SPEC)
        write("t.jsonl", "not telemetry\n")
        assert run("--telemetry", "t.jsonl", capsys=capsys)["paused"] == ""
        assert folder


def test_policies_before_a_merge_are_never_judged_on_a_run() -> None:
    low = Policy.model_validate({"id": "low", "assert": "tier == 'LOW'", "action": "BLOCK_MERGE"})
    assert compile_program(with_text(""), organisation=(low,)).policies == ()


class TestBeforeAMerge:
    def sweep(
        self, folder: Path, capsys: pytest.CaptureFixture[str], organisation: str, own: str
    ) -> Any:
        """Run a flaky workflow, then sweep its repository, which may apply what is of low risk."""
        repository = ScratchRepository(folder)
        repository.git("init", "--quiet", "--initial-branch=main")
        flaky = SPEC.replace("sim:small", "sim:flaky")
        tests = "tests: [{name: t, mocks: {ask: {output: x}}, assertions: [result.success]}]\n"
        files = {
            "s.flow.yaml": f"{flaky}{tests}policies: [{own}]\n",
            ".github/flujo.yml": f"mode: auto-low\n{SETTINGS}",
            ".github/policies.yml": f"policies: [{organisation}]\n",
        }
        repository.commit({path: text.encode() for path, text in files.items()})
        made = ("--telemetry", "t.jsonl", "--record", "kept", "--runs", "120", "--every", "3600")
        run(*made, capsys=capsys)
        used = ("--telemetry", "t.jsonl", "--recordings", "kept")
        assert run_command(["sweep", "--repo", ".", *used, "--format", "json"]) == 0
        return json.loads(capsys.readouterr().out)

    @pytest.mark.parametrize(
        ("fields", "applied"),
        [
            ({}, False),
            ({"action": "BLOCK_MERGE", "enforcement": "advisory"}, True),
        ],
    )
    def test_an_organisations_policy_decides_over_the_spec(
        self,
        folder: Path,
        fields: dict[str, str],
        applied: bool,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        never = rule("evidence.pairs > 1000000", id="org", **fields)
        mild = rule("evidence.pairs > 0", id="org", action="WARN", enforcement="advisory")
        answer = self.sweep(folder, capsys, organisation=never, own=mild)
        assert bool(answer["applied"]) is applied, answer
        said = [text for one in answer["proposals"] for text in one["violations"]]
        assert any("'org'" in text for text in said)
