from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.workflow.json_documents import edited_documents, list_places, strings, value_at
from tests.workflow.styled_yaml import styled_texts
from tests.workflow.touched_lines import find_touched_lines
from workflow import (
    EditError,
    JsonPatch,
    Operation,
    PatchConflictError,
    SpecError,
    apply_patch,
    edit_text,
    format_pointer,
    invert_patch,
    parse_patch,
    parse_yaml,
)
from workflow.edit.scalars import is_plain, write_scalar
from workflow.json_data import is_identical

EXAMPLES = Path(__file__).parents[2] / "examples"

SPEC = """\
# Support triage
version: "0.1"
name: support-triage   # the name
agents:
  classifier: {model: "sim:small", system_prompt: "Classify the ticket."}
  writer:
    model: sim:large
    # how it writes
    model_settings: {max_tokens: 800}

# the steps
steps:
  # first
  - name: classify
    uses: agents.classifier
    input: '{{ context.ticket.text }}'
    config: {timeout_s: 60}   # a minute

  # second
  - name: lookup
    description: |
      Looks up
      the order.

  - kind: conditional
    name: route
    branches:
      billing: [{name: draft, validators: [flujo.check.length]}]
      other:
      - name: x
        uses: agents.writer
      - name: y
        uses: agents.writer  # trailing

# the end
policies:
  - {id: gate, when: result.score >= 0.9}
"""


def edit(text: str, *operations: JsonValue) -> str:
    return edit_text(text, parse_patch(list(operations)))


def diff(before: str, after: str) -> list[str]:
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:3] not in ("---", "+++") and line[:2] != "@@"]


def replace(path: str, value: JsonValue) -> JsonValue:
    return {"op": "replace", "path": path, "value": value}


def add(path: str, value: JsonValue) -> JsonValue:
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> JsonValue:
    return {"op": "remove", "path": path}


def move(origin: str, path: str) -> JsonValue:
    return {"op": "move", "from": origin, "path": path}


def copy(origin: str, path: str) -> JsonValue:
    return {"op": "copy", "from": origin, "path": path}


@pytest.mark.parametrize(
    ("operation", "lines"),
    [
        (
            replace("/steps/0/config/timeout_s", 30),
            [
                "-    config: {timeout_s: 60}   # a minute",
                "+    config: {timeout_s: 30}   # a minute",
            ],
        ),
        (
            replace("/name", "triage"),
            ["-name: support-triage   # the name", "+name: triage   # the name"],
        ),
        (
            replace("/name", "yes"),
            ["-name: support-triage   # the name", '+name: "yes"   # the name'],
        ),
        (
            replace("/steps/0/input", "it's"),
            ["-    input: '{{ context.ticket.text }}'", "+    input: 'it''s'"],
        ),
        (
            replace("/steps/1/description", "Looks up\nthis order.\n"),
            ["-      the order.", "+      this order."],
        ),
        (
            replace("/steps/2/branches/other", []),
            [
                "-      other:",
                "-      - name: x",
                "-        uses: agents.writer",
                "-      - name: y",
                "-        uses: agents.writer  # trailing",
                "+      other: []",
            ],
        ),
        (
            replace("/steps/0/name", {"a": 1, "b": [1, {"c": "two\nlines"}]}),
            [
                "-  - name: classify",
                "+  - name:",
                "+      a: 1",
                "+      b:",
                "+        - 1",
                "+        - c: |-",
                "+            two",
                "+            lines",
            ],
        ),
        (
            replace("/steps/2/branches/billing/0/name", "two\nlines"),
            [
                "-      billing: [{name: draft, validators: [flujo.check.length]}]",
                '+      billing: [{name: "two\\nlines", validators: [flujo.check.length]}]',
            ],
        ),
        (add("/steps/1/config", {"max_retries": 2}), ["+    config:", "+      max_retries: 2"]),
        (
            add("/steps/0/config/max_retries", 2),
            [
                "-    config: {timeout_s: 60}   # a minute",
                "+    config: {timeout_s: 60, max_retries: 2}   # a minute",
            ],
        ),
        (
            add("/steps/2/branches/other/1/config", {"max_retries": 2}),
            ["+        config:", "+          max_retries: 2"],
        ),
        (
            add("/steps/2/branches/other/-", {"name": "z", "input": "a\nb\n"}),
            ["+      - name: z", "+        input: |", "+          a", "+          b"],
        ),
        (
            add("/steps/2/branches/billing/0/validators/0", "flujo.check.json"),
            [
                "-      billing: [{name: draft, validators: [flujo.check.length]}]",
                "+      billing: [{name: draft, validators: [flujo.check.json, flujo.check.length]}]",
            ],
        ),
        (add("/steps/-", {"name": "z"}), ["+  - name: z", "+"]),
        (add("/steps/0", {"name": "z"}), ["+  - name: z", "+"]),
        (add("/tests", [{"name": "t"}]), ["+tests:", "+  - name: t"]),
        (
            remove("/steps/0/name"),
            ["-  - name: classify", "-    uses: agents.classifier", "+  - uses: agents.classifier"],
        ),
        (remove("/steps/0/input"), ["-    input: '{{ context.ticket.text }}'"]),
        (
            remove("/steps/0/config/timeout_s"),
            ["-    config: {timeout_s: 60}   # a minute", "+    config: {}   # a minute"],
        ),
        (
            remove("/policies/0/id"),
            ["-  - {id: gate, when: result.score >= 0.9}", "+  - {when: result.score >= 0.9}"],
        ),
        (
            remove("/steps/2/branches/other/0"),
            ["-      - name: x", "-        uses: agents.writer"],
        ),
        (move("/agents/writer", "/agents/author"), ["-  writer:", "+  author:"]),
        (
            copy("/steps/2/branches/other/1", "/steps/2/branches/other/-"),
            ["+      - name: y", "+        uses: agents.writer  # trailing"],
        ),
    ],
)
def test_an_edit_touches_only_the_lines_it_is_about(operation: JsonValue, lines: list[str]) -> None:
    assert diff(SPEC, edit(SPEC, operation)) == lines


