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
            }
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
        steps.map(lambda body: {"kind": "map", "map": {"iterable_input": [1, 2], "body": body}}),
        st.tuples(_leaves, step).map(lambda pair: {**pair[0], "fallback": pair[1]}),
    )


_steps = st.recursive(_leaves, _containers, max_leaves=5)


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


programs = st.lists(_steps, min_size=1, max_size=3).map(_compile)
"""Programs of agents, pure skills and all containers, with retries, timeouts, back-off and fallbacks."""
