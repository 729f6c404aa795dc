"""YAML text → plain JSON data that knows where in the text it came from.

The gate is strict: YAML 1.2 as `ryaml` reads it, less everything that two parsers read differently or that isn't JSON.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import ryaml
from pydantic import JsonValue

from workflow.diagnostics.diagnostic import Diagnostic
from workflow.errors import SpecError
from workflow.patches.pointer import parse_pointer
from workflow.yaml_io.yaml_lines import BOM, Lines, Position
from workflow.yaml_io.yaml_tree import MAX_BYTES, Node, build_tree

_PLACE = re.compile(r"(?P<message>.*?) at line (?P<line>\d+) column (?P<column>\d+)", re.DOTALL)

_WHOLE = re.compile(r"[-+]?[0-9]+")
_TOO_LARGE = "an integer of more digits than any reader keeps"
_QUOTE = "quote it, if it is a name"


@dataclass(frozen=True)
class YamlDocument:
    """A text and the JSON data it says; `root` is None when it says nothing."""

    text: str
    value: JsonValue
    root: Node | None = field(default=None, repr=False, compare=False)

    def position(self, pointer: str) -> Position:
        """Return where the key or the item at a JSON Pointer starts, or what encloses it when it isn't there."""
        here, found = self.root, self.root
        for part in parse_pointer(pointer):
            index = here.find(part) if here else None
            if here is None or index is None:
                break
            found = here.keys[index] if here.keys else here.values[index]
            here = _written_out(here.values[index])
        return self._lines.position(found.start if found else 0)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)


def parse_yaml(text: str, *, path: str = "") -> YamlDocument:
    """Parse one YAML 1.2 document into JSON data; raises `SpecError`, whose diagnostics carry line and column.

    Anchors and aliases are read; tags, merge keys, duplicate keys, keys that aren't strings, numbers that aren't
    finite, more than 4 MiB, and nesting or alias expansion beyond reason are refused.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise SpecError([Diagnostic("yaml-too-large", "larger than 4 MiB", path=path)])
    root = build_tree(text, path=path)
    try:
        value = ryaml.loads(text.removeprefix(BOM))  # type: ignore[attr-defined]  # it re-exports implicitly
    except ValueError as error:
        raise SpecError([_explain(str(error), path)]) from error
    problems = _find_problems(value, root)
    if problems:
        lines = Lines(text)
        raise SpecError([problem.diagnose(lines, path) for problem in problems])
    return YamlDocument(text, value, root)


class _Problem(NamedTuple):
    id: str
    message: str
    hint: str
    node: Node

    def diagnose(self, lines: Lines, path: str) -> Diagnostic:
        line, column = lines.position(self.node.start)
        return Diagnostic(self.id, self.message, self.hint, path, line, column)


def _explain(message: str, path: str) -> Diagnostic:
    place = _PLACE.match(message)
    if not place:
        return Diagnostic("yaml-syntax", f"not YAML: {message}", path=path)
    line, column = int(place["line"]), int(place["column"])
    if "128" in place["message"]:
        return Diagnostic("yaml-integer-too-large", _TOO_LARGE, _QUOTE, path, line, column)
    message = f"not YAML: {place['message']}"
    return Diagnostic("yaml-syntax", message, path=path, line=line, column=column)


def _find_problems(value: object, root: Node | None) -> list[_Problem]:
    """Walk data and tree side by side; what an alias stands for was looked at under its anchor."""
    found: list[_Problem] = []
    waiting: list[tuple[Iterable[object], Sequence[Node]]] = [([value], [root])] if root else []
    while waiting:
        values, nodes = waiting.pop()
        for child, node in zip(values, nodes, strict=isinstance(values, list)):
            if isinstance(child, str) or node.kind == "alias":
                continue
            if isinstance(child, dict):
                if "<<" in child or set(map(type, child)) != {str}:
                    found += _find_key_problems(child, node)
                waiting.append((child.values(), node.values))
            elif isinstance(child, list):
                waiting.append((child, node.values))
            elif isinstance(child, float):
                found += _find_number_problem(child, node)
    return sorted(found, key=lambda problem: problem.node.start)


def _find_number_problem(number: float, node: Node) -> Iterator[_Problem]:
    if not math.isfinite(number):
        yield _Problem("yaml-not-finite", f"{number} isn't a JSON number", "", node)
    elif _WHOLE.fullmatch(node.text):
        yield _Problem("yaml-integer-too-large", _TOO_LARGE, _QUOTE, node)


def _find_key_problems(mapping: dict[object, object], node: Node) -> Iterator[_Problem]:
    for key, written in zip(mapping, node.keys, strict=False):
        if not isinstance(key, str):
            message = f"key {written.text!r} is not a string"
            yield _Problem("yaml-key-not-a-string", message, f'quote it: "{written.text}"', written)
        elif key == "<<" and not written.style:
            message = "merge keys (<<) aren't understood"
            hint = "write the merged keys out, or use the alias as the whole value"
            yield _Problem("yaml-merge-key", message, hint, written)


def _written_out(node: Node) -> Node:
    return node.values[0] if node.kind == "alias" else node
