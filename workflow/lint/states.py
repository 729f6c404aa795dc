"""A state machine's transitions must lead from states to states, and to every one of them."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding, did_you_mean, find_dangling
from workflow.lint.blocks import Place
from workflow.lint.draft import Draft
from workflow.patches.pointer import format_pointer

_ANY = "*"
_NEXT = "next_state"


def check_states(draft: Draft) -> Iterator[Finding]:
    """Find transitions from or to states that aren't there, and states that no transition leads to."""
    chosen = any(_names_next_state(place) for place in draft.places)
    for place in draft.places:
        states = place.node.raw.get("states")
        if place.node.kind == "StateMachine" and isinstance(states, dict):
            transitions = _transitions_of(place)
            yield from _find_dangling(place, states, transitions)
            if transitions and not chosen:
                yield from _find_unreachable(place, states, transitions)


def _transitions_of(place: Place) -> Sequence[Mapping[str, JsonValue]]:
    transitions = place.node.raw.get("transitions")
    listed = transitions if isinstance(transitions, list) else []
    return [each for each in listed if isinstance(each, dict)]


def _find_dangling(
    place: Place,
    states: Mapping[str, JsonValue],
    transitions: Sequence[Mapping[str, JsonValue]],
) -> Iterator[Finding]:
    # An end state may be a name alone: nothing runs in it.
    known = {*states, *_end_states(place)}
    for index, transition in enumerate(transitions):
        for key in ("from", "to"):
            name = transition.get(key)
            if isinstance(name, str) and name not in known and (key, name) != ("from", _ANY):
                pointer = f"{place.node.pointer}/transitions/{index}/{key}"
                yield find_dangling(name, pointer, known, "state")


def _find_unreachable(
    place: Place,
    states: Mapping[str, JsonValue],
    transitions: Sequence[Mapping[str, JsonValue]],
) -> Iterator[Finding]:
    reached = _reach(place.node.raw.get("start_state"), transitions)
    for index, name in enumerate(_end_states(place)):
        if name not in reached and name not in states:
            yield Finding(
                "unreachable-branch",
                f"{place.node.pointer}/end_states/{index}",
                f"no transition leads to end state {name!r}",
                did_you_mean(name, states) or "add a transition to it, or remove it",
                Severity.WARNING,
            )
    for name in states:
        if name not in reached:
            yield Finding(
                "unreachable-branch",
                place.node.pointer + format_pointer(["states", name]),
                f"no transition leads to state {name!r}",
                "add a transition to it, or remove it",
                Severity.WARNING,
            )


def _reach(start: JsonValue, transitions: Sequence[Mapping[str, JsonValue]]) -> set[str]:
    reached, waiting = {str(start)}, [str(start)]
    while waiting:
        here = waiting.pop()
        for transition in transitions:
            source, target = transition.get("from"), str(transition.get("to"))
            # Whatever isn't a plain name may be this state too.
            leads = source in (here, _ANY) or not isinstance(source, str)
            if leads and target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _names_next_state(place: Place) -> bool:
    """Tell whether a step may name the next state through the context, which goes before any transition."""
    raw = place.node.raw
    sink = str(raw.get("sink_to")).removeprefix("context.")
    return sink == _NEXT or raw.get("updates_context") is True


def _end_states(place: Place) -> list[str]:
    ends = place.node.raw.get("end_states")
    return [str(name) for name in ends] if isinstance(ends, list) else []
