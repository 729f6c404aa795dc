"""Templates: what they render to, and what they refuse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from workflow.templates import TemplateError, compile_template, render, slots_of, to_text

NAMES: dict[str, JsonValue] = {
    "previous_step": {"id": 7, "tags": ["a", "b"], "note": None},
    "steps": {"look-up": {"output": [{"x": True}]}, "a b": {"output": "spaced"}},
    "context": {"name": "Ada", "a|b": 1, "x}}y": 2},
    "this": "Item",
    "input": [],
    "iteration": 2,
}


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("plain", "plain"),
        ("{{ previous_step.id }}", 7),
        ("{{previous_step}}", NAMES["previous_step"]),
        ("id {{ previous_step.id }}", "id 7"),
        (" {{ previous_step.id }}", " 7"),
        ("{{ previous_step.tags }}!", '["a","b"]!'),
        ("{{ previous_step.note }}", None),
        ("<{{ previous_step.note }}>", "<>"),
        ("{{ steps.look-up.output[0].x }}", True),
        ("{{ steps['a b'].output }}", "spaced"),
        ('{{ steps["a b"].output }}', "spaced"),
        ("{{ steps.nobody.output.x }}", None),
        ("{{ previous_step.tags[9] }}", None),
        ("{{ this | upper }}{{ this|lower }}", "ITEMitem"),
        ("{{ previous_step.tags | join }}", "ab"),
        ("{{ previous_step.tags | join(', ') }}", "a, b"),
        ('{{ previous_step.tags | join(" | ") | upper }}', "A | B"),
        ("{{ previous_step.tags | length }}", 2),
        ("{{ previous_step.id | length }}", 0),
        ("{{ previous_step.tags | tojson }}", '["a","b"]'),
        ("{{ context['a|b'] }}", 1),
        ("{{ context['x}}y'] }}", 2),
        ("{{ iteration }}", 2),
        ("a } b }} c", "a } b }} c"),
        ("", ""),
    ],
)
def test_a_template_renders_and_one_that_is_a_slot_alone_keeps_the_type(
    template: str, rendered: JsonValue
) -> None:
    assert render(template, NAMES) == rendered


def test_templates_inside_lists_and_mappings_are_rendered_and_keys_are_not() -> None:
    value: JsonValue = {"{{ this }}": ["{{ this }}", 1, None], "x": {"y": "{{ this }}s"}}
    assert render(value, NAMES) == {"{{ this }}": ["Item", 1, None], "x": {"y": "Items"}}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ this", "needs its }}"),
        ("{{ this['x }}", "each quote its other"),
        ("{% if this %}", "isn't understood"),
        ("{{ nothing }}", "unknown name 'nothing'"),
        ("{{ }}", "isn't a name"),
        ("{{ this + 1 }}", "isn't a name"),
        ("{{ this.__class__ | shout }}", "unknown filter 'shout'"),
        ("{{ this | }}", "unknown filter ''"),
        ("{{ this || upper }}", "unknown filter ''"),
        ("{{ this[99999999999999999999] }}", "isn't a name"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(template: str, told: str) -> None:
    with pytest.raises(TemplateError, match="(?s)" + told.replace("(", r"\(")):
        compile_template(template)


def test_slots_are_found_at_every_depth() -> None:
    slots = slots_of({"a": ["{{ steps.x.output }}", "{{ this }} {{ context.y }}"], "b": 1})
    assert [(slot.root, slot.path) for slot in slots] == [
        ("steps", ("x", "output")),
        ("this", ()),
        ("context", ("y",)),
    ]


def test_refusing_a_long_hostile_template_takes_no_time() -> None:
    for hostile in ("{{" * 200_000, "{{" + "'" * 200_001, "{{ this " + "|" * 200_000):
        with pytest.raises(TemplateError):
            compile_template(hostile)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40))
def test_compiling_raises_nothing_but_template_errors(text: str) -> None:
    for source in (text, "{{ this" + text, "{{ this | " + text + " }}"):
        try:
            render(source, NAMES)
        except TemplateError:
            continue


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=20), st.text(max_size=20))
def test_the_text_around_a_slot_stays_as_it_is(before: str, after: str) -> None:
    if any(mark in before + after for mark in "{}%"):
        return
    expected: JsonValue = f"{before}Item{after}"
    assert render(f"{before}{{{{ this }}}}{after}", NAMES) == expected


@pytest.mark.parametrize(
    ("value", "written"),
    [("a", "a"), (None, ""), (True, "true"), (1.5, "1.5"), (["é"], '["é"]')],
)
def test_values_are_written_as_people_read_them(value: JsonValue, written: str) -> None:
    assert to_text(value) == written


def test_a_separator_is_short() -> None:
    with pytest.raises(TemplateError, match="more than 200 characters"):
        compile_template(f"{{{{ context.x | join('{'-' * 201}') }}}}")
