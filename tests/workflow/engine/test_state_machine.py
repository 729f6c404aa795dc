"""State machines: transitions lead from state to state, and every machine ends."""

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import make_program, make_workflow, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import RunResult, SpecError

STATES = """
    a: [{name: one, uses: flujo.value.pass, input: A}]
    b: [{name: two, uses: flujo.value.pass, input: "{{ previous_step }}B"}]
    bad: [{name: worse, uses: agents.writer}]
    c: [{name: three, uses: flujo.value.pass, input: "{{ previous_step }}C"}]
"""


def machine(
    *transitions: str, start: str = "a", ends: str = "c", states: str = STATES, rest: str = ""
) -> str:
    # A state that nothing leads to is no valid spec: the last transitions lead to each, and never hold.
    names = [line.split(":")[0].strip() for line in states.splitlines() if line.startswith("    ")]
    never = [f"{{from: '*', to: {name}, when: 'false and iteration > 0'}}" for name in names]
    listed = ", ".join((*transitions, *never))
    return (
        f"- kind: StateMachine\n  name: m\n  start_state: {start}\n  end_states: [{ends}]\n"
        f"  transitions: [{listed}]\n  states:{states}{rest}"
    )


def run_machine(steps: str, data: JsonValue = None) -> RunResult:
    failing = ScriptedAgents({"writer": [Answer(error=ErrorClass.CRASH)]})
    return run(make_program(steps), data, agents=failing)


def states_of(result: RunResult) -> list[str]:
    return [step.branch for step in result.steps if step.step_id != "m"]


def test_states_follow_their_transitions_and_the_output_is_the_last_one_s() -> None:
    result = run_machine(machine("{from: a, to: b}", "{from: b, on: success, to: c}"))
    assert (result.output, states_of(result)) == ("ABC", ["a", "b", "c"])
    assert [step.iteration for step in result.steps] == [1, 2, 3, 0]


@pytest.mark.parametrize(("data", "path"), [({"x": 1}, ["a", "b", "c"]), ({"x": 2}, ["a", "c"])])
def test_the_first_transition_that_holds_is_taken(data: JsonValue, path: list[str]) -> None:
    steps = machine("{from: a, to: b, when: context.x < 2}", "{from: a, to: c}", "{from: b, to: c}")
    assert states_of(run_machine(steps, data)) == path


def test_a_star_stands_for_every_state() -> None:
    result = run_machine(machine("{from: '*', to: b, when: iteration < 3}", ends="b"))
    assert states_of(result) == ["a", "b", "b"]


def test_a_failed_state_may_lead_on_with_what_came_before_it() -> None:
    steps = machine("{from: a, to: bad}", "{from: bad, on: failure, to: c}", "{from: bad, to: b}")
    result = run_machine(steps)
    assert (result.output, states_of(result)) == ("AC", ["a", "bad", "c"])


def test_a_failed_state_without_such_a_transition_fails_the_machine_with_its_failure() -> None:
    result = run_machine(machine("{from: a, to: bad}", "{from: bad, to: c}", ends="bad, c"))
    assert result.error_class is ErrorClass.CRASH
    assert "m/bad/worse" in result.error


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (machine("{from: a, to: b}"), "no transition leads on from 'b', which is no end state"),
        (machine("{from: '*', to: a}", rest="  max_steps: 7\n"), "no end after 7 states"),
        (machine("{from: a, to: b, when: context.x > 1}"), "'context.x > 1'"),
    ],
)
def test_a_machine_that_can_not_go_on_fails_and_says_why(steps: str, told: str) -> None:
    result = run_machine(steps, {"x": "text"})
    assert result.outcome is Outcome.ERROR
    assert told in result.error


def test_an_end_state_may_have_no_steps_and_may_lead_on() -> None:
    assert run_machine(machine("{from: a, to: over}", ends="over")).output == "A"
    leads_on = machine("{from: a, to: b}", ends="a, b")
    assert run_machine(leads_on).output == "AB"


NAMING = """
    a: [{name: one, uses: flujo.value.pass, input: {next_state: b}, updates_context: true}]
    b: [{name: two, uses: flujo.value.pass, input: "{{ context.next_state }}"}]
    c: [{name: three, uses: flujo.value.pass}]
"""


def test_a_step_may_name_the_next_state_and_the_name_is_used_up() -> None:
    result = run_machine(machine("{from: a, to: c}", states=NAMING, ends="b, c"))
    assert (states_of(result), result.output) == (["a", "b"], None)


def test_a_named_state_that_is_not_there_fails_the_machine() -> None:
    wrong = NAMING.replace("next_state: b", "next_state: nowhere")
    result = run_machine(machine("{from: a, to: c}", states=wrong))
    assert "there is no state 'nowhere'; states are a, b, c" in result.error


@pytest.mark.parametrize(
    ("transition", "told"),
    [
        ("{from: a, to: b, unless: x}", "unknown key 'unless'"),
        ("{from: a}", "'to' is missing"),
        ("{from: a, to: 3}", "'to' must be text"),
        ("{from: a, to: b, on: never}", "'on' must be"),
    ],
)
def test_a_transition_of_another_shape_is_refused_at_its_place(transition: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        make_workflow(machine(transition))
    first = refused.value.diagnostics[0]
    assert told in first.message
    assert first.line == 9
    assert first.column > 10


@pytest.mark.parametrize("bound", [0, 10_001, "'many'"])
def test_the_bound_on_states_is_a_number_in_reach(bound: object) -> None:
    with pytest.raises(SpecError, match="max_steps"):
        make_workflow(machine(rest=f"  max_steps: {bound}\n"))
