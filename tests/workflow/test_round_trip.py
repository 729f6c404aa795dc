"""Text in, text out: whatever isn't touched stays, byte for byte."""

import os

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.workflow.any_workflow import documents as specs
from tests.workflow.any_workflow import parse_any
from tests.workflow.containers import Json
from tests.workflow.json_documents import (
    documents,
    edited_documents,
    keys,
    list_places,
    value_at,
    values,
)
from tests.workflow.styled_yaml import styled_texts
from tests.workflow.touched_lines import find_touched_lines
from workflow import (
    EditError,
    JsonPatch,
    Operation,
    Workflow,
    apply_patch,
    edit_text,
    format_pointer,
    parse_yaml,
)
from workflow.json_data import is_identical
from workflow.yaml_io.yaml_writing import write_yaml

TIMES = 10 if os.environ.get("FLUJO_VERIFY") else 1

ODD = """\
# Grüße an alle 😀
%s
version: "0.1"   # kept

name:   odd
description: >2-
  folded
    and deeper

  end


steps:
- name: on     # a word that YAML 1.1 takes for true
  "uses" : 'flujo.value.pass'
  input: {yes: no, "on": [off, ~, 1e3, 0o7],
    wrapped: "in
    quotes"}
  meta: &shared
    keep: |+
      as it is\x20\x20

    again: [ *words , *words ]
    ? long
    : {}
-   name: second
    kind: step
    uses: flujo.value.pass\t
    meta: *shared
... # the end
"""


def odd(words: str = "") -> str:
    return ODD.replace("%s", "---").replace("again: [ *words , *words ]", f"again: [{words}]")


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
def test_a_workflow_is_written_as_it_was_read(ends: str, mark: str) -> None:
    text = mark + odd("1,  2 ,").replace("\n", ends)
    workflow = Workflow.from_yaml(text, path="odd.yaml")
    assert workflow.to_yaml() == text
    assert Workflow.from_yaml(workflow.to_yaml()).spec_sha256 == workflow.spec_sha256


@given(st.data())
@settings(deadline=None, max_examples=60 * TIMES)
def test_any_spec_in_any_style_is_written_as_it_was_read(data: st.DataObject) -> None:
    document: Json = data.draw(specs)
    text = data.draw(styled_texts(parse_any(document).document, anchors=True))
    workflow = parse_any(document, text=text)
    assert workflow.to_yaml().encode() == text.encode()
    assert workflow.spec_sha256 == parse_any(document).spec_sha256


@given(st.data())
@settings(deadline=None, max_examples=100 * TIMES)
def test_a_text_of_any_style_says_its_document(data: st.DataObject) -> None:
    document = data.draw(documents)
    text = data.draw(styled_texts(document, anchors=True))
    assert is_identical(parse_yaml(text).value, document)


@given(st.data())
@settings(deadline=None, max_examples=100 * TIMES)
def test_a_patch_that_changes_nothing_leaves_every_byte_in_any_style(data: st.DataObject) -> None:
    document = data.draw(documents)
    text = data.draw(styled_texts(document, anchors=True))
    operations = [
        Operation(op, format_pointer(place), value_at(document, place))
        for place in list_places(document)
        for op in ("test", "replace")
    ]
    assert edit_text(text, JsonPatch(tuple(operations))) == text


@given(st.data())
@settings(deadline=None, max_examples=150 * TIMES)
def test_lines_outside_of_what_an_operation_names_stay_as_they_are(data: st.DataObject) -> None:
    document, patch = data.draw(edited_documents(1))
    (operation,) = patch.operations
    assume(operation.op in ("replace", "remove", "add"))
    text = data.draw(styled_texts(document))
    edited = edit_text(text, patch)
    assert is_identical(parse_yaml(edited).value, apply_patch(document, patch))
    first, last = find_touched_lines(text, document, operation)
    before, after = text.split("\n"), edited.split("\n")
    above, below = before[:first], before[last + 1 :]
    assert after[: len(above)] == above
    assert after[len(after) - len(below) :] == below


@given(st.data())
@settings(deadline=None, max_examples=60 * TIMES)
def test_an_edit_through_an_anchor_is_refused_and_any_other_is_made(data: st.DataObject) -> None:
    document, patch = data.draw(edited_documents(1))
    text = data.draw(styled_texts(document, anchors=True))
    edited = _edit_or_refuse(text, patch)
    if edited is None:
        assert "&a" in text
    else:
        assert is_identical(parse_yaml(edited).value, apply_patch(document, patch))


@given(st.dictionaries(keys, values, min_size=1, max_size=4))
@settings(deadline=None, max_examples=100 * TIMES)
def test_what_is_written_anew_reads_back_the_same(document: dict[str, JsonValue]) -> None:
    assert is_identical(parse_yaml(write_yaml(document)).value, document)


def _edit_or_refuse(text: str, patch: JsonPatch) -> str | None:
    try:
        return edit_text(text, patch)
    except EditError:
        return None
