"""`loop` and `map`: the same steps again and again."""

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass
from tests.builders import make_program, run
from workflow import Event, StepFinished


def loop(exit_expression: str = "", max_loops: int = 5) -> str:
    given = f', exit_expression: "{exit_expression}"' if exit_expression else ""
    return f"""
- kind: loop
  name: again
  loop: {{max_loops: {max_loops}{given}, body: [{{name: add, uses: s:add}}]}}
"""


def add(data: JsonValue) -> JsonValue:
    assert isinstance(data, int)
    return data + 1


@pytest.mark.parametrize(
    ("exit_expression", "output"),
    [
        ("previous_step >= 3", 3),
        ("steps.add.output >= 3", 3),
        ("iteration == 2", 2),
        ("previous_step > 99", 5),
        ("", 5),
        ("context.missing", 5),
    ],
)
def test_each_round_is_fed_with_the_one_before_until_the_exit_holds(
    exit_expression: str, output: int
) -> None:
    result = run(make_program(loop(exit_expression)), 0, skills={"s:add": add})
    assert result.output == output
    rounds = [step.iteration for step in result.steps if step.step_id == "again/add"]
    assert rounds == list(range(1, output + 1))


def test_a_loop_starts_from_its_own_input() -> None:
    steps = loop(max_loops=1).replace("name: again", "name: again\n  input: 41")
    assert run(make_program(steps), 0, skills={"s:add": add}).output == 42


def test_an_exit_that_can_not_be_evaluated_fails_the_loop() -> None:
    program = make_program(loop("previous_step > 'x'"))
    result = run(program, 0, skills={"s:add": add})
    assert result.error_class is ErrorClass.INVALID_INPUT
    assert len(result.steps) == 2


def each(iterable: str, body: str = "{name: it, uses: flujo.value.pass}") -> str:
    return f"- {{kind: map, name: each, map: {{iterable_input: {iterable}, body: [{body}]}}}}\n"


@pytest.mark.parametrize(
    "iterable",
    ['"{{ context.xs }}"', "xs", "context.xs", "[1, 2, 3]", '[1, "{{ context.two }}", 3]'],
)
def test_a_map_runs_its_body_for_each_item(iterable: str) -> None:
    result = run(make_program(each(iterable)), {"xs": [1, 2, 3], "two": 2})
    assert result.output == [1, 2, 3]
    assert [step.iteration for step in result.steps] == [1, 2, 3, 0]


def test_a_map_of_nothing_gives_nothing() -> None:
    assert run(make_program(each("[]"))).output == []


@pytest.mark.parametrize(
    "iterable", ["nothing", *(f'"{{{{ context.{key} }}}}"' for key in ("text", "object", "number"))]
)
def test_a_map_over_no_list_fails(iterable: str) -> None:
    data: JsonValue = {"text": "xs", "object": {"a": 1}, "number": 3}
    result = run(make_program(each(iterable)), data)
    assert result.error_class is ErrorClass.INVALID_INPUT
    assert "gives no list" in result.error


def test_the_item_is_this_and_rounds_do_not_see_each_other() -> None:
    body = (
        "{name: a, uses: flujo.value.pass},"
        ' {name: b, uses: flujo.value.pass, input: ["{{ this }}", "{{ iteration }}", "{{ steps.b.output }}"]}'
    )
    before = "- {name: b, uses: flujo.value.pass, input: outside}\n"
    result = run(make_program(before + each("[x, y]", body).lstrip("\n")))
    assert result.output == [["x", 1, "outside"], ["y", 2, "outside"]]


def test_visits_count_the_executions_of_a_step_across_rounds() -> None:
    steps = """
- kind: loop
  name: outer
  loop:
    max_loops: 2
    body: [{kind: map, name: inner, map: {iterable_input: [1, 2], body: [{name: leaf, uses: flujo.value.pass}]}}]
"""
    events: list[Event] = []
    run(make_program(steps), listeners=[events.append])
    leaves = [
        (event.visit.number, event.visit.iteration)
        for event in events
        if isinstance(event, StepFinished) and event.visit.node.name == "leaf"
    ]
    assert leaves == [(0, 1), (1, 2), (2, 1), (3, 2)]
