"""How a test's runs make its verdict; how a recording belongs to a test."""

import asyncio
import itertools
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from telemetry import ErrorClass
from workflow import (
    AgentReply,
    AttemptError,
    Perform,
    Program,
    Recorder,
    Recording,
    TestOutcome,
    TestResult,
    VirtualTimeLoop,
    compile_program,
    parse_workflow,
    replay_embedded_tests,
    run_embedded_tests,
)
from workflow.engine import Call, run_program
from workflow.testing.rates import rate_interval

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Json = dict[str, object]
_numbers = itertools.count()


def program(*tests: Json, path: str = "s.flow.yaml", **step: object) -> Program:
    document = {
        "agents": {"a": {"model": "sim:small"}},
        "steps": [{"name": "ask", "uses": "agents.a", **step}],
        "tests": [{"name": f"t{number}", **test} for number, test in enumerate(tests)],
    }
    return compile_program(parse_workflow(json.dumps(document), path=path))


def wanting(*assertions: str, **more: object) -> Json:
    return {"input": "hi", "assertions": list(assertions), **more}


def answering(answer: Callable[[Call], JsonValue]) -> Perform:
    async def perform(call: Call) -> AgentReply:
        return AgentReply(answer(call), "fake", cost_usd=Decimal("0.01"))

    return perform


def run(of: Program, answer: Callable[[Call], JsonValue], seed: int = 0) -> list[TestResult]:
    perform = answering(answer)
    return run_embedded_tests(of, perform, now=NOW, seed=seed, loop_factory=VirtualTimeLoop)


def run_one(test: Json, answer: Callable[[Call], JsonValue], seed: int = 0) -> TestResult:
    (result,) = run(program(test), answer, seed)
    return result


def record(of: Program, data: JsonValue, answer: Callable[[Call], JsonValue]) -> Recording:
    recorder = Recorder()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(
            run_program(
                of,
                data,
                perform=answering(answer),
                run_id=f"run-{next(_numbers)}",
                started_at=NOW,
                listeners=[recorder],
            )
        )
    (recording,) = recorder.take()
    return recording


def is_even(call: Call) -> JsonValue:
    return int(call.seed) % 2 == 0


@pytest.mark.parametrize(("pass_rate", "passes"), [(0.5, True), (0.51, False), (1.0, False)])
def test_a_flaky_test_passes_by_its_pass_rate_and_is_called_flaky(
    pass_rate: float, passes: bool
) -> None:
    result = run_one(wanting("result.output", repeat=10, pass_rate=pass_rate), is_even)
    assert (result.passes, result.repeats) == (5, 10)
    assert result.outcome is (TestOutcome.PASSED if passes else TestOutcome.FAILED)
    assert result.is_flaky
    assert result.pass_rate == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_a_pass_rate_is_not_missed_by_rounding() -> None:
    def mostly(call: Call) -> JsonValue:
        return int(call.seed) < 11

    result = run_one(wanting("result.output", repeat=20, pass_rate=0.55), mostly)
    assert (result.passes, result.outcome) == (11, TestOutcome.PASSED)


def test_the_worst_run_can_be_run_again_alone() -> None:
    def third_is_worst(call: Call) -> JsonValue:
        return {"a": call.seed != "7", "b": call.seed not in ("6", "7")}

    test = wanting("result.output.a", "result.output.b", repeat=4)
    result = run_one(test, third_is_worst, seed=5)
    assert result.worst_run == 2
    assert [one.holds for one in result.assertions] == [False, False]
    alone = run_one({**test, "repeat": 1}, third_is_worst, seed=5 + result.worst_run)
    assert alone.assertions == result.assertions


def test_a_steady_test_is_not_flaky() -> None:
    test = wanting("result.output", repeat=3)
    assert not run_one(test, lambda _: True).is_flaky
    assert not run_one(test, lambda _: False).is_flaky


def test_what_breaks_the_engine_breaks_the_test_and_the_next_one_runs() -> None:
    def leave_once(call: Call) -> JsonValue:
        if call.data == "leave":
            sys.exit(0)
        return "ok"

    leaving: Json = {"input": "leave", "assertions": ["result.success"]}
    results = run(program(leaving, wanting("result.success")), leave_once)
    assert [result.outcome for result in results] == [TestOutcome.BROKEN, TestOutcome.PASSED]
    assert results[0].error.startswith("SystemExit")
    assert not results[0].is_flaky


