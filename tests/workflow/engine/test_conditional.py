"""`conditional`: its expression names the branch."""

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass
from tests.builders import make_program, run


def route(condition: str, *branches: str, default: str = "") -> str:
    inner = ", ".join(
        f'"{name}": [{{name: at, uses: flujo.value.pass, input: ["{name}", "{{{{ previous_step }}}}"]}}]'
        for name in branches
    )
    more = f"\n  default_branch: {default}" if default else ""
    return f"""
- kind: conditional
  name: route
  condition_expression: "{condition}"
  branches: {{{inner}}}{more}
"""


@pytest.mark.parametrize(
    ("condition", "data", "branch"),
    [
        ("context.kind", {"kind": "b"}, "b"),
        ("context.n > 1", {"n": 2}, "true"),
        ("context.n > 1", {"n": 1}, "false"),
        ("context.n", {"n": 3}, "3"),
        ("previous_step", "b", "b"),
        ("input", "b", "b"),
    ],
)
def test_the_branch_named_by_the_value_runs(condition: str, data: JsonValue, branch: str) -> None:
    result = run(make_program(route(condition, "b", "true", "false", "3")), data)
    assert result.output == [branch, data]
    assert [step.step_id for step in result.steps] == [f"route/{branch}/at", "route"]
    assert result.steps[0].branch == branch


@pytest.mark.parametrize("data", [{"kind": "z"}, {"kind": None}, {}, None])
def test_the_default_branch_runs_when_none_is_named(data: JsonValue) -> None:
    program = make_program(route("context.kind", "a", "b", default="b"))
    assert run(program, data).output == ["b", data]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"kind": "z"}, "gave 'z'; branches are a, b, and no default_branch"),
        ({}, "gave 'nothing'"),
    ],
)
def test_without_a_default_an_unknown_branch_fails_the_step(data: JsonValue, told: str) -> None:
    result = run(make_program(route("context.kind", "a", "b")), data)
    assert result.error_class is ErrorClass.INVALID_INPUT
    assert result.error.startswith("route: the condition")
    assert told in result.error


def test_a_condition_that_can_not_be_evaluated_is_no_reason_to_take_the_default() -> None:
    program = make_program(route("context.kind > 1", "a", default="a"))
    result = run(program, {"kind": "text"})
    assert result.error_class is ErrorClass.INVALID_INPUT
    assert result.error.startswith("route: 'context.kind > 1': ")


def test_a_failure_inside_is_told_by_the_step_that_failed() -> None:
    steps = """
- kind: conditional
  name: outer
  condition_expression: "'x'"
  branches: {x: [{kind: parallel, name: inner, branches: {y: [{name: leaf, uses: s:f}]}}]}
"""
    result = run(make_program(steps), skills={"s:f": lambda _: 1 / 0})
    assert result.error == "outer/x/inner/y/leaf: ZeroDivisionError: division by zero"
    assert [(step.step_id, step.error_class) for step in result.steps] == [
        ("outer/x/inner/y/leaf", ErrorClass.CRASH),
        ("outer/x/inner", ErrorClass.CRASH),
        ("outer", ErrorClass.CRASH),
    ]


def test_what_a_branch_leaves_is_seen_after_it() -> None:
    steps = (
        route("'a'", "a")
        + '- {name: after, uses: flujo.value.pass, input: "{{ steps.at.output[0] }}"}'
    )
    assert run(make_program(steps)).output == "a"
