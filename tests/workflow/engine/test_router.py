"""Dynamic routers: who chooses, what may be chosen, and that the chosen run at once."""

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass
from tests.builders import make_program, record, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import NotExecutableError, compile_program, parse_workflow, replay_recordings

ROUTER = """
- kind: dynamic_router
  name: r
  config: {max_retries: 2}
  router:
    router_agent: agents.reader
    branches:
      x: [{name: a, uses: agents.writer}]
      y: {name: b, uses: agents.writer}
      "z/z": {steps: [{name: c, uses: flujo.value.pass}]}
"""


def agents_that_choose(*choices: JsonValue | Answer) -> ScriptedAgents:
    answers = [one if isinstance(one, Answer) else Answer(one) for one in choices]
    return ScriptedAgents({"reader": answers, "writer": [Answer("w", 3.0)]})


@pytest.mark.parametrize(
    ("choice", "output"),
    [
        ("x", {"x": "w"}),
        (" z/z\n", {"z/z": "in"}),
        (["y", "x"], {"y": "w", "x": "w"}),
        (["x", "x"], {"x": "w"}),
        ([], {}),
    ],
)
def test_the_output_maps_the_chosen_names_to_what_they_gave(
    choice: JsonValue, output: JsonValue
) -> None:
    assert run(make_program(ROUTER), "in", agents=agents_that_choose(choice)).output == output


def test_chosen_branches_run_at_once() -> None:
    result = run(make_program(ROUTER), agents=agents_that_choose(["x", "y"]))
    assert result.latency_s == 3.0


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("w", "the router gave 'w'; branches are x, y, z/z"),
        (["x", "w"], "the router gave 'w'; branches are x, y, z/z"),
        ({"name": "x"}, "neither a name nor a list of names; branches are x, y, z/z"),
        (["x", 1], "neither a name nor a list of names"),
        (None, "neither a name nor a list of names"),
    ],
)
def test_any_other_choice_fails_and_names_the_branches(choice: JsonValue, told: str) -> None:
    result = run(make_program(ROUTER), agents=agents_that_choose(choice))
    assert result.error_class is ErrorClass.INVALID_INPUT
    assert told in result.error


def test_the_chooser_is_a_step_of_its_own_with_the_router_s_settings() -> None:
    busy = Answer(error=ErrorClass.UNAVAILABLE)
    result = run(make_program(ROUTER), agents=agents_that_choose(busy, busy, "x"))
    chooser = result.steps[0]
    assert (chooser.step_id, chooser.attempts) == ("r/router_agent", 3)
    plan = make_program(ROUTER).leaves["r/router_agent"]
    assert plan.node.yaml_path == "steps[0].router.router_agent"


def test_no_template_finds_the_chooser_by_its_name() -> None:
    steps = ROUTER + "- {name: end, uses: flujo.value.pass, input: '{{ steps.r.output }}'}"
    result = run(make_program(steps), agents=agents_that_choose("x"))
    assert result.output == {"x": "w"}
    assert "router_agent" not in result.context


def test_a_skill_may_choose_by_what_it_is_given() -> None:
    steps = ROUTER.replace("agents.reader", "s:choose")
    result = run(
        make_program(steps), {"n": 3}, agents=agents_that_choose(), skills={"s:choose": choose}
    )
    assert result.output == {"x": "w"}


def choose(data: dict[str, int]) -> str:
    return "x" if data["n"] > 2 else "y"


def test_a_choice_is_recorded_and_replayed() -> None:
    program = make_program(ROUTER)
    recording = record(program, agents=agents_that_choose("y"))
    (replayed,) = replay_recordings(program, [recording])
    assert (replayed.reproduces, replayed.drawn, replayed.result.output) == (True, 0, {"y": "w"})


def test_an_imported_workflow_can_not_choose() -> None:
    text = "imports: {o: o.yaml}\nsteps:" + ROUTER.replace("agents.reader", "imports.o").replace(
        "agents.writer", "flujo.value.pass"
    )
    child = "steps: [{name: s, uses: flujo.value.pass}]"
    workflow = parse_workflow(text, read=lambda _: child)
    with pytest.raises(NotExecutableError, match=r"an imported router .* name an agent or a skill"):
        compile_program(workflow)
