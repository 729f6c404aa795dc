"""Workflows written in Python are the ones that YAML holds: every kind, the same document, the same hash."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from app.cli.main import run_command
from tests.workflow.any_workflow import documents, parse_any
from tests.workflow.containers import Json
from tests.workflow.some_skills import is_short, shorten
from workflow import Flow, SkillError, SpecError, Workflow
from workflow.json_data import is_identical

REVIEW = """\
version: "0.1"
name: review
agents:
  writer:
    model: sim:small
    system_prompt: |
      Write an answer.
      Be kind.
  critic:
    model: sim:small
    system_prompt: Is it good?
steps:
  - name: draft
    uses: agents.writer
    validators:
      - flujo.check.length
  - kind: loop
    name: refine
    loop:
      max_loops: 3
      exit_expression: previous_step == "yes"
      body:
        - name: review
          uses: agents.critic
policies:
  - id: cheap
    assert: result.total_cost_usd <= 0.05
tests:
  - name: it answers
    input: Why?
    assertions:
      - result.success
"""


def review() -> Flow:
    flow = Flow("review")
    flow.agent("writer", model="sim:small", system_prompt="Write an answer.\nBe kind.\n")
    flow.agent("critic", model="sim:small", system_prompt="Is it good?")
    flow.step("draft", uses="agents.writer", validators=["flujo.check.length"])
    with flow.loop("refine", max_loops=3, exit_expression='previous_step == "yes"'):
        flow.step("review", uses="agents.critic")
    flow.policy("cheap", assert_="result.total_cost_usd <= 0.05")
    flow.test("it answers", input="Why?", assertions=["result.success"])
    return flow


def test_a_flow_is_written_as_a_person_would() -> None:
    assert review().build().to_yaml() == REVIEW


def test_what_was_built_and_what_is_read_back_are_one_version() -> None:
    built = review().build(path="review.flow.yaml")
    read = Workflow.from_yaml(built.to_yaml(), path="review.flow.yaml")
    assert built == read
    assert built.spec_sha256 == read.spec_sha256


def test_a_built_workflow_kept_as_a_file_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    built = review().build()
    Path("review.flow.yaml").write_text(built.to_yaml(), encoding="utf-8")
    arguments = ["run", "review.flow.yaml", "--input", '"Why?"', "--format", "json"]
    assert run_command(arguments) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["steps"][0]["step_id"] == "draft"


@given(documents)
@settings(deadline=None, max_examples=80)
def test_every_kind_of_step_can_be_written(document: Json) -> None:
    expected = parse_any({"name": "any", **branches_as_lists(document)})
    built = rebuild(expected.document).build(read=expected.read)
    assert is_identical(built.document, expected.document)
    assert built.spec_sha256 == expected.spec_sha256


def test_the_parts_of_a_spec_come_in_its_order() -> None:
    flow = Flow("n", score="a", description="d", policy_packs=["pii"], imports={})
    flow.test("t", assertions=["result.success"])
    flow.policy("p", assert_="result.success")
    flow.step("a", uses="agents.w")
    flow.agent("w", model="m")
    keys = "version name description agents steps policies score policy_packs tests"
    assert " ".join(flow.build().document) == keys


def test_functions_become_references() -> None:
    flow = Flow("n")
    flow.step("short", uses=shorten, validators=[is_short, {"id": is_short, "params": {"n": 1}}])
    step = flow.build().document["steps"]
    module = "tests.workflow.some_skills"
    assert step == [
        {
            "name": "short",
            "uses": f"{module}:shorten",
            "validators": [f"{module}:is_short", {"id": f"{module}:is_short", "params": {"n": 1}}],
        }
    ]


def inner_function() -> Callable[..., object]:
    def inside(data: object) -> object:
        return data

    return inside


@pytest.mark.parametrize(
    ("function", "advice"),
    [
        (lambda data: data, "lambda, which has no name; write it as `def`"),
        (inner_function(), "move it to the top level of"),
        (Flow.step, "'Flow.step', which is inside something else"),
        (len, "'len' of 'builtins', which isn't a file; put it into a module"),
        (partial(shorten), "has no name that a spec could refer to; name it as text"),
    ],
)
def test_functions_that_no_spec_can_refer_to_are_refused(
    function: Callable[..., object], advice: str
) -> None:
    with pytest.raises(SkillError) as caught:
        Flow("n").step("a", uses=function)
    assert advice in str(caught.value)


def test_a_function_of_the_script_itself_is_refused() -> None:
    script = "from workflow import Flow\ndef f(data): ...\nFlow('n').step('a', uses=f)\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "put it into a module beside the spec" in done.stderr


def refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(SpecError) as caught:
        act()
    return [str(problem) for problem in caught.value.diagnostics]


def test_errors_name_the_step_instead_of_a_line() -> None:
    flow = Flow("n")
    flow.agent("w", model="m", temprature=1)
    flow.step("a", uses="flujo.value.pass", confg={})
    with flow.parallel("both") as both, both.branch("left"):
        flow.step("b", uses="flujo.value.pass", config={"max_retries": -1})
    with flow.loop("empty"):
        pass
    flow.policy("p", assert_="result.success", action="SHOUT")
    flow.test("t", assertions=[])
    problems = refused(flow.build)
    places = [problem.partition(": ")[0] for problem in problems]
    told = ["agent 'w'", "step 'a'", "step 'both/left/b'", "step 'empty'", "policy 'p'", "test 't'"]
    assert set(places) == set(told)
    assert not any(" line " in problem for problem in problems)


def test_a_name_used_twice_on_a_level_is_told_without_a_line() -> None:
    flow = Flow("n")
    flow.step("a", uses="flujo.value.pass")
    flow.step("a", uses="flujo.value.pass")
    (problem,) = refused(flow.build)
    assert problem.startswith("step 'a': a second step named 'a' on this level; ")


def two_agents() -> None:
    flow = Flow("n")
    flow.agent("w", model="m")
    flow.agent("w", model="m")


def two_branches() -> None:
    flow = Flow("n")
    with flow.parallel("both") as both:
        with both.branch("x"):
            flow.step("a", uses="flujo.value.pass")
        with both.branch("x"):
            flow.step("b", uses="flujo.value.pass")


def fallback_of_nothing() -> None:
    with Flow("n").fallback():
        pass


def empty_cache() -> None:
    with Flow("n").cache("c"):
        pass


def built_inside() -> None:
    flow = Flow("n")
    with flow.loop("l"):
        flow.build()


def no_json() -> None:
    Flow("n").step("a", uses="flujo.value.pass", input={"deep": [Path("x")]})  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (two_agents, "a second agent named 'w'; names are identities: rename one [duplicate-name]"),
        (two_branches, "step 'both': a second branch named 'x'; names are identities"),
        (fallback_of_nothing, "a fallback needs a step above it; write that step first"),
        (empty_cache, "step 'c' holds 0 steps; put exactly one inside"),
        (built_inside, "build() is called inside a `with`; call it behind"),
        (no_json, "step 'a': input can't be written: PosixPath isn't JSON data"),
        (
            lambda: Flow("n", x=float("nan")),
            "flow 'n': x can't be written: nan isn't a JSON number",
        ),
        (Flow("n").build, "'steps' is missing"),
    ],
)
def test_what_makes_no_spec_is_refused(act: Callable[[], object], problem: str) -> None:
    assert refused(act)[0].startswith(problem)


def test_building_again_after_more_calls_leaves_the_first_version_as_it_was() -> None:
    flow = review()
    before = flow.build()
    flow.step("polish", uses="agents.writer")
    after = flow.build()
    assert [node.name for node in after.nodes][-1] == "polish"
    assert before == review().build()


def test_built_in_skills_are_named_as_text() -> None:
    flow = Flow("n")
    flow.step("a", uses="flujo.text.normalise")
    flow.step("b", agent={"id": "flujo.text.truncate", "params": {"max_chars": 3}})
    uses = [node.uses for node in flow.build().nodes]
    assert uses == ["flujo.text.normalise", "flujo.text.truncate"]


def branches_as_lists(value: Any) -> Any:
    """Write every branch as the list it may be abbreviated from, which is how the builder writes it."""
    if isinstance(value, list):
        return [branches_as_lists(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: branches_as_lists(item) for key, item in value.items()}
    for key in ("branches", "states"):
        if isinstance(kept.get(key), dict) and ({"kind", "router_agent"} & set(kept)):
            kept[key] = {name: _as_list(branch) for name, branch in kept[key].items()}
    return kept


def _as_list(branch: Any) -> Any:
    if isinstance(branch, dict):
        return branch.get("steps", [branch])
    return branch


def rebuild(document: Mapping[str, Any]) -> Flow:
    """Write a document anew by calls."""
    rest = copy.deepcopy(dict(document))
    parts = {key: rest.pop(key, default) for key, default in _PARTS.items()}
    flow = Flow(**rest)
    for name, agent in parts["agents"].items():
        flow.agent(name, **agent)
    _add_steps(flow, parts["steps"])
    for policy in parts["policies"]:
        flow.policy(**{key.replace("assert", "assert_"): value for key, value in policy.items()})
    for test in parts["tests"]:
        flow.test(**test)
    return flow


_PARTS: Mapping[str, Any] = {"agents": {}, "steps": [], "policies": [], "tests": []}


def _add_steps(flow: Flow, steps: list[dict[str, Any]]) -> None:
    for written in steps:
        fields = {key: value for key, value in written.items() if key not in ("kind", "fallback")}
        _ADD[written.get("kind", "step")](flow, fields)
        if "fallback" in written:
            with flow.fallback():
                _add_steps(flow, [written["fallback"]])


def _add_branches(add: Any, key: str, flow: Flow, fields: dict[str, Any]) -> None:
    branches = fields.pop(key)
    with add(flow, **fields) as opened:
        for name, steps in branches.items():
            with opened.branch(name):
                _add_steps(flow, steps)


def _add_body(add: Any, key: str, flow: Flow, fields: dict[str, Any]) -> None:
    inside = fields.pop(key)
    body = inside.pop("body")
    with add(flow, **fields, **inside):
        _add_steps(flow, body)


def _add_router(flow: Flow, fields: dict[str, Any]) -> None:
    _add_branches(Flow.dynamic_router, "branches", flow, {**fields, **fields.pop("router")})


def _add_cache(flow: Flow, fields: dict[str, Any]) -> None:
    wrapped = fields.pop("wrapped_step")
    with flow.cache(**fields):
        _add_steps(flow, [wrapped])


_ADD: Mapping[str, Callable[[Flow, dict[str, Any]], None]] = {
    "step": lambda flow, fields: flow.step(**fields),
    "hitl": lambda flow, fields: flow.hitl(**fields),
    "agentic_loop": lambda flow, fields: flow.agentic_loop(**fields),
    "tree_search": lambda flow, fields: flow.tree_search(**fields),
    "loop": partial(_add_body, Flow.loop, "loop"),
    "map": partial(_add_body, Flow.map, "map"),
    "conditional": partial(_add_branches, Flow.conditional, "branches"),
    "parallel": partial(_add_branches, Flow.parallel, "branches"),
    "StateMachine": partial(_add_branches, Flow.state_machine, "states"),
    "dynamic_router": _add_router,
    "cache": _add_cache,
}
