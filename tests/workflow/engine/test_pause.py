"""Pausing: a run that asks stops, becomes data, and goes on from it as if it had never stopped."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import STARTED_AT, make_program
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance, ask_nobody
from tests.fakes.skills import FakeSkills
from tests.workflow.random_workflows import programs_that_ask
from workflow import (
    AgentReply,
    AskAgent,
    Call,
    Event,
    Listener,
    PausedRun,
    PausedRunError,
    Perform,
    Program,
    Recorder,
    Recording,
    Resumption,
    RunFinished,
    RunPaused,
    RunResult,
    SpanCollector,
    VirtualTimeLoop,
    answer_question,
    perform_live,
    perform_mocked,
    read_paused_run,
    replay_recordings,
    run_program,
    write_paused_run,
)
from workflow.format.spec import Mock

ASK = "{kind: hitl, name: ask, message: 'Send {{ previous_step }}?'}"
WRITER = {"writer": [Answer("a draft", 2.0, "0.5", (10, 5))]}
BOTH = """
- kind: parallel
  name: both
  branches:
    a: [{kind: hitl, name: ask}, {name: after, uses: agents.writer}]
    b: [{name: slow, uses: agents.writer}, {kind: hitl, name: ask}]
"""


class Desk:
    """Runs a program, paused or not, and keeps what its listeners got."""

    def __init__(self, program: Program, perform: Perform, seed: int = 0) -> None:
        self.program, self.perform, self.seed = program, perform, seed
        self.recorder, self.spans = Recorder(), SpanCollector()
        self.events: list[Event] = []

    def run(self, data: JsonValue = None, *, past: Resumption | None = None) -> RunResult:
        listeners: list[Listener] = [self.recorder, self.spans, self.events.append]
        with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:
            return runner.run(
                run_program(
                    self.program,
                    data,
                    perform=self.perform,
                    run_id="run-1",
                    started_at=STARTED_AT,
                    seed=self.seed,
                    listeners=listeners,
                    past=past,
                )
            )

    def resume(self, answer: JsonValue = "yes", step_id: str = "") -> RunResult:
        """Go on with the run that paused, as another process would: from its bytes."""
        paused = read_paused_run(write_paused_run(self.take_paused()))
        return self.run(paused.input, past=answer_question(paused, answer, step_id=step_id))

    def take_paused(self) -> PausedRun:
        (paused,) = self.recorder.take_paused()
        return paused

    def take_recording(self) -> Recording:
        (recording,) = self.recorder.take()
        return recording


def make_desk(steps: str, agents: AskAgent | None = None, **skills: object) -> Desk:
    functions = {f"s:{name}": function for name, function in skills.items()}
    agents = agents or ScriptedAgents(WRITER)
    return Desk(make_program(steps), perform_live(agents, FakeSkills(functions)))  # type: ignore[arg-type]


def test_a_run_that_asks_says_what_and_of_whom_and_has_not_succeeded() -> None:
    desk = make_desk(f"- {{name: draft, uses: agents.writer}}\n- {ASK}")
    result = desk.run()
    (question,) = result.questions
    assert (question.step_id, question.message, question.input) == (
        "ask",
        "Send a draft?",
        "a draft",
    )
    assert not result.succeeded
    assert [step.step_id for step in result.steps] == ["draft"]
    assert (result.cost_usd, result.latency_s) == (Decimal("0.5"), 2.0)


def test_a_paused_run_has_no_spans_no_recording_and_no_end_yet() -> None:
    desk = make_desk(f"- {ASK}")
    desk.run()
    assert desk.spans.take() == []
    assert desk.recorder.take() == []
    assert isinstance(desk.events[-1], RunPaused)
    assert not any(isinstance(event, RunFinished) for event in desk.events)


def test_the_answer_is_the_output_and_is_kept_where_the_step_says() -> None:
    steps = "- {kind: hitl, name: ask, sink_to: context.review, updates_context: true}\n"
    desk = make_desk(steps + "- {name: show, uses: flujo.value.pass, input: '{{ context }}'}")
    desk.run()
    result = desk.resume({"ok": True})
    assert result.output == {"ok": True, "review": {"ok": True}}


def test_what_was_finished_is_not_called_again_and_is_paid_for_once() -> None:
    agents = ScriptedAgents(WRITER)
    sent: list[object] = []
    steps = f"- {{name: draft, uses: agents.writer}}\n- {{name: send, uses: 's:send'}}\n- {ASK}"
    desk = make_desk(steps + "\n- {name: end, uses: agents.writer}", agents, send=sent.append)
    desk.run()
    result = desk.resume()
    assert result.succeeded
    assert (len(agents.calls), len(sent)) == (2, 1)
    assert (result.cost_usd, result.latency_s) == (Decimal("1.0"), 4.0)


def test_spans_and_recording_of_the_whole_run_are_made_once_when_it_ends() -> None:
    desk = make_desk(f"- {{name: draft, uses: agents.writer}}\n- {ASK}")
    desk.run()
    desk.resume()
    names = [span.name for span in desk.spans.take()]
    steps, attempts = ["step ask", "step draft"], ["chat sim:large", "execute_tool hitl"]
    assert sorted(names) == [*attempts, "run flow.yaml", *steps]
    recording = desk.take_recording()
    assert [step.step_id for step in recording.steps] == ["draft", "ask"]
    assert recording.steps[1].attempts[0].result == "yes"


def test_a_recording_of_a_run_that_asked_replays_without_anybody() -> None:
    desk = make_desk(f"- {{name: draft, uses: agents.writer}}\n- {ASK}")
    desk.run()
    result = desk.resume("no")
    (replayed,) = replay_recordings(desk.program, [desk.take_recording()])
    assert replayed.reproduces
    assert (replayed.drawn, replayed.result.output) == (0, result.output)


def test_two_questions_one_after_the_other_pause_twice() -> None:
    desk = make_desk(f"- {ASK}\n- {{kind: hitl, name: again}}")
    desk.run()
    assert [asked.step_id for asked in desk.resume("one").questions] == ["again"]
    result = desk.resume("two")
    assert [step.output for step in result.steps] == ["one", "two"]


def test_branches_that_ask_at_once_are_answered_in_any_order_and_the_others_finish_first() -> None:
    desk = make_desk(BOTH)
    asked = desk.run()
    assert [question.step_id for question in asked.questions] == ["both/a/ask", "both/b/ask"]
    assert [step.step_id for step in asked.steps] == ["both/b/slow"]
    left = desk.resume("b", "both/b/ask")
    assert [question.step_id for question in left.questions] == ["both/a/ask"]
    result = desk.resume("a")
    assert result.output == {"a": "a draft", "b": "b"}
    assert result.latency_s == 2.0


def test_a_branch_that_fails_ends_the_run_and_nobody_is_asked() -> None:
    steps = """
