"""Small workflows of every kind that runs, for laws that hold for all of them."""

import json
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.builders import AGENTS
from workflow import Program, compile_program, parse_workflow

_configs = st.fixed_dictionaries(
    {},
    optional={
        "max_retries": st.integers(0, 2),
        "timeout_s": st.sampled_from([0.5, 1, 3]),
        "backoff_s": st.sampled_from([0, 0.1, 1.5]),
    },
)
_leaves = st.fixed_dictionaries(
    {
        "uses": st.sampled_from(["agents.writer", "agents.reader", "flujo.value.pass"]),
        "config": _configs,
    }
)


def _containers(step: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    steps = st.lists(step, min_size=1, max_size=2)
    branches = st.dictionaries(st.sampled_from(["x", "y", "true", "a/b"]), steps, min_size=1)
    return st.one_of(
        st.fixed_dictionaries(
            {
                "kind": st.just("parallel"),
                "branches": branches,
                "on_branch_failure": st.sampled_from(["propagate", "ignore"]),
                "merge_strategy": st.sampled_from(["no_merge", "context_update"]),
            },
            optional={"max_concurrency": st.integers(1, 3)},
        ),
        branches.map(
            lambda named: {
                "kind": "conditional",
                "condition_expression": "'x'",
                "default_branch": next(iter(named)),
                "branches": named,
            }
        ),
        steps.map(lambda body: {"kind": "loop", "loop": {"max_loops": 2, "body": body}}),
        st.fixed_dictionaries(
            {"iterable_input": st.just([1, 2, 3]), "body": steps},
            optional={"max_concurrency": st.integers(1, 4)},
        ).map(lambda mapped: {"kind": "map", "map": mapped}),
        st.tuples(_leaves, step).map(lambda pair: {**pair[0], "fallback": pair[1]}),
        _leaves.map(lambda leaf: {"kind": "cache", "wrapped_step": leaf}),
        branches.map(
            lambda named: {
                "kind": "dynamic_router",
                "input": list(named),
                "router": {"router_agent": "flujo.value.pass", "branches": named},
            }
        ),
        st.tuples(branches, st.sampled_from(["success", "failure", "pause"])).map(_machine),
    )


def _machine(states_and_event: tuple[dict[str, Any], str]) -> dict[str, Any]:
    """A ring of states, gone through while each ends in the same way; at most three of them run."""
    states, event = states_and_event
    names = list(states)
    ring = zip(names, [*names[1:], names[0]], strict=True)
    return {
        "kind": "StateMachine",
        "start_state": names[0],
        "end_states": names,
        "states": states,
        "transitions": [
            *(
                {"from": source, "to": target, "on": event, "when": "iteration < 3"}
                for source, target in ring
            ),
            {"from": "*", "to": names[0], "on": "failure", "when": "iteration < 3"},
        ],
        "max_steps": 3,
    }


_questions = st.fixed_dictionaries(
    {
        "kind": st.just("hitl"),
        "message": st.sampled_from(["Go on?", "Was it {{ previous_step }}?"]),
        "updates_context": st.booleans(),
    }
)
_steps = st.recursive(_leaves, _containers, max_leaves=5)
_asking_steps = st.recursive(_leaves | _questions, _containers, max_leaves=5)


def _compile(steps: list[dict[str, Any]]) -> Program:
    numbers = count(1)

    def name(step: Any) -> Any:
        if isinstance(step, list):
            return [name(item) for item in step]
        if not isinstance(step, dict):
            return step
        named = {key: name(value) for key, value in step.items()}
        is_step = bool({"uses", "kind"} & set(step))
        return {"name": f"n{next(numbers)}", **named} if is_step else named

    text = AGENTS + f"steps: {json.dumps(name(steps))}\n"
    return compile_program(parse_workflow(text, path="flow.yaml"))


programs_that_ask = st.lists(_asking_steps, min_size=1, max_size=3).map(_compile)
"""The same, with steps that ask a person."""

programs = st.lists(_steps, min_size=1, max_size=3).map(_compile)
"""Programs of agents, pure skills and all containers, with retries, timeouts, back-off and fallbacks."""