def test_a_moved_step_keeps_its_lines_and_its_comments() -> None:
    lines = SPEC.splitlines()
    first, second = lines[12:18], lines[18:24]
    assert first[0].strip() == "# first"
    assert second[0].strip() == "# second"
    swapped = [*lines[:12], *second, *first, *lines[24:]]
    for operation in (move("/steps/0", "/steps/1"), move("/steps/1", "/steps/0")):
        assert edit(SPEC, operation).splitlines() == swapped


def test_a_step_moved_into_a_branch_keeps_its_quotes_and_comments() -> None:
    moved = edit(SPEC, move("/steps/0", "/steps/1/branches/other/0"))
    assert "        input: '{{ context.ticket.text }}'\n" in moved
    assert "        config: {timeout_s: 60}   # a minute\n" in moved


def test_a_replaced_step_keeps_the_lines_of_what_stays_the_same() -> None:
    step = value_at(parse_yaml(SPEC).value, ("steps", 0))
    assert isinstance(step, dict)
    changed: JsonValue = {**step, "uses": "agents.writer", "config": {"timeout_s": 60, "x": 1}}
    assert diff(SPEC, edit(SPEC, replace("/steps/0", changed))) == [
        "-    uses: agents.classifier",
        "+    uses: agents.writer",
        "-    config: {timeout_s: 60}   # a minute",
        "+    config: {timeout_s: 60, x: 1}   # a minute",
    ]


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ("a:\n", replace("/a", 1), "a: 1\n"),
        ("a: # c\n", replace("/a", {"x": 1}), "a: # c\n  x: 1\n"),
        ("a: 1 # c\n", replace("/a", {"x": 1}), "a: # c\n  x: 1\n"),
        ("a:\n  # in\n  x: 1\nb: 2\n", replace("/a", 3), "a: 3\n  # in\nb: 2\n"),
        ("a:\n  x: 1\n", replace("/a", [1]), "a:\n  - 1\n"),
        ("a:\n- 1\nb:\n", replace("/b", [2]), "a:\n- 1\nb:\n- 2\n"),
        ("a:\n    x: 1\n", add("/b", {"z": 1}), "a:\n    x: 1\nb:\n    z: 1\n"),
        ("{}", add("/a", 1), "{a: 1}"),
        ("a: {}\n", add("/a/x", [1]), "a:\n  x:\n    - 1\n"),
        ("a: {b: {}}\n", add("/a/b/x", [1]), "a: {b: {x: [1]}}\n"),
        ("a: []\n", add("/a/-", "x"), "a: [x]\n"),
        ("a: []\n", add("/a/-", {"x": 1}), "a:\n  - x: 1\n"),
        ("a:\n  - 1\n", remove("/a/0"), "a: []\n"),
        ("a: 1\n", remove("/a"), "{}\n"),
        ("a: 1 # x\nb: 2", remove("/b"), "a: 1 # x\n"),
        ("a: 1\nb: 2", add("/c", 3), "a: 1\nb: 2\nc: 3"),
        ("-   a: 1\n", add("/-", {"b": 2, "c": 3}), "-   a: 1\n-   b: 2\n    c: 3\n"),
        ("- - a\n  - b\n", remove("/0/0"), "- - b\n"),
        ("- - b\n", add("/0/0", "a"), "- - a\n  - b\n"),
        ("-\n  a: 1\n", add("/0/b", 2), "-\n  a: 1\n  b: 2\n"),
        ("- a: 1\n  # about b\n  b: 2\n", remove("/0/a"), "-\n  # about b\n  b: 2\n"),
        (
            "x: >-\n  a b\n  c d\n\n  e\n",
            replace("/x", "a b c X\ne"),
            "x: >-\n  a b\n  c X\n\n  e\n",
        ),
        ("x: a b\n  c d # z\n", replace("/x", "a b C D d"), "x: a b\n  C D d # z\n"),
        ("x: |  # keep\n  a\n", replace("/x", "b\n"), "x: |  # keep\n  b\n"),
        ("x: |\n    a\ny: 1\n", replace("/x", "b\nc"), "x: |-\n    b\n    c\ny: 1\n"),
        ("x: |\n  a", add("/z", 1), "x: |-\n  a\nz: 1"),
        ("- |\n  a\n", replace("/0", "b"), "- |-\n  b\n"),
        ("- x # c\n  # deep\n", replace("/0", "a\nb"), '- "a\\nb" # c\n  # deep\n'),
        (
            "a: [\n  x,  # one\n  y   # two\n]\n",
            add("/a/-", "z"),
            "a: [\n  x,  # one\n  y,   # two\n  z\n]\n",
        ),
        ("a: {\n  b: 1,\n}\n", add("/a/c", 2), "a: {\n  b: 1,\n  c: 2,\n}\n"),
        ("a: {b}\n", replace("/a/b", 1), "a: {b: 1}\n"),
        ("a: {b: 1, c: 2}\n", remove("/a/c"), "a: {b: 1}\n"),
        ("\ufeffa: 1\n", replace("/a", 2), "\ufeffa: 2\n"),
        ("\ufeffa:\n  - 1\n", add("/b", 2), "\ufeffa:\n  - 1\nb: 2\n"),
        ("a: 1\r\nb:\r\n  - x", add("/b/-", "z"), "a: 1\r\nb:\r\n  - x\r\n  - z"),
        ("a: 1\r\n", replace("/a", "x\ny\n"), "a: |\r\n  x\r\n  y\r\n"),
        ("😀: {é: 1} # 😀\n", replace("/😀/é", "𝒳"), "😀: {é: 𝒳} # 😀\n"),
        ("a:\t1\t# tab\n", replace("/a", 2), "a:\t2\t# tab\n"),
        ("---\na: 1\n...\n", add("/b", 2), "---\na: 1\nb: 2\n...\n"),
        ('"a b": 1\n', move("/a b", "/yes"), '"yes": 1\n'),
        ("# top\na: 1\n", replace("", {"b": [1]}), "# top\nb:\n  - 1\n"),
        ("a: 1\n", replace("/a", 1.0), "a: 1.0\n"),
        ("a: 1\n", replace("/a", 1e-7), "a: 1.0e-07\n"),
    ],
)
def test_small_edits(before: str, operation: JsonValue, after: str) -> None:
    assert edit(before, operation) == after