def test_a_mock_costs_what_it_says() -> None:
    mocks = {"ask": {"output": "x", "cost_usd": 0.25}}
    result = run_one(wanting("result.total_cost_usd == 0.25", mocks=mocks), lambda _: "y")
    assert result.outcome is TestOutcome.PASSED


@given(runs=st.integers(1, 200), data=st.data())
@settings(deadline=None, max_examples=50)
def test_the_interval_holds_the_rate_and_shrinks_with_runs(runs: int, data: st.DataObject) -> None:
    passes = data.draw(st.integers(0, runs))
    low, high = rate_interval(passes, runs)
    assert 0 <= low <= passes / runs <= high <= 1
    more_low, more_high = rate_interval(passes * 10, runs * 10)
    assert more_high - more_low < high - low


def test_without_runs_nothing_is_known_of_the_rate() -> None:
    assert rate_interval(0, 0) == (0.0, 1.0)


class TestReplay:
    def test_recordings_with_the_tests_input_are_its_runs(self) -> None:
        of = program(wanting("result.output == 'yes'"))
        made = [record(of, "hi", lambda _: "yes"), record(of, "hi", lambda _: "no")]
        (result,) = replay_embedded_tests(of, made)
        assert (result.outcome, result.passes, result.repeats) == (TestOutcome.FAILED, 1, 2)

    def test_a_test_without_a_recording_is_skipped_with_the_reason(self) -> None:
        of = program(wanting("result.success"))
        made = record(of, "something else", lambda _: "yes")
        (result,) = replay_embedded_tests(of, [made])
        assert (result.outcome, result.repeats) == (TestOutcome.SKIPPED, 0)
        assert result.error == "no recording has this test's input"

    @pytest.mark.parametrize("other", [1.0, True, "1", [1], None])
    def test_inputs_of_other_types_are_other_inputs(self, other: JsonValue) -> None:
        of = program({"input": 1, "assertions": ["result.success"]})
        (result,) = replay_embedded_tests(of, [record(of, other, lambda _: "x")])
        assert result.outcome is TestOutcome.SKIPPED

    def test_the_order_of_keys_makes_no_other_input(self) -> None:
        of = program({"input": {"a": 1, "b": 2}, "assertions": ["result.success"]})
        (result,) = replay_embedded_tests(of, [record(of, {"b": 2, "a": 1}, lambda _: "x")])
        assert result.outcome is TestOutcome.PASSED

    def test_recordings_of_another_spec_do_not_count(self) -> None:
        other = program(wanting("result.success"), path="other.flow.yaml", description="another")
        of = program(wanting("result.success"))
        (result,) = replay_embedded_tests(of, [record(other, "hi", lambda _: "x")])
        assert result.outcome is TestOutcome.SKIPPED

    def test_retries_and_waiting_happen_again_as_recorded(self) -> None:
        def fail_once(call: Call) -> JsonValue:
            if call.attempt == 1:
                raise AttemptError(ErrorClass.UNAVAILABLE, "away")
            return "x"

        patient = wanting("result.retries == 1", "result.latency_ms >= 5000")
        of = program(patient, config={"max_retries": 2, "backoff_s": 5})
        (result,) = replay_embedded_tests(of, [record(of, "hi", fail_once)])
        assert result.outcome is TestOutcome.PASSED
        assert result.latency_s >= 5

    def test_a_run_longer_than_the_test_gives_it_has_no_result(self) -> None:
        def fail_once(call: Call) -> JsonValue:
            if call.attempt == 1:
                raise AttemptError(ErrorClass.UNAVAILABLE, "away")
            return "x"

        hasty = wanting("result.success", timeout_s=2)
        of = program(hasty, config={"max_retries": 2, "backoff_s": 5})
        (result,) = replay_embedded_tests(of, [record(of, "hi", fail_once)])
        assert (result.outcome, result.error) == (TestOutcome.FAILED, "no result within 2 s")

    def test_what_was_not_recorded_is_drawn_from_the_others_and_counted(self) -> None:
        of = program(wanting("result.output == 'no'"))
        made = record(of, "hi", lambda _: "yes")
        lost = made.model_copy(update={"steps": ()})
        donor = record(of, "another", lambda _: "no")
        (result,) = replay_embedded_tests(of, [lost, donor])
        assert (result.outcome, result.drawn) == (TestOutcome.PASSED, 1)

    def test_mocks_answer_before_recordings(self) -> None:
        of = program(wanting("result.output == 'mocked'", mocks={"ask": {"output": "mocked"}}))
        (result,) = replay_embedded_tests(of, [record(of, "hi", lambda _: "recorded")])
        assert result.outcome is TestOutcome.PASSED
