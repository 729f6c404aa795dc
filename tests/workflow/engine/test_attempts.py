"""Attempts: retries, back-off, timeouts, validators, limits, and what all of it costs."""

import asyncio
import threading
from decimal import Decimal

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import make_program, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import AgentReply, AttemptError, AttemptFinished, Call, Event, skill


def ask(config: str, *answers: Answer, more: str = "") -> tuple[str, ScriptedAgents]:
    steps = f"- {{name: a, uses: agents.writer, config: {config}{more}}}"
    return steps, ScriptedAgents({"writer": answers})


FAIL = Answer(error=ErrorClass.UNAVAILABLE, latency_s=1, cost_usd="0.25", tokens=(10, 1))
GOOD = Answer("good", latency_s=2, cost_usd="0.5", tokens=(20, 2))


def test_a_failed_attempt_is_tried_again_and_paid_for() -> None:
    steps, agents = ask("{max_retries: 3}", FAIL, FAIL, GOOD)
    result = run(make_program(steps), agents=agents)
    assert result.output == "good"
    assert (result.cost_usd, result.input_tokens, result.output_tokens) == (Decimal("1.00"), 40, 4)
    assert result.latency_s == 4
    (step,) = result.steps
    assert (step.attempts, step.cost_usd, step.tokens) == (3, Decimal("1.00"), 44)
    assert [call.attempt for call in agents.calls] == [1, 2, 3]


@pytest.mark.parametrize("branches", [1, 2])
def test_a_skill_that_cancels_itself_has_failed_and_passes_for_nothing_else(branches: int) -> None:
    async def give_up(_: JsonValue) -> JsonValue:
        raise asyncio.CancelledError

    def give_up_in_a_thread(_: JsonValue) -> JsonValue:
        raise asyncio.CancelledError

    names = {"b": "{name: b, uses: flujo.value.pass}"} if branches == 2 else {}
    for function in (give_up, give_up_in_a_thread):
        inside = "".join(f"    {name}: [{step}]\n" for name, step in names.items())
        steps = "- kind: parallel\n  name: both\n  branches:\n    a: [{name: a, uses: s:a}]\n"
        result = run(make_program(steps + inside), skills={"s:a": function})
        assert result.error_class is ErrorClass.CRASH
        assert result.error.startswith("both/a/a: it raised CancelledError()")


def test_an_async_skill_that_raises_what_ends_a_generator_has_failed() -> None:
    async def leave(_: JsonValue) -> JsonValue:
        raise GeneratorExit

    result = run(make_program("- {name: a, uses: s:a}"), skills={"s:a": leave})
    assert (result.error_class, result.error) == (
        ErrorClass.CRASH,
        "a: the skill raised GeneratorExit()",
    )


@pytest.mark.parametrize("limit", [1, 2])
def test_a_skill_that_cancels_its_task_cancels_the_run_and_never_half_of_it(limit: int) -> None:
    async def cancel(_: JsonValue) -> JsonValue:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        return None

    body = f"{{iterable_input: [1, 2], max_concurrency: {limit}, body: [{{name: a, uses: s:a}}]}}"
    with pytest.raises(asyncio.CancelledError):
        run(make_program(f"- {{kind: map, name: m, map: {body}}}"), skills={"s:a": cancel})


def test_when_the_retries_are_used_up_the_last_failure_stands() -> None:
    steps, agents = ask("{max_retries: 2}", FAIL, Answer(error=ErrorClass.RATE_LIMITED))
    result = run(make_program(steps), agents=agents)
    assert result.error_class is ErrorClass.RATE_LIMITED
    assert result.error == "a: scripted rate_limited"
    assert result.cost_usd == Decimal("0.25")
    assert len(agents.calls) == 3


def test_without_retries_there_is_one_attempt() -> None:
    steps, agents = ask("{}", FAIL, GOOD)
    assert run(make_program(steps), agents=agents).steps[0].attempts == 1


@pytest.mark.parametrize("hopeless", [ErrorClass.INVALID_INPUT, ErrorClass.POLICY])
def test_what_can_not_succeed_is_not_tried_again(hopeless: ErrorClass) -> None:
    steps, agents = ask("{max_retries: 5, backoff_s: 1}", Answer(error=hopeless), GOOD)
    result = run(make_program(steps), agents=agents)
    assert (result.error_class, len(agents.calls), result.latency_s) == (hopeless, 1, 0)


def test_the_wait_between_attempts_doubles() -> None:
    steps, agents = ask(
        "{max_retries: 3, backoff_s: 3}", *[Answer(error=ErrorClass.CRASH)] * 3, GOOD
    )
    latency_s = run(make_program(steps), agents=agents).latency_s
    assert (3 + 6 + 12) / 2 + 2 <= latency_s <= (3 + 6 + 12) * 1.5 + 2