def test_several_operations_are_one_edit() -> None:
    edited = edit(
        SPEC,
        {"op": "test", "path": "/steps/0/name", "value": "classify"},
        replace("/steps/0/config/timeout_s", 30),
        remove("/steps/1"),
        add("/steps/1/config", {"max_retries": 1}),
    )
    assert value_at(parse_yaml(edited).value, ("steps", 1, "config")) == {"max_retries": 1}


@pytest.mark.parametrize(
    "operation",
    [
        replace("/shared/a", 2),
        replace("/again/a", 2),
        replace("/shared", 2),
        remove("/again"),
        add("/again/b", 1),
        copy("/shared", "/third"),
        replace("/holds/deep", {"x": 1}),
        move("/deep/key", "/deep/kee"),
        replace("", {"a": 1}),
    ],
)
def test_an_edit_never_reaches_through_an_anchor(operation: JsonValue) -> None:
    text = "shared: &one {a: 1}\nagain: *one\nholds:\n  deep: [&two 1]\ndeep: {&k key: 1}\n"
    with pytest.raises(EditError, match="anchor"):
        edit(text, operation)


def test_an_edit_beside_an_anchor_is_fine() -> None:
    text = "shared: &one {a: 1}\nagain: *one\nholds: [*one]\nfree: 1\n"
    assert edit(text, replace("/free", 2)) == text.replace("free: 1", "free: 2")
    assert edit(text, move("/holds", "/bears")) == text.replace("holds", "bears")


def test_a_patch_that_does_not_fit_is_a_conflict() -> None:
    with pytest.raises(PatchConflictError):
        edit("a: 1\n", {"op": "test", "path": "/a", "value": True}, replace("/a", 2))


