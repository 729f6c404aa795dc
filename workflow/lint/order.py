"""What a step reads must exist, may have run by then, and has the fields it is asked for."""

from collections.abc import Iterator

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding, did_you_mean, find_dangling
from workflow.lint.blocks import Place
from workflow.lint.draft import Draft
from workflow.lint.outputs import Giver, Outputs
from workflow.lint.readings import Path, Reading
from workflow.lint.shapes import NoField, look_into

_MOST_FIELDS = 8
# Where so many steps bear one name, nothing is said of what it gives.
_MOST_NAMESAKES = 16


def check_order(reading: Reading, draft: Draft) -> Iterator[Finding]:
    """Find mentions of steps that aren't there, or can't have run yet."""
    for path in reading.paths:
        if path[0] != "steps" or len(path) == 1 or path[1] == "*":
            continue
        name = str(path[1])
        if name not in draft.names:
            yield find_dangling(name, reading.pointer, draft.names, "step")
        elif name not in reading.seen:
            yield Finding(
                "step-not-run",
                reading.pointer,
                f"step {name!r} has never run when {reading.place.node.name!r} reads its output",
                _say_where(name, reading.place, draft),
            )


def check_fields(reading: Reading, giver: Giver) -> Iterator[Finding]:
    """Find mentions of fields that the output doesn't have by its schema."""
    for path in reading.paths:
        found = _find_missing(reading, path, giver)
        if found:
            yield found


def outputs_read(reading: Reading, path: Path, giver: Giver) -> tuple[Outputs, Path] | None:
    """Return the outputs a path starts from and the path below them, None when it starts elsewhere."""
    match path:
        case ("previous_step", *rest) if reading.before:
            return giver.outputs_of(reading.before), tuple(rest)
        case ("steps", str(name), "output", *rest) if name in reading.seen:
            places = reading.seen[name]
            outputs = [giver.outputs_of(place) for place in places[:_MOST_NAMESAKES]]
            known = outputs if all(outputs) and len(places) <= _MOST_NAMESAKES else []
            return tuple(schema for each in known for schema in each), tuple(rest)
    return None


def _find_missing(reading: Reading, path: Path, giver: Giver) -> Finding | None:
    if len(path) > 2 and path[0] == "steps" and path[2] not in ("output", "*"):
        missing = NoField(str(path[2]), ("output",), certain=True)
        return _finding(reading, path, missing) if path[1] in reading.seen else None
    source = outputs_read(reading, path, giver)
    if source is None or not source[0]:
        return None
    found = [look_into(schema, source[1]) for schema in source[0]]
    missing_in = [each for each in found if isinstance(each, NoField)]
    if len(missing_in) < len(found):
        return None
    worst = next((each for each in missing_in if not each.certain), missing_in[0])
    return _finding(reading, path, worst)


def _finding(reading: Reading, path: Path, missing: NoField) -> Finding:
    mention = ".".join(map(str, path))
    near = did_you_mean(missing.name, missing.known)
    fields = ", ".join(missing.known[:_MOST_FIELDS])
    known = near or (f"it has {fields}" if fields else "it has no fields")
    if missing.certain:
        message = f"{mention!r}: there is never a field {missing.name!r}, so this is always null"
        return Finding("unknown-field", reading.pointer, message, known)
    message = f"{mention!r}: the output's schema names no field {missing.name!r}"
    hint = near or "declare it in the schema, or fix the name"
    return Finding("undeclared-field", reading.pointer, message, hint, Severity.WARNING)


def _say_where(name: str, reader: Place, draft: Draft) -> str:
    """Say why the output isn't to be had, and where it is."""
    named = draft.by_name[name]
    if f"{reader.node.pointer}/".startswith(f"{named.node.pointer}/"):
        return "it is still running then: this step is inside it, or it itself"
    for parent in draft.places:
        if parent.fallback is named:
            return f"it is a fallback: its output is kept as steps.{parent.node.name}.output"
        below = named.node.pointer.startswith(f"{parent.node.pointer}/map/")
        if below and not reader.node.pointer.startswith(f"{parent.node.pointer}/"):
            return f"it runs inside a map, whose outputs are steps.{parent.node.name}.output"
    return "it runs later, or in a branch of its own: move it before this one"
