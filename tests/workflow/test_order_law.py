"""What a step sees when it runs is what a spec may read there: no check refuses it."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from pydantic import JsonValue

from tests.builders import AGENTS, run
from tests.workflow.random_workflows import programs
from workflow import Program, Workflow, compile_program, parse_workflow

ALL = "{{ steps }}"


def name_steps(data: JsonValue) -> JsonValue:
    assert isinstance(data, dict)
    return [name for name, step in data.items() if isinstance(step, dict) and step["output"]]


def fail(data: JsonValue) -> JsonValue:
    raise ValueError(data)


def rewrite(value: Any, inputs: Mapping[str, object], around: str = "") -> Any:
    """Let each leaf read its input; those with a fallback fail, so that the fallback runs."""
    if isinstance(value, list):
        return [rewrite(item, inputs) for item in value]
    if not isinstance(value, dict):
        return value
    written = {key: rewrite(item, inputs, key) for key, item in value.items()}
    if "uses" not in value or around == "wrapped_step":
        return written
    skill = "s:fail" if "fallback" in value else "s:name_steps"
    return {**written, "uses": skill, "input": inputs.get(value["name"], ALL), "config": {}}


def parse(program: Program, inputs: Mapping[str, object]) -> Workflow:
    steps = rewrite(program.workflow.document["steps"], inputs)
    return parse_workflow(f"{AGENTS}steps: {json.dumps(steps)}\n", path="flow.yaml")


@given(programs)
@settings(deadline=None, max_examples=100)
def test_a_step_may_read_every_output_it_sees_in_some_run(program: Program) -> None:
    skills = {"s:name_steps": name_steps, "s:fail": fail}
    result = run(compile_program(parse(program, {})), skills=skills)
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for step in result.steps:
        if isinstance(step.output, list):
            seen[step.name] += [f"{{{{ steps.{name}.output }}}}" for name in step.output]
    assert parse(program, seen).nodes