def wait_of(seed: int, run_id: str = "run-1") -> float:
    steps, agents = ask("{max_retries: 1, backoff_s: 4}", Answer(error=ErrorClass.CRASH))
    return run(make_program(steps), agents=agents, seed=seed, run_id=run_id).latency_s


def test_waits_are_spread_around_what_is_written_and_follow_from_the_seed() -> None:
    waits = [wait_of(seed) for seed in range(200)]
    assert all(2 <= wait <= 6 for wait in waits)
    assert sum(waits) / len(waits) == pytest.approx(4, abs=0.3)
    assert len(set(waits)) == len(waits)
    assert wait_of(7) == wait_of(7, run_id="another")


def test_the_next_attempt_is_told_why_a_validator_rejected_this_one() -> None:
    def check(output: JsonValue) -> JsonValue:
        return {"valid": output == "long enough", "feedback": "too short" * 1000}

    steps, agents = ask(
        "{max_retries: 2}",
        Answer("short"),
        Answer("long enough"),
        more=", validators: [s:check]",
    )
    events: list[Event] = []
    result = run(
        make_program(steps), agents=agents, skills={"s:check": check}, listeners=[events.append]
    )
    assert result.output == "long enough"
    first, second = (call.feedback for call in agents.calls)
    assert first == ""
    assert second.startswith("s:check: too short")
    assert len(second) == 4000
    told = next(event for event in events if isinstance(event, AttemptFinished))
    assert told.error.startswith(second)


def test_what_no_validator_said_is_no_feedback() -> None:
    steps, agents = ask("{max_retries: 1}", FAIL, GOOD)
    run(make_program(steps), agents=agents)
    assert [call.feedback for call in agents.calls] == ["", ""]


def test_after_the_last_attempt_nobody_waits() -> None:
    assert wait_of(0) <= 6


def test_the_wait_never_exceeds_an_hour() -> None:
    steps, agents = ask("{max_retries: 5, backoff_s: 3600}", Answer(error=ErrorClass.CRASH))
    assert 4 * 3600 < run(make_program(steps), agents=agents).latency_s <= 5 * 3600


def test_a_timeout_ends_an_attempt_and_the_next_one_may_succeed() -> None:
    steps, agents = ask("{timeout_s: 5, max_retries: 1}", Answer(latency_s=900), GOOD)
    events: list[Event] = []
    result = run(make_program(steps), agents=agents, listeners=[events.append])
    assert (result.output, result.latency_s) == ("good", 7)
    attempts = [event for event in events if isinstance(event, AttemptFinished)]
    assert [(event.outcome, event.cut_off) for event in attempts] == [
        (Outcome.TIMEOUT, True),
        (Outcome.OK, False),
    ]
    assert attempts[0].error == "no answer within 5 s"


def test_a_step_that_only_times_out_has_timed_out_and_so_has_its_run() -> None:
    steps, agents = ask("{timeout_s: 5}", Answer(latency_s=900))
    result = run(make_program(steps), agents=agents)
    assert (result.outcome, result.steps[0].outcome) == (Outcome.TIMEOUT, Outcome.TIMEOUT)
    assert result.error_class is ErrorClass.TIMEOUT


def test_a_timeout_of_the_skill_s_own_is_not_ours() -> None:
    def give_up(_: JsonValue) -> JsonValue:
        raise TimeoutError("the server did not answer")

    events: list[Event] = []
    program = make_program("- {name: a, uses: s:a, config: {timeout_s: 60}}")
    result = run(program, skills={"s:a": give_up}, listeners=[events.append])
    assert result.error == "a: TimeoutError: the server did not answer"
    (attempt,) = [event for event in events if isinstance(event, AttemptFinished)]
    assert not attempt.cut_off


@pytest.mark.parametrize("declared", ["pure", "effect"])
def test_a_blocking_skill_is_cut_off_and_nobody_waits_for_its_thread(declared: str) -> None:
    release = threading.Event()

    def block(_: JsonValue) -> JsonValue:
        release.wait(30)
        return None

    skills = {"s:a": skill(side_effects="pure" if declared == "pure" else "effect")(block)}
    program = make_program("- {name: a, uses: s:a, config: {timeout_s: 0.05}}")
    try:
        assert run(program, skills=skills).outcome is Outcome.TIMEOUT
    finally:
        release.set()


