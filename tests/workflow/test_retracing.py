"""A recorded run gone through again: every execution in its order, with the state it left."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import make_program, record, run
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance
from tests.fakes.skills import FakeSkills
from tests.workflow.random_workflows import programs
from workflow import (
    ABSENT,
    AskAgent,
    Program,
    Recorder,
    RecordingError,
    Retraced,
    RunLimits,
    StateChange,
    perform_live,
    read_recording,
    retrace_recording,
    write_recording,
)

TALK = """
- kind: loop
  name: talk
  loop:
    max_loops: 2
    body:
      - {name: say, uses: agents.writer, updates_context: true}
- {name: close, uses: flujo.value.pass, input: "{{ context.turn }}", sink_to: last}
"""
PARALLEL = """
- kind: parallel
  name: both
  merge_strategy: context_update
  branches:
    x: [{name: one, uses: flujo.value.pass, input: 1, sink_to: a}]
    y: [{name: two, uses: flujo.value.pass, input: 2, sink_to: b}]
"""


def talk_twice() -> ScriptedAgents:
    return ScriptedAgents({"writer": [Answer({"turn": 1}), Answer({"turn": 2, "done": True})]})


def retrace(program: Program, data: JsonValue = None, agents: AskAgent = ask_by_chance) -> Retraced:
    recording = record(program, data, agents=agents)
    return retrace_recording(program, read_recording(write_recording(recording)))


@pytest.fixture(scope="module")
def talk() -> Retraced:
    return retrace(make_program(TALK), {"turn": 0}, talk_twice())


@settings(deadline=None, max_examples=60)
@given(programs, st.integers(0, 10_000))
def test_every_execution_is_a_moment_of_a_faithful_replay(program: Program, seed: int) -> None:
    recording = record(program, {"x": 1}, agents=ask_by_chance, seed=seed)
    before = write_recording(recording)
    retraced = retrace_recording(program, recording)
    assert retraced.is_faithful
    steps = retraced.replayed.result.steps
    assert [moment.step_id for moment in retraced.moments] == [step.step_id for step in steps]
    assert [moment.number for moment in retraced.moments] == [*range(1, len(steps) + 1)]
    recorded = {(step.step_id, step.visit) for step in recording.steps}
    visits = [moment.finished.visit for moment in retraced.moments]
    assert recorded <= {(visit.node.step_id, visit.number) for visit in visits}
    assert write_recording(recording) == before


@settings(deadline=None, max_examples=60)
@given(programs, st.integers(0, 10_000), st.integers(0, 60))
def test_a_run_that_was_ended_by_its_limits_ends_there_again(
    program: Program, seed: int, tokens: int
) -> None:
    recorder, limits = Recorder(), RunLimits(tokens=tokens)
    perform = perform_live(ask_by_chance, FakeSkills({}))
    ran = run(program, seed=seed, perform=perform, listeners=[recorder], limits=limits)
    (recording,) = recorder.take()
    retraced = retrace_recording(program, read_recording(write_recording(recording)))
    assert retraced.is_faithful
    assert retraced.replayed.result.error == ran.error


def test_a_moment_shows_what_the_step_left_in_the_context(talk: Retraced) -> None:
    seen = [(moment.step_id, moment.execution, dict(moment.context)) for moment in talk.moments]
    assert seen == [
        ("talk/say", 1, {"turn": 1}),
        ("talk/say", 2, {"turn": 2, "done": True}),
        ("talk", 1, {"turn": 2, "done": True}),
        ("close", 1, {"turn": 2, "done": True, "last": 2}),
    ]
    assert dict(talk.replayed.result.context) == dict(talk.moments[-1].context)


def test_changes_are_told_against_the_moment_before(talk: Retraced) -> None:
    second = talk.find("talk/say", 2)
    assert second is not None
    assert second.changes == (
        StateChange("output.turn", 1, 2),
        StateChange("output.done", ABSENT, True),
        StateChange("context.turn", 1, 2),
        StateChange("context.done", ABSENT, True),
    )
    around = talk.find("talk")
    assert around is not None
    assert [change.path for change in around.changes] == ["output"]


def test_the_state_can_be_asked_at_any_moment(talk: Retraced) -> None:
    assert (talk.context(0), talk.outputs(0)) == ({"turn": 0}, {})
    assert talk.outputs(1) == {"talk/say": {"turn": 1}}
    assert talk.outputs(4)["close"] == 2
    assert talk.find("close", 2) is None


def test_branches_at_once_change_copies_and_their_merging_is_told_at_the_end() -> None:
    moments = retrace(make_program(PARALLEL), {"a": 0}).moments
    assert [(one.step_id, dict(one.context)) for one in moments] == [
        ("both/x/one", {"a": 1}),
        ("both/y/two", {"a": 0, "b": 2}),
        ("both", {"a": 1, "b": 2}),
    ]
    assert moments[2].changes[1:] == (
        StateChange("context.a", 0, 1),
        StateChange("context.b", ABSENT, 2),
    )


def test_the_first_execution_is_the_first_to_end_whatever_number_it_is_recorded_under() -> None:
    program = make_program(
        """
- kind: map
  name: each
  map:
    iterable_input: [skip, take, take]
    body:
      - kind: conditional
        name: choose
        condition_expression: this
        branches:
          take: [{name: work, uses: flujo.value.pass}]
          skip: [{name: rest, uses: flujo.value.pass}]
"""
    )
    retraced = retrace(program)
    found = [retraced.find("each/choose/take/work", number) for number in (1, 2, 3)]
    assert [one and one.finished.visit.iteration for one in found] == [2, 3, None]


def test_a_step_that_failed_leaves_no_output_and_its_stand_in_fills_its_place() -> None:
    program = make_program(
        "- name: draft\n  uses: agents.writer\n  sink_to: text\n"
        "  fallback: {name: plain, uses: flujo.value.pass, input: plain}"
    )
    agents = ScriptedAgents({"writer": [Answer(error=ErrorClass.CRASH)]})
    failed, plain = retrace(program, None, agents).moments
    assert (failed.finished.outcome, failed.changes) == (Outcome.ERROR, ())
    assert dict(plain.context) == {"text": "plain"}


def test_another_version_is_refused_and_both_are_named() -> None:
    recording = record(make_program(TALK), {}, agents=talk_twice())
    other = make_program(TALK.replace("max_loops: 2", "max_loops: 3"))
    with pytest.raises(RecordingError) as caught:
        retrace_recording(other, recording)
    assert recording.spec_sha256 in str(caught.value)
    assert other.workflow.spec_sha256 in str(caught.value)


@pytest.mark.parametrize(
    "changed", [{"output": "other"}, {"outcome": Outcome.ERROR}, {"steps": ()}], ids=str
)
def test_an_edited_recording_does_not_pass_for_what_happened(changed: dict[str, object]) -> None:
    program = make_program(TALK)
    recording = record(program, {"turn": 0}, agents=talk_twice())
    assert retrace_recording(program, recording).is_faithful
    assert not retrace_recording(program, recording.model_copy(update=changed)).is_faithful


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "EOF"),
        (b'{"format": "flujo.recording/1", "run_id"', "EOF"),
        (b"[1]", "object"),
        (b"\xff\xfe", "JSON"),
        (b'{"format": "flujo.recording/2"}', "it is 'flujo.recording/2'"),
    ],
)
def test_what_is_no_recording_is_told_in_words(data: bytes, complaint: str) -> None:
    with pytest.raises(RecordingError, match=complaint):
        read_recording(data)