- kind: parallel
  name: both
  branches: {a: [{kind: hitl, name: ask}], b: [{name: bad, uses: agents.writer}]}
"""
    agents = ScriptedAgents({"writer": [Answer(error=ErrorClass.CRASH, latency_s=1)]})
    result = make_desk(steps, agents).run()
    assert (result.outcome, result.questions) == (Outcome.ERROR, ())


def test_a_run_that_is_cancelled_while_a_branch_waits_has_not_paused() -> None:
    desk = make_desk(BOTH)
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:

        async def cancel_soon() -> None:
            async with asyncio.timeout(1):
                await run_program(
                    desk.program,
                    None,
                    perform=desk.perform,
                    run_id="run-1",
                    started_at=STARTED_AT,
                    listeners=[desk.recorder, desk.events.append],
                )

        with pytest.raises(TimeoutError):
            runner.run(cancel_soon())
        assert asyncio.all_tasks(runner.get_loop()) == set()
    last = desk.events[-1]
    assert isinstance(last, RunFinished)
    assert last.result.outcome is Outcome.CANCELLED
    assert desk.recorder.take_paused() == []


def test_items_of_a_map_ask_each_for_itself() -> None:
    steps = (
        "- kind: map\n  name: each\n  map:\n    iterable_input: [1, 2]\n    max_concurrency: 2\n"
        "    body: [{kind: hitl, name: ask, message: 'Item {{ this }}?'}]"
    )
    desk = make_desk(steps)
    asked = desk.run()
    assert [question.message for question in asked.questions] == ["Item 1?", "Item 2?"]
    desk.resume("one")
    assert desk.resume("two").output == ["one", "two"]


def test_a_loop_asks_anew_in_every_round() -> None:
    steps = (
        "- kind: loop\n  name: l\n  loop:\n    exit_expression: previous_step == 'done'\n"
        f"    body: [{{name: draft, uses: agents.writer}}, {ASK}]"
    )
    desk = make_desk(steps)
    desk.run()
    assert desk.resume("more").questions
    result = desk.resume("done")
    assert (result.output, result.cost_usd) == ("done", Decimal("1.0"))


def test_retries_timeouts_and_failures_before_the_pause_happen_again_as_they_were() -> None:
    refused, slow = Answer(error=ErrorClass.UNAVAILABLE, cost_usd="0.1"), Answer(latency_s=9)
    answers = [refused, slow, Answer("ok", 1.0)]
    steps = (
        "- {name: draft, uses: agents.writer, config: {max_retries: 3, timeout_s: 2, backoff_s: 1}}\n"
        f"- {ASK}"
    )
    desk = make_desk(steps, ScriptedAgents({"writer": answers}))
    before = desk.run()
    result = desk.resume()
    assert (result.cost_usd, result.latency_s) == (Decimal("0.1"), before.latency_s)
    assert result.steps[0].attempts == 3


def test_an_answer_that_came_just_in_time_comes_in_time_again() -> None:
    steps = f"- {{name: draft, uses: agents.writer, config: {{timeout_s: 2}}}}\n- {ASK}"
    desk = make_desk(steps, ScriptedAgents({"writer": [Answer("text", 2 - 1e-8)]}))
    desk.run()
    assert desk.resume().steps[0].outcome is Outcome.OK


def test_a_fallback_may_ask() -> None:
    steps = "- {name: draft, uses: agents.writer, fallback: {kind: hitl, name: ask}}"
    desk = make_desk(steps, ScriptedAgents({"writer": [Answer(error=ErrorClass.CRASH)]}))
    assert [asked.step_id for asked in desk.run().questions] == ["draft/ask"]
    assert desk.resume("by hand").output == "by hand"


def test_a_mock_answers_and_may_refuse() -> None:
    program = make_program(f"- {ASK}")
    nobody = perform_live(ask_nobody, FakeSkills({}))
    assert Desk(program, perform_mocked({"ask": Mock(output=4)}, nobody)).run().output == 4
    refused = Desk(program, perform_mocked({"ask": Mock(error="rejected")}, nobody)).run()
    assert refused.error_class is ErrorClass.REJECTED


@pytest.mark.parametrize(
    ("answer", "step_id", "told"),
    [
        ("yes", "both/a/ask", "doesn't fit what 'both/a/ask' asks for: 'yes' is not of type 'boolean'"),
        (True, "", "several steps ask; say which one is answered: both/a/ask, both/b/ask"),
        (True, "both/b/slow", "'both/b/slow' asks nothing; what asks: both/a/ask, both/b/ask"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused_before_anything_runs(
    answer: JsonValue, step_id: str, told: str
) -> None:
    desk = make_desk(
        BOTH.replace("a: [{kind: hitl, ", "a: [{kind: hitl, input_schema: {type: boolean}, ")
    )
    desk.run()
    with pytest.raises(PausedRunError) as refused:
        answer_question(desk.take_paused(), answer, step_id=step_id)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "flujo.paused/2"}, "at format"),
        ({"questions": []}, "at questions"),
        ({"extra": 1}, "at extra"),
        ({"steps": [{"step_id": "a"}]}, "at steps.0"),
        ({"elapsed_s": -1}, "at elapsed_s"),
    ],
)
def test_what_is_no_paused_run_is_refused_with_the_place(
    change: Mapping[str, JsonValue], told: str
) -> None:
    desk = make_desk(f"- {ASK}")
    desk.run()
    written = json.loads(write_paused_run(desk.take_paused()))
    with pytest.raises(PausedRunError, match=told):
        read_paused_run(json.dumps(written | dict(change)))


def test_text_that_is_no_json_is_no_paused_run() -> None:
    with pytest.raises(PausedRunError, match="not a paused run"):
        read_paused_run(b"{")


def test_the_format_of_a_paused_run_is_frozen() -> None:
    desk = make_desk(f"- {ASK}")
    desk.run({"x": 1})
    written = json.loads(write_paused_run(desk.take_paused()))
    assert list(written) == [
        *("format", "run_id", "spec_sha256", "spec_path", "spec_file", "started_at", "seed"),
        *("input", "steps", "questions", "cost_usd", "elapsed_s"),
    ]
    assert list(written["questions"][0]) == ["step_id", "visit", "message", "input", "input_schema"]


def answering(perform: Perform) -> Perform:
    """Answer every question as soon as it is asked."""

    async def answer_or_perform(call: Call) -> AgentReply:
        if call.plan.asks_person:
            return AgentReply(answer_to(call.plan.node.step_id, call.visit), "")
        return await perform(call)

    return answer_or_perform


def answer_to(step_id: str, visit: int) -> JsonValue:
    return {"by": step_id, "at": visit}


def pause_at_every_question(desk: Desk, data: JsonValue) -> RunResult:
    """Run to the end, each time answering the last of the questions from the bytes of the paused run."""
    result = desk.run(data)
    while result.questions:
        paused = read_paused_run(write_paused_run(desk.take_paused()))
        asked = paused.questions[-1]
        past = Resumption(paused, asked.step_id, asked.visit, answer_to(asked.step_id, asked.visit))
        result = desk.run(paused.input, past=past)
    return result


def executions(result: RunResult) -> Counter[str]:
    return Counter(
        json.dumps([step.step_id, step.outcome, step.output, step.attempts, step.iteration])
        for step in result.steps
    )


@settings(deadline=None, max_examples=60)
@given(programs_that_ask, st.integers(0, 5), st.sampled_from([None, {"x": 1}]))
def test_pausing_at_every_question_comes_to_what_answers_given_at_once_do(
    program: Program, seed: int, data: JsonValue
) -> None:
    perform = perform_live(ask_by_chance, FakeSkills({}))
    straight = Desk(program, answering(perform), seed).run(data)
    paused = pause_at_every_question(Desk(program, perform, seed), data)
    assert paused.succeeded == straight.succeeded
    if not straight.succeeded:
        return
    assert paused.output == straight.output
    # A branch that fails keeps those beside it from asking; how far they had come then differs.
    if not any(step.outcome is Outcome.CANCELLED for step in paused.steps):
        assert paused.cost_usd == straight.cost_usd
        assert paused.latency_s == pytest.approx(straight.latency_s)
        assert executions(paused) == executions(straight)
