"""A container step of any kind around given steps, for generated specs."""

from collections.abc import Callable, Mapping, Sequence

Json = dict[str, object]
Steps = Sequence[Json]


def _branches(steps: Steps, names: tuple[str, str]) -> Json:
    """Two branches when there are two steps, the first in a list, the second in the other allowed form."""
    first, *rest = steps
    second: object = {"steps": rest} if len(rest) > 1 else next(iter(rest), None)
    return {names[0]: [first]} | ({names[1]: second} if second else {})


def _conditional(name: str, steps: Steps, names: tuple[str, str]) -> Json:
    chosen = {"condition_expression": "'x'", "branches": _branches(steps, names)}
    return {"kind": "conditional", "name": name, **chosen}


def _parallel(name: str, steps: Steps, names: tuple[str, str]) -> Json:
    return {"kind": "parallel", "name": name, "branches": _branches(steps, names)}


def _router(name: str, steps: Steps, names: tuple[str, str]) -> Json:
    router = {"router_agent": "agents.writer", "branches": _branches(steps, names)}
    return {"kind": "dynamic_router", "name": name, "router": router}


def _machine(name: str, steps: Steps, names: tuple[str, str]) -> Json:
    states = _branches(steps, names)
    first, *_, last = states if len(states) > 1 else (*states, *states)
    return {
        "kind": "StateMachine",
        "name": name,
        "start_state": first,
        "end_states": [last],
        "states": states,
        "transitions": [{"from": first, "to": last}],
    }


def _loop(name: str, steps: Steps, _: tuple[str, str]) -> Json:
    return {"kind": "loop", "name": name, "loop": {"body": list(steps), "max_loops": 3}}


def _map(name: str, steps: Steps, _: tuple[str, str]) -> Json:
    return {"kind": "map", "name": name, "map": {"iterable_input": [1, 2], "body": list(steps)}}


def _cache(name: str, steps: Steps, _: tuple[str, str]) -> Json:
    return {"kind": "cache", "name": name, "wrapped_step": steps[0]}


def _fallback(name: str, steps: Steps, _: tuple[str, str]) -> Json:
    return {"name": name, "uses": "agents.writer", "fallback": steps[0]}


Contain = Callable[[str, Steps, tuple[str, str]], Json]

CONTAINERS: Mapping[str, Contain] = {
    "conditional": _conditional,
    "parallel": _parallel,
    "dynamic_router": _router,
    "StateMachine": _machine,
    "loop": _loop,
    "map": _map,
    "cache": _cache,
    "fallback": _fallback,
}
"""By kind; each takes the container's name, at least one step, and the names of two branches."""


def leaf(kind: str, name: str) -> Json:
    """A step of a kind that holds no others."""
    fields: dict[str, Json] = {
        "hitl": {"message": "May it?"},
        "agentic_loop": {"planner": "agents.writer", "registry": {"x": 1}},
        "tree_search": {"proposer": "agents.writer", "evaluator": "agents.judge", "max_depth": 2},
    }
    return {"kind": kind, "name": name, **fields[kind]}


LEAVES = ("hitl", "agentic_loop", "tree_search")
