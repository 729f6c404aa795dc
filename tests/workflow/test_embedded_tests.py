"""Embedded tests: what passes, what fails and shows why, what is broken."""

import pytest

from telemetry import ErrorClass
from tests.builders import AGENTS, STARTED_AT
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance, ask_nobody
from tests.fakes.skills import FakeSkills
from workflow import (
    AgentReply,
    AskAgent,
    TestOutcome,
    TestResult,
    VirtualTimeLoop,
    compile_program,
    parse_workflow,
    perform_live,
    run_embedded_tests,
)
from workflow.engine import Call

STEPS = "steps: [{name: draft, uses: agents.writer}]\n"


def run_tests(
    tests: str, agents: AskAgent = ask_nobody, *, steps: str = STEPS, seed: int = 0
) -> list[TestResult]:
    program = compile_program(parse_workflow(AGENTS + steps + f"tests: [{tests}]\n"))
    return run_embedded_tests(
        program,
        perform_live(agents, FakeSkills({})),
        now=STARTED_AT,
        seed=seed,
        loop_factory=lambda: VirtualTimeLoop(count_cpu=False),
    )


def answering(*answers: Answer) -> ScriptedAgents:
    return ScriptedAgents({"writer": answers})


def test_a_test_passes_when_every_assertion_holds() -> None:
    test = "{name: t, input: hi, assertions: [result.success, result.output == 'good']}"
    (result,) = run_tests(test, answering(Answer("good")))
    assert (result.outcome, result.passes, result.repeats) == (TestOutcome.PASSED, 1, 1)
    assert [assertion.holds for assertion in result.assertions] == [True, True]


def test_a_failing_assertion_shows_the_values_it_saw() -> None:
    test = "{name: t, assertions: [result.output == 'good']}"
    (result,) = run_tests(test, answering(Answer("bad")))
    assert result.outcome is TestOutcome.FAILED
    (assertion,) = result.assertions
    values = {part.source: part.value for part in assertion.explained}
    assert values["result.output"] == "bad"
    assert values["result.output == 'good'"] is False


def test_a_failed_run_is_not_a_broken_test_and_may_be_what_is_asserted() -> None:
    failing = answering(Answer(error=ErrorClass.UNAVAILABLE))
    expected, unexpected = run_tests(
        "{name: a, assertions: [result.error == 'unavailable']},{name: b, assertions: [result.success]}",
        failing,
    )
    assert expected.outcome is TestOutcome.PASSED
    assert unexpected.outcome is TestOutcome.FAILED
    assert unexpected.error == "draft: scripted unavailable"


@pytest.mark.parametrize(
    ("rate", "outcome"), [("0.5", TestOutcome.PASSED), ("0.75", TestOutcome.FAILED)]
)
def test_a_repeated_test_passes_at_its_pass_rate(rate: str, outcome: TestOutcome) -> None:
    test = f"{{name: t, assertions: [result.output == 1], repeat: 4, pass_rate: {rate}}}"
    (result,) = run_tests(test, answering(Answer(1), Answer(2), Answer(1), Answer(2)))
    assert (result.passes, result.repeats, result.outcome) == (2, 4, outcome)


def test_a_test_that_takes_too_long_fails_and_the_next_one_runs() -> None:
    slow, quick = run_tests(
        "{name: a, assertions: [result.success], timeout_s: 5},{name: b, assertions: [result.success]}",
        answering(Answer(latency_s=9), Answer()),
    )
    assert (slow.outcome, slow.error) == (TestOutcome.FAILED, "no result within 5 s")
    assert quick.outcome is TestOutcome.PASSED


def test_a_mock_answers_in_the_step_s_place() -> None:
    mock = "{output: 3, latency_s: 2, cost_usd: 0.5}"
    assertions = "[result.output == 3, result.latency_ms == 2000, result.total_cost_usd == 0.5]"
    test = f"{{name: t, assertions: {assertions}, mocks: {{draft: {mock}}}}}"
    (result,) = run_tests(test)
    assert (result.outcome, result.simulated) == (TestOutcome.PASSED, True)


@pytest.mark.parametrize("error", ["timeout", "rate_limited", "crash"])
def test_a_mock_may_fail_with_any_class(error: str) -> None:
    test = f"{{name: t, assertions: [result.error == '{error}'], mocks: {{draft: {{error: {error}}}}}}}"
    (result,) = run_tests(test)
    assert result.outcome is TestOutcome.PASSED


def test_what_breaks_the_engine_breaks_the_test_and_no_other() -> None:
    async def break_down(_: Call) -> AgentReply:
        raise SystemExit(0)

    tests = "{name: a, assertions: [result.success]}, {name: b, assertions: [result.success], mocks: {draft: {}}}"
    program = compile_program(parse_workflow(f"{AGENTS}{STEPS}tests: [{tests}]\n"))
    first, second = run_embedded_tests(program, break_down, now=STARTED_AT)
    assert (first.outcome, second.outcome) == (TestOutcome.BROKEN, TestOutcome.PASSED)
    assert first.error.startswith("SystemExit")


def test_repeats_have_luck_of_their_own_and_the_same_seed_the_same() -> None:
    test = "{name: t, assertions: [result.success], repeat: 40, pass_rate: 0.2}"
    one, again = (run_tests(test, ask_by_chance, seed=3)[0] for _ in range(2))
    assert one == again
    assert 15 < one.passes < 40


def test_each_result_is_reported_when_its_test_is_done() -> None:
    tests = "{name: a, assertions: [result.success]}, {name: b, assertions: [result.success]}"
    program = compile_program(parse_workflow(f"{AGENTS}{STEPS}tests: [{tests}]\n"))
    told: list[str] = []
    agents = answering(Answer())
    results = run_embedded_tests(
        program,
        perform_live(agents, FakeSkills({})),
        now=STARTED_AT,
        report=lambda result: told.append(f"{result.name} after {len(agents.calls)}"),
    )
    assert told == ["a after 1", "b after 2"]
    assert [result.name for result in results] == ["a", "b"]
