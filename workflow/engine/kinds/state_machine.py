"""`StateMachine`: states one after the other, each followed by where its first transition that holds leads."""

from dataclasses import dataclass

from pydantic import JsonValue

from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.program import StateMachine, Transition
from workflow.engine.scope import Scope
from workflow.engine.unwinding import StepFailedError

_NEXT_STATE = "next_state"


@dataclass(frozen=True, slots=True)
class _Visited:
    """How a state ended, what it gave, and what transitions can see."""

    state: str
    events: frozenset[str]
    output: JsonValue
    scope: Scope
    failure: StepFailedError | None = None


async def run_state_machine(machine: StateMachine, enclosure: Enclosure) -> JsonValue:
    """Run states from the start until one ends the machine; the output is what the last state gave."""
    state: str | None = machine.start_state
    output = enclosure.data
    number = 0
    while state is not None and not _ends_without_steps(machine, state):
        number += 1
        if number > machine.max_steps:
            enclosure.fail(f"no end after {machine.max_steps} states (max_steps)")
        visited = await _visit(machine, enclosure, state, output, number)
        output = visited.output
        state = _find_next(machine, enclosure, visited)
    return output


def _ends_without_steps(machine: StateMachine, state: str) -> bool:
    return state in machine.end_states and state not in machine.states


async def _visit(
    machine: StateMachine, enclosure: Enclosure, state: str, data: JsonValue, number: int
) -> _Visited:
    if state not in machine.states:
        enclosure.fail(f"there is no state {state!r}; states are {', '.join(machine.states)}")
    scope = enclosure.enter(branch=state, iteration=number)
    scope.previous = data
    before = _count_questions(machine, scope, state)
    try:
        output = await enclosure.run(machine.states[state], scope)
    except StepFailedError as failure:
        scope.previous = data
        return _Visited(state, frozenset({"failure"}), data, scope, failure)
    asked = _count_questions(machine, scope, state) > before
    events = {"success", "pause"} if asked else {"success"}
    return _Visited(state, frozenset(events), output, scope)


def _find_next(machine: StateMachine, enclosure: Enclosure, visited: _Visited) -> str | None:
    """Return the next state; None where the machine ends, and where it fails it raises."""
    named = None if visited.failure else visited.scope.context.pop(_NEXT_STATE, None)
    if named is not None:
        return str(named)
    for transition in machine.transitions:
        if _holds(transition, enclosure, visited):
            return transition.target
    if visited.failure:
        raise visited.failure
    if visited.state not in machine.end_states:
        enclosure.fail(f"no transition leads on from {visited.state!r}, which is no end state")
    return None


def _holds(transition: Transition, enclosure: Enclosure, visited: _Visited) -> bool:
    if transition.source not in ("*", visited.state) or transition.event not in visited.events:
        return False
    return transition.when is None or enclosure.evaluate(transition.when, visited.scope) is True


def _count_questions(machine: StateMachine, scope: Scope, state: str) -> int:
    return sum(scope.visits.count(step_id) for step_id in machine.questions[state])
