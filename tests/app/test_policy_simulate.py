"""`flujo policy simulate`: what policies would have done to past runs, and what nobody can tell."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli.main import run_command
from app.use_cases.simulate_policies import Effect, PolicySimulation, simulate_policies
from policy_dsl import Policy, judge_policies
from telemetry import ErrorClass, Run
from tests.app.past_runs import NOW, past_run
from workflow import RESULT_NAMES, Workflow, facts_of_run, parse_workflow

SPEC = """\
version: "0.1"
agents: {a: {model: "sim:small"}}
steps: [{name: ask, uses: agents.a}]
"""
RULES = """\
policies:
  - {id: no-cost, assert: result.total_cost_usd <= 0}
  - {id: nice, assert: "'x' in result.output"}
"""


def workflow() -> Workflow:
    return parse_workflow(SPEC, path="s.flow.yaml")


def policy(assertion: str, **fields: str) -> Policy:
    return Policy.model_validate({"id": "p", "assert": assertion, **fields})


def simulate(*policies: Policy, runs: list[Run], days: float = 30) -> PolicySimulation:
    return simulate_policies(workflow(), policies, runs, now=NOW, days=days)


def effects(found: PolicySimulation) -> Mapping[str, int]:
    return {effect.value: count for effect, count in found.effects.items()}


CHEAP = "result.total_cost_usd <= 0.05"


@pytest.mark.parametrize(
    ("fields", "effect"),
    [
        ({}, Effect.BLOCKED),
        ({"enforcement": "soft-mandatory"}, Effect.BLOCKED),
        ({"enforcement": "advisory"}, Effect.WARNED),
        ({"action": "WARN"}, Effect.WARNED),
        ({"action": "REQUIRE_APPROVAL"}, Effect.HELD),
        ({"action": "BLOCK_MERGE"}, Effect.HELD),
        ({"when": "result.score >= 0.9"}, Effect.CLEAN),
    ],
)
def test_a_violation_has_the_effect_its_policy_says(fields: dict[str, str], effect: Effect) -> None:
    found = simulate(policy(CHEAP, **fields), runs=[past_run("0.06"), past_run("0.05")])
    expected = {Effect.CLEAN: 2} if effect is Effect.CLEAN else {effect: 1, Effect.CLEAN: 1}
    assert found.effects == expected


def test_what_changes_is_told_against_what_happened() -> None:
    runs = [
        past_run("0.06"),
        past_run("0.07", error_class=ErrorClass.POLICY),
        past_run("0.01", error_class=ErrorClass.POLICY),
        past_run("0.02"),
    ]
    found = simulate(policy(CHEAP), runs=runs)
    assert (found.newly_blocked, found.newly_passed) == (1, 1)
    assert effects(found) == {"blocked": 2, "clean": 2}


def test_runs_that_failed_by_themselves_are_not_judged() -> None:
    found = simulate(policy(CHEAP), runs=[past_run("0.9", error_class=ErrorClass.TIMEOUT)])
    assert (found.runs, found.failed_before, effects(found)) == (1, 1, {})


def test_only_this_specs_runs_of_the_last_days_count() -> None:
    runs = [
        past_run(days_ago=29.9),
        past_run(days_ago=30.1),
        past_run(days_ago=-1),
        past_run(path="other.flow.yaml"),
    ]
    assert simulate(policy(CHEAP), runs=runs).runs == 1
    assert simulate(policy(CHEAP), runs=runs, days=31).runs == 2


@pytest.mark.parametrize(
    "assertion",
    [
        "'x' in result.output",
        "is_unknown(result.output)",
        "not is_unknown(result.output)",
        "every(result.steps, 'len(output) > 3')",
        "result.step['ask'].output == 1",
        "'output' in result.step['ask']",
        "len(result.pii) == 0",
        "result.step['ask'].get('output', 'x') == 'x'",
    ],
)
def test_what_depends_on_an_output_is_undecided_and_never_guessed(assertion: str) -> None:
    found = simulate(policy(assertion), runs=[past_run()])
    assert effects(found) == {"undecided": 1}
    assert (found.outcomes[0].violated, found.outcomes[0].undecided) == (0, 1)


@pytest.mark.parametrize(
    ("fields", "effect"),
    [
        ({"assert": "result.total_cost_usd > 1 and 'x' in result.output"}, "blocked"),
        ({"assert": "result.total_cost_usd < 1 or 'x' in result.output"}, "clean"),
        ({"when": "result.score > 0.5", "assert": "'x' in result.output"}, "clean"),
        ({"when": "result.success", "assert": "'x' in result.output"}, "undecided"),
    ],
)
def test_a_policy_that_mentions_an_output_is_judged_where_it_does_not_matter(
    fields: dict[str, str], effect: str
) -> None:
    found = simulate(Policy.model_validate({"id": "p", **fields}), runs=[past_run()])
    assert effects(found) == {effect: 1}


_PARTS = (
    *("result.total_cost_usd < 1", "result.score > 0.5", "'x' in result.output", "result.success"),
    *("is_unknown(result.output)", "result.output == null", "1 / result.retries > 1"),
    *("some(result.steps, 'output == 3')", "result.total_cost_usd > 1", "len(result.pii) > 0"),
)
_CONDITIONS = st.recursive(
    st.sampled_from(_PARTS),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)


@given(when=_CONDITIONS, asserted=_CONDITIONS, output=st.sampled_from([None, "x", "y", 3, [1]]))
@settings(deadline=None, max_examples=150)
def test_what_is_decided_without_the_output_is_so_whatever_the_output(
    when: str, asserted: str, output: object
) -> None:
    rule, run = policy(asserted, when=when), past_run()
    found = simulate(rule, runs=[run])
    if found.effects.get(Effect.UNDECIDED):
        return
    facts = facts_of_run(run, {"output": output, "pii": ["card"] if output == 3 else []})
    violated = bool(judge_policies([rule], {"result": facts}, schema=RESULT_NAMES))
    assert found.outcomes[0].violated == violated


def test_policies_on_patches_are_listed_and_not_judged() -> None:
    rule = policy("tier == 'LOW'", id="low-only", action="BLOCK_MERGE")
    found = simulate(rule, runs=[past_run()])
    assert (found.before_merge, found.outcomes) == (("low-only",), ())


def test_dead_and_contradictory_rules_are_told() -> None:
    dead = policy(CHEAP, id="dead", when="result.score > 1 and result.score < 0")
    one = policy("result.retries > 3", id="one")
    other = policy("result.retries < 2", id="other")
    found = simulate(dead, one, other, runs=[])
    assert {(lint.policy_id, lint.kind.value) for lint in found.lints} == {
        ("dead", "dead"),
        ("one", "contradictory"),
    }


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Path("s.flow.yaml").write_text(SPEC, encoding="utf-8")
    arguments = ["run", "s.flow.yaml", "--input", '"hi"', "--runs", "12", "--every", "3600"]
    assert run_command([*arguments, "--telemetry", "t.jsonl"]) == 0
    Path("s.flow.yaml").write_text(SPEC + RULES, encoding="utf-8")
    return "s.flow.yaml"


def ask(spec: str, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    command = ["policy", "simulate", spec, "--telemetry", "t.jsonl", *arguments]
    assert run_command([*command, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_judges_real_telemetry_by_todays_policies(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ask(spec, capsys=capsys)
    assert (answer["runs"], answer["blocked"], answer["newly_blocked"]) == (12, 12, 12)
    assert [(one["id"], one["violated"], one["undecided"]) for one in answer["policies"]] == [
        ("no-cost", 12, 0),
        ("nice", 0, 12),
    ]
    assert answer["simulated"]
    assert ask(spec, "--days", "0.26", capsys=capsys)["runs"] == 7


def test_the_command_says_it_in_words(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["policy", "simulate", spec, "--telemetry", "t.jsonl"]) == 0
    text = capsys.readouterr().out
    assert "12 runs in the last 30 days" in text
    assert "12 would have been blocked" in text
    assert "violated by 0, 12 can't be judged" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("s.flow.yaml",),
        ("s.flow.yaml", "--telemetry", "nowhere.jsonl"),
        ("nowhere.yaml", "--telemetry", "t.jsonl"),
        ("s.flow.yaml", "--telemetry", "t.jsonl", "--days", "0"),
    ],
)
def test_what_cannot_be_simulated_is_no_answer(spec: str, arguments: tuple[str, ...]) -> None:
    assert spec
    assert run_command(["policy", "simulate", *arguments]) == 2
