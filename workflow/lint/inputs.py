"""What flows into a step must be able to fit the step's `input_schema`."""

from collections.abc import Iterator

from pydantic import JsonValue

from workflow.diagnostics.findings import Finding
from workflow.lint.order import outputs_read
from workflow.lint.outputs import Giver, Outputs, look_into_all, or_null, shape_of_input
from workflow.lint.readings import Reading
from workflow.lint.shapes import Schema, explain_misfit
from workflow.templates import Slot

_ITEMS: Schema = {"type": ["array", "string"]}
_OUTPUTS = ("steps.", "previous_step.")


def check_input(reading: Reading, giver: Giver) -> Iterator[Finding]:
    """Find inputs no value of which can fit: the step would fail in every run."""
    if reading.part == "map/iterable_input":
        yield from _check_items(reading, giver)
        return
    node = reading.place.node
    takes = node.raw.get("input_schema")
    if reading.part != "input" or not isinstance(takes, dict) or node.kind == "hitl":
        return
    problems = [explain_misfit(gives, takes) for gives in _outputs_in(reading, giver)]
    if problems and all(problems):
        source = "its `input`" if "input" in node.raw else f"what {_name_before(reading)!r} gives"
        yield Finding(
            "input-misfit",
            f"{node.pointer}/input_schema",
            f"{source} can never fit the input_schema of {node.name!r}: {problems[0]}",
            "change one of the two schemas, or say what goes in with `input:`",
        )


def _check_items(reading: Reading, giver: Giver) -> Iterator[Finding]:
    """Find maps over what is never a list; a text is the name of a key of the context."""
    inner = reading.place.node.raw.get("map")
    items = inner.get("iterable_input") if isinstance(inner, dict) else None
    if isinstance(items, str) and items.startswith(_OUTPUTS):
        problem, hint = f"{items!r} is a text", f'write "{{{{ {items} }}}}"'
    else:
        problems = [explain_misfit(gives, _ITEMS) for gives in _shape(items, reading, giver)]
        problem = problems[0] if problems and all(problems) else ""
        hint = "name the list in it, or turn it into one in a step before"
    if problem:
        message = f"map {reading.place.node.name!r} never gets a list: {problem}"
        yield Finding("input-misfit", reading.pointer, message, hint)


def _outputs_in(reading: Reading, giver: Giver) -> Outputs:
    raw = reading.place.node.raw
    if "input" not in raw:
        return giver.outputs_of(reading.before) if reading.before else ()
    return _shape(raw["input"], reading, giver)


def _shape(value: JsonValue, reading: Reading, giver: Giver) -> Outputs:
    """Return what a template becomes."""

    def resolve(slot: Slot) -> Outputs:
        source = outputs_read(reading, (slot.root, *slot.path), giver)
        if source is None:
            return ()
        found = look_into_all(*source)
        # A value that may be missing, or whose step may not have run, is null.
        return found if slot.root == "previous_step" and not source[1] else or_null(found)

    return shape_of_input(value, resolve)


def _name_before(reading: Reading) -> str:
    return reading.before.node.name if reading.before else ""