def test_many_hanging_skills_do_not_keep_a_healthy_one_from_running() -> None:
    release = threading.Event()

    def block(_: JsonValue) -> JsonValue:
        release.wait(30)
        return None

    hanging = "- {name: h, uses: s:h, config: {timeout_s: 0.01, max_retries: 49}, fallback: {name: b, uses: s:b}}"
    try:
        result = run(make_program(hanging), skills={"s:h": block, "s:b": lambda _: "fine"})
        assert (result.output, result.steps[0].attempts) == ("fine", 50)
    finally:
        release.set()


def test_an_agent_s_patience_holds_unless_the_step_has_its_own() -> None:
    agents = "agents: {writer: {model: m, timeout: 7, max_retries: 4}}\n"
    steps = """
- {name: a, uses: agents.writer}
- {name: b, uses: agents.writer, config: {timeout_s: 1, max_retries: 0}}
"""
    plans = make_program(steps, agents=agents).leaves
    assert (plans["a"].timeout_s, plans["a"].max_retries) == (7, 4)
    assert (plans["b"].timeout_s, plans["b"].max_retries) == (1, 0)


def test_a_failure_that_names_no_class_is_still_a_failure() -> None:
    async def fail(_: Call) -> AgentReply:
        raise AttemptError(ErrorClass.NONE, "nobody knows why")

    result = run(make_program(), perform=fail)
    assert (result.error_class, result.error) == (ErrorClass.CRASH, "draft: nobody knows why")


LENGTH = ", validators: [{id: flujo.check.length, params: {min_chars: 4}}]"


def test_an_answer_a_validator_rejects_is_paid_for_and_asked_again() -> None:
    short = Answer("no", cost_usd="0.1")
    steps, agents = ask("{max_retries: 1}", short, Answer("much better"), more=LENGTH)
    result = run(make_program(steps), agents=agents)
    assert result.output == "much better"
    assert result.cost_usd == Decimal("0.1")


def test_a_rejected_answer_fails_with_the_validator_s_feedback() -> None:
    steps, agents = ask("{}", Answer("no"), more=LENGTH)
    result = run(make_program(steps), agents=agents)
    assert result.error_class is ErrorClass.REJECTED
    assert result.error == "a: flujo.check.length: 2 characters; between 4 and 10000 are wanted"


@pytest.mark.parametrize("verdict", [True, {"valid": True}])
def test_a_validator_accepts_with_true_alone(verdict: JsonValue) -> None:
    steps, agents = ask("{}", Answer("x"), more=", validators: [s:check]")
    assert run(make_program(steps), agents=agents, skills={"s:check": lambda _: verdict}).succeeded


@pytest.mark.parametrize("verdict", [None, 1, "yes", {}, {"valid": "true"}, [True]])
def test_anything_else_is_a_rejection(verdict: JsonValue) -> None:
    steps, agents = ask("{}", Answer("x"), more=", validators: [s:check]")
    result = run(make_program(steps), agents=agents, skills={"s:check": lambda _: verdict})
    assert result.error_class is ErrorClass.REJECTED


def test_a_validator_that_crashes_does_not_make_the_answer_free() -> None:
    def crash(_: JsonValue) -> JsonValue:
        raise KeyError("x")

    steps, agents = ask("{}", GOOD, more=", validators: [s:check]")
    result = run(make_program(steps), agents=agents, skills={"s:check": crash})
    assert result.error == "a: KeyError: 'x'"
    assert (result.cost_usd, result.input_tokens) == (Decimal("0.5"), 20)


def test_an_answer_that_does_not_fit_its_schema_is_paid_for() -> None:
    steps, agents = ask("{}", GOOD, more=", output_schema: {type: object}")
    result = run(make_program(steps), agents=agents)
    assert (result.error_class, result.cost_usd) == (ErrorClass.INVALID_OUTPUT, Decimal("0.5"))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ("{total_cost_usd_limit: 0.3}", "a: $0.50 used, usage_limits allow $0.3"),
        ("{total_tokens_limit: 21}", "a: 22 tokens used, usage_limits allow 21"),
    ],
)
def test_a_step_over_its_limits_fails_and_is_not_tried_again(limits: str, told: str) -> None:
    steps, agents = ask("{max_retries: 9}", FAIL, more=f", usage_limits: {limits}")
    result = run(make_program(steps), agents=agents)
    assert (result.error, result.error_class) == (told, ErrorClass.POLICY)
    assert result.steps[0].attempts == 2


def test_a_step_within_its_limits_succeeds() -> None:
    limits = ", usage_limits: {total_cost_usd_limit: 0.5, total_tokens_limit: 22}"
    steps, agents = ask("{}", GOOD, more=limits)
    assert run(make_program(steps), agents=agents).succeeded