def test_text_that_is_no_yaml_is_no_base() -> None:
    with pytest.raises(SpecError):
        edit("a: [", replace("/a", 2))


def test_what_yaml_cannot_hold_is_refused() -> None:
    with pytest.raises(EditError):
        edit("a: 1\n", replace("/a", 10**40))


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("a:\n  - |+\n    x\n\n\nb: 1 # kept\n", add("/a/-", "y")),
        ("? a\n: b # kept\n? c\n: d\n", remove("/a")),
        ("[a: b, c] # kept\n", add("/0/x", 1)),
    ],
)
def test_what_no_splice_can_do_is_rewritten_with_its_comments(
    text: str, operation: JsonValue
) -> None:
    edited = edit(text, operation)
    patched = apply_patch(parse_yaml(text).value, parse_patch([operation]))
    assert is_identical(parse_yaml(edited).value, patched)
    assert "# kept" in edited or operation == remove("/a")


@given(st.data())
@settings(deadline=None, max_examples=120)
def test_the_edited_text_says_the_patched_document(data: st.DataObject) -> None:
    document, patch = data.draw(edited_documents())
    text = data.draw(styled_texts(document))
    assert is_identical(parse_yaml(text).value, document)
    edited = edit_text(text, patch)
    assert is_identical(parse_yaml(edited).value, apply_patch(document, patch))


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_undoing_an_edit_restores_the_document(data: st.DataObject) -> None:
    document, patch = data.draw(edited_documents())
    text = data.draw(styled_texts(document))
    inverse = invert_patch(document, patch)
    restored = edit_text(edit_text(text, patch), inverse)
    assert is_identical(parse_yaml(restored).value, document)


@given(st.data())
@settings(deadline=None, max_examples=80)
def test_a_patch_that_changes_nothing_leaves_every_byte(data: st.DataObject) -> None:
    document, _ = data.draw(edited_documents(1))
    text = data.draw(styled_texts(document))
    place = data.draw(st.sampled_from(list(list_places(document))))
    path, value = format_pointer(place), value_at(document, place)
    operations = (Operation("test", path, value), Operation("replace", path, value))
    assert edit_text(text, JsonPatch(operations)) == text


@given(st.data())
@settings(deadline=None, max_examples=80)
def test_replacing_a_one_line_value_changes_one_line(data: st.DataObject) -> None:
    document, _ = data.draw(edited_documents(1))
    text = data.draw(styled_texts(document))
    places = [
        place
        for place in list_places(document)
        if _is_short(value_at(document, place)) and _is_on_one_line(text, document, place)
    ]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    new = data.draw(st.sampled_from([7, True, None, "short", "12:30", "{{ x }}"]))
    edited = edit_text(text, JsonPatch((Operation("replace", format_pointer(place), new),)))
    assert _count_changed(text.split("\n"), edited.split("\n")) <= 1


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.flow.yaml")), ids=lambda path: path.stem)
def test_every_one_line_value_of_an_example_can_be_replaced_in_one_line(path: Path) -> None:
    text = path.read_text()
    document = parse_yaml(text).value
    places = [p for p in list_places(document) if _is_short(value_at(document, p))]
    assert places
    for place in places[:: max(1, len(places) // 40)]:
        edited = edit_text(text, JsonPatch((Operation("replace", format_pointer(place), "new"),)))
        assert _count_changed(text.split("\n"), edited.split("\n")) == 1


@given(strings, st.sampled_from(["", "'", '"']), st.booleans())
@settings(deadline=None, max_examples=300)
def test_a_written_string_reads_alike_in_every_version_of_yaml(
    text: str, style: str, flow: bool
) -> None:
    written = write_scalar(text, style=style, flow=flow)
    line = f"[{written}, {written}]" if flow else f"- {written}"
    expected = [text, text] if flow else [text]
    assert parse_yaml(line).value == expected
    assert yaml.safe_load(line) == expected


@pytest.mark.parametrize(
    "text", ["sim:large", "agents.writer", "result.score >= 0.9", "a, b", "x-1"]
)
def test_harmless_strings_stay_plain(text: str) -> None:
    assert is_plain(text)


def _is_short(value: JsonValue) -> bool:
    return value is None or (isinstance(value, int | float | str) and "\n" not in str(value))


def _is_on_one_line(text: str, document: JsonValue, place: tuple[str | int, ...]) -> bool:
    replacing = Operation("replace", format_pointer(place), None)
    first, last = find_touched_lines(text, document, replacing)
    return first == last


def _count_changed(before: Sequence[str], after: Sequence[str]) -> int:
    assert len(before) == len(after)
    return sum(old != new for old, new in zip(before, after, strict=True))
