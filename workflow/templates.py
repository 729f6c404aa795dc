"""Templates in a spec's `input`: `{{ steps.lookup.output.id | upper }}`, compiled once, rendered per run."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import orjson
from pydantic import JsonValue

Names = Mapping[str, JsonValue]
# Each alternative starts with a character of its own: matching never backtracks.
_QUOTED = r"'[^']*'|\"[^\"]*\""
_SLOT = re.compile(r"\{\{((?:[^'\"}]|}(?!})|" + _QUOTED + r")*)\}\}")
_SEGMENT = re.compile(r"(?:[^|'\"]|" + _QUOTED + r")*")
_PATH = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+|\[[0-9]{1,9}\]|\['[^']*'\]|\[\"[^\"]*\"\])*")
_PART = re.compile(r"\.([\w-]+)|\[([0-9]+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_FILTER = re.compile(r"([a-z]+)(?:\(\s*(?:'([^']*)'|\"([^\"]*)\")?\s*\))?")
# Each `tojson` may double a text, and a separator is written once an item: no text may grow beyond bounds.
_MAX_FILTERS = 4
_MAX_ARGUMENT = 200
ROOTS = frozenset({"previous_step", "steps", "context", "input", "this", "iteration"})


class TemplateError(ValueError):
    """Raised for a template that can't be compiled; the message says which part."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One `{{ … }}`: a path into the names, and the filters it goes through."""

    root: str
    path: tuple[str | int, ...]
    filters: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Template:
    """Text with slots; a template that is one slot alone keeps the value's type."""

    pieces: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Slot))


@lru_cache(maxsize=4096)
def compile_template(source: str) -> Template:
    """Compile a template; raises `TemplateError` for syntax, unknown names and unknown filters."""
    if "{%" in source:
        raise TemplateError("{% … %} isn't understood, only {{ name | filter }}")
    pieces: list[str | Slot] = []
    end = 0
    while (start := source.find("{{", end)) >= 0:
        match = _SLOT.match(source, start)
        if match is None:
            raise TemplateError("each {{ needs its }}, and each quote its other")
        if start > end:
            pieces.append(source[end:start])
        pieces.append(_compile_slot(match.group(1).strip()))
        end = match.end()
    if source[end:] or not pieces:
        pieces.append(source[end:])
    return Template(tuple(pieces))


def render(value: JsonValue, names: Names) -> JsonValue:
    """Render every string inside a JSON value; a missing name renders as null, or as nothing inside a text."""
    if isinstance(value, str):
        return _render_text(compile_template(value), names) if "{{" in value else value
    if isinstance(value, list):
        return [render(item, names) for item in value]
    if isinstance(value, dict):
        return {key: render(item, names) for key, item in value.items()}
    return value


def slots_of(value: JsonValue) -> tuple[Slot, ...]:
    """Return every slot inside a JSON value; raises `TemplateError`."""
    if isinstance(value, str):
        return compile_template(value).slots if "{{" in value or "{%" in value else ()
    if isinstance(value, list):
        return tuple(slot for item in value for slot in slots_of(item))
    if isinstance(value, dict):
        return tuple(slot for item in value.values() for slot in slots_of(item))
    return ()


def to_text(value: JsonValue) -> str:
    """Write a value into a text: strings as they are, null as nothing, the rest as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def _compile_slot(source: str) -> Slot:
    head, *filters = [part.strip() for part in _split_pipes(source)]
    if not _PATH.fullmatch(head):
        raise TemplateError(f"{head!r} isn't a name like steps.NAME.output or context.key")
    root = re.split(r"[.\[]", head, maxsplit=1)[0]
    if root not in ROOTS:
        raise TemplateError(f"unknown name {root!r}; known: {', '.join(sorted(ROOTS))}")
    if len(filters) > _MAX_FILTERS:
        raise TemplateError(f"{source!r} goes through more than {_MAX_FILTERS} filters")
    path = tuple(
        int(index) if index else name or single or double
        for name, index, single, double in _PART.findall(head)
    )
    return Slot(root, path, tuple(_compile_filter(text) for text in filters), source)


def _split_pipes(source: str) -> Iterator[str]:
    """Split at the pipes that aren't quoted."""
    start = 0
    while start <= len(source):
        match = _SEGMENT.match(source, start)
        assert match is not None
        yield match.group()
        start = match.end() + 1


def _compile_filter(text: str) -> tuple[str, str]:
    match = _FILTER.fullmatch(text)
    if not match or match.group(1) not in _FILTERS:
        raise TemplateError(f"unknown filter {text!r}; known: {', '.join(sorted(_FILTERS))}")
    argument = match.group(2) or match.group(3) or ""
    if len(argument) > _MAX_ARGUMENT:
        raise TemplateError(
            f"an argument of more than {_MAX_ARGUMENT} characters: {argument[:20]!r}…"
        )
    return match.group(1), argument


def _render_text(template: Template, names: Names) -> JsonValue:
    if len(template.pieces) == 1 and isinstance(template.pieces[0], Slot):
        return _value_of(template.pieces[0], names)
    return "".join(
        piece if isinstance(piece, str) else to_text(_value_of(piece, names))
        for piece in template.pieces
    )


def _value_of(slot: Slot, names: Names) -> JsonValue:
    value: JsonValue = names.get(slot.root)
    for part in slot.path:
        value = _child(value, part)
    for name, argument in slot.filters:
        value = _FILTERS[name](value, argument)
    return value


def _child(value: JsonValue, part: str | int) -> JsonValue:
    if isinstance(value, dict):
        return value.get(str(part))
    if isinstance(value, list) and isinstance(part, int):
        return value[part] if part < len(value) else None
    return None


def _join(value: JsonValue, argument: str) -> JsonValue:
    items = value if isinstance(value, list) else [value]
    return argument.join(to_text(item) for item in items)


def _length(value: JsonValue, _: str) -> JsonValue:
    return len(value) if isinstance(value, str | list | dict) else 0


_FILTERS: dict[str, Callable[[JsonValue, str], JsonValue]] = {
    "join": _join,
    "upper": lambda value, _: to_text(value).upper(),
    "lower": lambda value, _: to_text(value).lower(),
    "length": _length,
    "tojson": lambda value, _: cast("JsonValue", orjson.dumps(value).decode()),
}
