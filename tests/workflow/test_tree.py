"""Where steps are: identity, pointer and dotted path of every step at every depth, back and forth."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow import Workflow, parse_workflow, parse_yaml_path, resolve
from workflow.patches.pointer import format_pointer

PASS = "uses: flujo.value.pass"
TEXT = f"""\
steps:
  - {{name: plain, {PASS}, fallback: {{name: spare, {PASS}}}}}
  - kind: conditional
    name: route
    condition_expression: context.x
    branches:
      list: [{{name: a, {PASS}}}, {{name: b, {PASS}}}]
      one: {{name: a, {PASS}}}
      block: {{steps: [{{name: a, {PASS}}}]}}
  - {{kind: parallel, name: both, branches: {{left: [{{name: l, {PASS}}}]}}}}
  - {{kind: loop, name: again, loop: {{body: [{{name: x, {PASS}}}]}}}}
  - {{kind: map, name: each, map: {{iterable_input: xs, body: [{{name: x, {PASS}}}]}}}}
  - {{kind: cache, name: kept, wrapped_step: {{name: x, {PASS}}}}}
  - {{kind: dynamic_router, name: pick, router: {{router_agent: a:b, branches: {{z: [{{name: x, {PASS}}}]}}}}}}
  - {{kind: StateMachine, name: machine, start_state: s, states: {{s: [{{name: x, {PASS}}}]}}}}
"""
PLACES = [
    ("plain", "", "", "steps[0]"),
    ("plain/spare", "plain", "", "steps[0].fallback"),
    ("route", "", "", "steps[1]"),
    ("route/list/a", "route", "list", "steps[1].branches.list[0]"),
    ("route/list/b", "route", "list", "steps[1].branches.list[1]"),
    ("route/one/a", "route", "one", "steps[1].branches.one"),
    ("route/block/a", "route", "block", "steps[1].branches.block.steps[0]"),
    ("both", "", "", "steps[2]"),
    ("both/left/l", "both", "left", "steps[2].branches.left[0]"),
    ("again", "", "", "steps[3]"),
    ("again/x", "again", "", "steps[3].loop.body[0]"),
    ("each", "", "", "steps[4]"),
    ("each/x", "each", "", "steps[4].map.body[0]"),
    ("kept", "", "", "steps[5]"),
    ("kept/x", "kept", "", "steps[5].wrapped_step"),
    ("pick", "", "", "steps[6]"),
    ("pick/z/x", "pick", "z", "steps[6].router.branches.z[0]"),
    ("machine", "", "", "steps[7]"),
    ("machine/s/x", "machine", "s", "steps[7].states.s[0]"),
]


def test_every_step_is_listed_parents_first_with_its_place() -> None:
    nodes = parse_workflow(TEXT).nodes
    assert [(n.step_id, n.parent_id, n.branch, n.yaml_path) for n in nodes] == PLACES


def test_a_step_starts_on_its_line() -> None:
    lines = {node.step_id: node.line for node in parse_workflow(TEXT).nodes}
    assert (lines["plain"], lines["route"], lines["route/list/b"], lines["both"]) == (2, 3, 7, 10)


@pytest.mark.parametrize(
    ("name", "step_id", "branch_path"),
    [
        ("a/b", "c/x/a~1b", "steps[0].branches.x[0]"),
        ("a~b", "c/x/a~0b", "steps[0].branches.x[0]"),
        ("a.b", "c/x/a.b", "steps[0].branches.x[0]"),
        ("Grüße 日本", "c/x/Grüße 日本", "steps[0].branches.x[0]"),
    ],
)
def test_names_are_escaped_in_identities_only(name: str, step_id: str, branch_path: str) -> None:
    node = nest(name, "x").nodes[1]
    assert (node.step_id, node.name, node.yaml_path) == (step_id, name, branch_path)


def nest(name: str, branch: str) -> Workflow:
    inner = {"name": name, "uses": "flujo.value.pass"}
    container = {"name": "c", "kind": "parallel", "branches": {branch: [inner]}}
    return parse_workflow(json.dumps({"steps": [container]}, ensure_ascii=False))


names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8
)


@settings(deadline=None, max_examples=50)
@given(names, names)
def test_pointer_and_dotted_path_both_lead_back_to_the_step(name: str, branch: str) -> None:
    workflow = nest(name, branch)
    node = workflow.nodes[1]
    assert resolve(workflow.document, node.pointer) == node.raw
    assert format_pointer(parse_yaml_path(node.yaml_path)) == node.pointer
    assert workflow.node(node.step_id) is node


@settings(deadline=None, max_examples=50)
@given(st.lists(names, unique=True, min_size=1, max_size=5))
def test_different_names_have_different_identities(chosen: list[str]) -> None:
    steps = [{"name": name, "uses": "flujo.value.pass"} for name in chosen]
    nodes = parse_workflow(json.dumps({"steps": steps}, ensure_ascii=False)).nodes
    assert len({node.step_id for node in nodes}) == len(chosen)
