"""The policy and the test that the product was first described with, word for word, in one spec."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue

from app.cli.main import run_command
from policy_dsl import Action
from workflow import (
    AgentReply,
    Perform,
    RunResult,
    TestOutcome,
    TestResult,
    VirtualTimeLoop,
    compile_program,
    parse_workflow,
    run_embedded_tests,
    run_program,
)
from workflow.engine import Call

SEED = """\
version: "0.1"
name: florist
agents:
  poet: {model: "sim:small", system_prompt: "Answer with a poem."}
steps:
  - name: write
    uses: agents.poet

policies:
  - id: high_quality_cost_gate
    when: result.score >= 0.9
    assert: result.total_cost_usd <= 0.10
    action: FAIL_RUN

tests:
  - name: assert_cost_and_content
    input: "Write about roses."
    assertions:
      - result.total_cost_usd < 0.01
      - "'roses' in result.output.lower()"
"""
COSTS, CONTENT = "result.total_cost_usd < 0.01", "'roses' in result.output.lower()"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def answering(output: JsonValue, cost_usd: str) -> Perform:
    async def perform(_: Call) -> AgentReply:
        return AgentReply(output, "fake", cost_usd=Decimal(cost_usd))

    return perform


def run_test(output: JsonValue, cost_usd: str) -> TestResult:
    program = compile_program(parse_workflow(SEED))
    (result,) = run_embedded_tests(
        program, answering(output, cost_usd), now=NOW, loop_factory=VirtualTimeLoop
    )
    return result


def run_scored(output: JsonValue, cost_usd: str, *, scored: bool) -> RunResult:
    program = compile_program(parse_workflow(SEED + ("score: write\n" if scored else "")))
    with asyncio.Runner() as runner:
        return runner.run(
            run_program(
                program,
                None,
                perform=answering(output, cost_usd),
                run_id="r",
                started_at=NOW,
            )
        )


@pytest.mark.parametrize(
    ("output", "cost_usd", "failing"),
    [
        ("A dozen Roses", "0.009", []),
        ("A dozen Roses", "0.01", [COSTS]),
        ("A dozen tulips", "0.009", [CONTENT]),
        ("A dozen tulips", "0.20", [COSTS, CONTENT]),
    ],
)
def test_each_assertion_passes_and_fails_on_its_own(
    output: str, cost_usd: str, failing: list[str]
) -> None:
    result = run_test(output, cost_usd)
    assert [one.source for one in result.assertions if not one.holds] == failing
    assert result.outcome is (TestOutcome.FAILED if failing else TestOutcome.PASSED)


def test_a_failing_assertion_shows_the_values_it_saw() -> None:
    costs, content = run_test("A dozen tulips", "0.20").assertions
    assert {one.source: one.value for one in costs.explained}["result.total_cost_usd"] == 0.2
    seen = {one.source: one.value for one in content.explained}
    assert seen["result.output.lower()"] == "a dozen tulips"


def test_without_a_scorer_there_is_no_score_and_the_gate_stays_open() -> None:
    result = run_scored(0.95, "5.00", scored=False)
    assert result.score is None
    assert result.succeeded
    assert result.violations == ()


@pytest.mark.parametrize(
    ("score", "cost_usd", "passes"),
    [(0.9, "0.10", True), (0.9, "0.101", False), (0.89, "5.00", True), (0.95, "0.00", True)],
)
def test_with_a_scorer_a_good_and_costly_run_fails(
    score: float, cost_usd: str, passes: bool
) -> None:
    result = run_scored(score, cost_usd, scored=True)
    assert result.succeeded is passes
    assert [found.action for found in result.violations] == ([] if passes else [Action.FAIL_RUN])
    if not passes:
        assert result.error.startswith("policy 'high_quality_cost_gate': ")
        assert "result.total_cost_usd <= 0.10" in result.error


def test_the_command_line_runs_it_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "seed.flow.yaml"
    spec.write_text(SEED, encoding="utf-8")
    assert run_command(["validate", str(spec)]) == 0
    assert run_command(["test", str(spec)]) == 0
    assert "assert_cost_and_content" in capsys.readouterr().out
