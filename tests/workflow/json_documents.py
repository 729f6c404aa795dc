"""Strategies: JSON documents with awkward strings, and patches that fit them."""

from collections.abc import Iterator

from hypothesis import assume
from hypothesis import strategies as st
from pydantic import JsonValue

from workflow import JsonPatch, Operation, apply_patch, format_pointer
from workflow.patches.patch import OperationName

AWKWARD = (
    "",
    "yes",
    "On",
    "null",
    "~",
    "12:30",
    "0o7",
    "010",
    "1e3",
    "1_000",
    "2001-01-01",
    ".5",
    "<<",
    "=",
    "- x",
    "? x",
    "a: b",
    "a #b",
    "x:",
    "{{ previous_step }}",
    "[x]",
    "it's",
    '"quoted"',
    "back\\slash",
    " lead",
    "trail ",
    "two\nlines",
    "two\nlines\n",
    "\n\n",
    "  indented\nfirst\n",
    "tab\tinside",
    "a\r\nb",
    "\x00\x85\u2028\ufeff",
    "😀 é",
)

strings = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
keys = st.sampled_from(("a", "b", "name", "a/b", "m~n", "0", *AWKWARD[:12])) | strings
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | strings
)
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
documents: st.SearchStrategy[JsonValue] = st.dictionaries(
    keys, values, min_size=1, max_size=4
) | st.lists(values, min_size=1, max_size=4)


@st.composite
def edited_documents(draw: st.DrawFn, at_most: int = 3) -> tuple[JsonValue, JsonPatch]:
    """Draw a document and a patch that fits it."""
    document = draw(documents)
    operations: list[Operation] = []
    running = document
    for _ in range(draw(st.integers(1, at_most))):
        operation = draw(fitting_operations(running))
        operations.append(operation)
        running = apply_patch(running, JsonPatch((operation,)))
    return document, JsonPatch(tuple(operations))


@st.composite
def fitting_operations(draw: st.DrawFn, document: JsonValue) -> Operation:
    """Draw an operation that fits a document."""
    places = list(list_places(document))
    inner = [place for place in places if place]
    ops: list[OperationName] = ["replace", "test", "copy"]
    if isinstance(document, dict | list):
        ops.append("add")
    if inner:
        ops += ["remove", "move"]
    op = draw(st.sampled_from(ops))
    match op:
        case "add":
            return Operation(op, draw(free_paths(document)), draw(values))
        case "replace":
            return Operation(op, format_pointer(draw(st.sampled_from(places))), draw(values))
        case "test":
            place = draw(st.sampled_from(places))
            return Operation(op, format_pointer(place), value_at(document, place))
        case "remove":
            return Operation(op, format_pointer(draw(st.sampled_from(inner))))
        case "copy":
            origin = draw(st.sampled_from(places))
            return Operation(op, draw(free_paths(document)), from_path=format_pointer(origin))
        case "move":
            leaving = format_pointer(draw(st.sampled_from(inner)))
            rest = apply_patch(document, JsonPatch((Operation("remove", leaving),)))
            target = draw(free_paths(rest))
            assume(not target.startswith(f"{leaving}/"))
            return Operation(op, target, from_path=leaving)


@st.composite
def free_paths(draw: st.DrawFn, document: JsonValue) -> str:
    """Draw a path that something can be added at."""
    if not isinstance(document, dict | list):
        return ""
    places = [
        place
        for place in list_places(document)
        if isinstance(value_at(document, place), dict | list)
    ]
    place = draw(st.sampled_from(places))
    inside = value_at(document, place)
    indices = ["-", *map(str, range(len(inside) + 1))] if isinstance(inside, list) else []
    last = draw(st.sampled_from(indices) if indices else keys)
    return format_pointer([*place, last])


def list_places(value: JsonValue) -> Iterator[tuple[str | int, ...]]:
    """List where every value is, the root first."""
    yield ()
    pairs: list[tuple[str | int, JsonValue]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    for part, child in pairs:
        for place in list_places(child):
            yield (part, *place)


def value_at(value: JsonValue, place: tuple[str | int, ...]) -> JsonValue:
    """Return what is at a place."""
    for part in place:
        value = value[part]  # type: ignore[index]  # a place in this value
    return value
