"""Reading leniently: unknown keys are left out and told, and nothing else is let through."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.builders import make_reader
from tests.workflow.any_workflow import documents
from workflow import Severity, SpecError, Workflow, compile_program, parse_patch, parse_workflow
from workflow import patch_workflow as patch

FOREIGN = """\
version: "0.1"
owner: {team: a}   # theirs
steps:
  - {name: a, uses: flujo.value.pass, colour: red}
  - kind: parallel
    name: p
    branches:
      x: [{name: b, uses: flujo.value.pass, config: {timeout_s: 3, eagerness: 2}}]
"""
FILES = make_reader({"p.md": "Be kind.", "o.yaml": "steps: [{name: x, uses: flujo.value.pass}]"})


def read(text: str = FOREIGN) -> Workflow:
    return parse_workflow(text, path="w.yaml", lenient=True)


def test_each_ignored_key_is_told_at_its_place() -> None:
    told = [(found.id, found.pointer, found.line, found.column) for found in read().warnings]
    assert told == [
        ("ignored-key", "/owner", 2, 1),
        ("ignored-key", "/steps/0/colour", 4, 39),
        ("ignored-key", "/steps/1/branches/x/0/config/eagerness", 8, 68),
    ]
    assert all(found.severity is Severity.WARNING for found in read().warnings)


def test_the_rest_is_what_the_spec_says_without_them() -> None:
    workflow = read()
    assert workflow.spec.steps[0].name == "a"
    assert "colour" not in workflow.nodes[0].raw
    assert len(compile_program(workflow).leaves) == 2


def test_what_is_ignored_still_counts_in_the_hash() -> None:
    assert read().spec_sha256 != read(FOREIGN.replace("red", "blue")).spec_sha256


def test_a_strict_reading_refuses_the_same_keys() -> None:
    with pytest.raises(SpecError) as refused:
        parse_workflow(FOREIGN)
    assert {found.id for found in refused.value.diagnostics} == {"unknown-key"}
    assert len(refused.value.diagnostics) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps: [{name: a, uses: agents.nobody, colour: red}]", "dangling-agent"),
        ("steps: [{name: a, kind: novel, colour: red}]", "unknown-kind"),
        ("steps: [{uses: flujo.value.pass, colour: red}]", "missing-key"),
        (
            "steps: [{name: a, uses: flujo.value.pass, config: {timeout_s: -1}, x: 1}]",
            "invalid-value",
        ),
    ],
)
def test_what_is_wrong_beside_them_is_still_refused(text: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        read(text)
    assert told in {found.id for found in refused.value.diagnostics}


def test_a_container_under_an_ignored_key_is_no_step() -> None:
    text = "steps: [{name: h, kind: hitl, fallback: {name: f, uses: flujo.value.pass}}]"
    assert [node.step_id for node in read(text).nodes] == ["h"]


def test_a_patch_leaves_the_ignored_keys_as_they_are() -> None:
    operation: JsonValue = {"op": "add", "path": "/steps/0/config", "value": {"max_retries": 2}}
    after = patch(read(), parse_patch([operation]))
    assert "owner: {team: a}   # theirs" in after.text
    assert [found.id for found in after.warnings] == ["ignored-key"] * 3


def test_a_patch_may_move_and_remove_ignored_keys_with_their_steps() -> None:
    move: JsonValue = {"op": "move", "from": "/steps/0", "path": "/steps/1"}
    assert len(patch(read(), parse_patch([move])).warnings) == 3
    assert len(patch(read(), parse_patch([{"op": "remove", "path": "/steps/0"}])).warnings) == 2


@pytest.mark.parametrize(
    ("path", "value"),
    [("/steps/0/flavour", 1), ("/steps/0/colour", "blue"), ("/owner/team", "b")],
)
def test_a_patch_may_not_write_what_nobody_understands(path: str, value: JsonValue) -> None:
    with pytest.raises(SpecError, match="unknown-key"):
        patch(read(), parse_patch([{"op": "add", "path": path, "value": value}]))


@given(documents, st.sampled_from(["note", "x-y", "on", "0"]))
@settings(deadline=None, max_examples=30)
def test_an_unknown_key_anywhere_changes_nothing_but_the_hash(
    document: dict[str, object], key: str
) -> None:
    plain = parse_workflow(json.dumps(document), read=FILES)
    steps = document["steps"]
    assert isinstance(steps, list)
    marked = {**document, key: 1, "steps": [{**step, key: [1]} for step in steps]}
    lenient = parse_workflow(json.dumps(marked), read=FILES, lenient=True)
    assert lenient.spec == plain.spec
    assert lenient.nodes == plain.nodes
    assert sum(found.id == "ignored-key" for found in lenient.warnings) == 1 + len(steps)
