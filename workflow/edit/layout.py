"""JSON values as YAML lines, in the manner of the text around them."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from workflow.edit.scalars import can_be_block, write_block, write_scalar
from workflow.yaml_io.yaml_tree import Node


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines of a block collection taken from the text, comments included; the first starts at `column`."""

    lines: tuple[str, ...]
    column: int

    def at(self, column: int) -> list[str]:
        """Return the lines moved to another column, the first one indented too."""
        shift = column - self.column
        first, *rest = self.lines
        return [" " * column + first, *(_shift(line, shift) for line in rest)]


Content = JsonValue | Verbatim


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text indents: `step` for mappings, `sequence_offset` for `- ` below a key; and what ends its lines.

    With `literal`, text of several lines becomes a literal block.
    """

    step: int = 2
    sequence_offset: int = 2
    newline: str = "\n"
    literal: bool = True

    def entry(self, key: str, content: Content, column: int) -> list[str]:
        """Return the lines of `key: …` in a block mapping at a column."""
        start = " " * column + write_key(key) + ":"
        inner = column + (self.sequence_offset if is_sequence(content) else self.step)
        if is_block(content):
            return [start, *self.block(content, inner)]
        head, tail = self.inline(content, column + self.step)
        return [f"{start} {head}", *tail]

    def item(self, content: Content, column: int, gap: int = 1) -> list[str]:
        """Return the lines of `- …` in a block sequence at a column, `gap` spaces behind the dash."""
        start = " " * column + "-" + " " * gap
        if is_block(content):
            first, *rest = self.block(content, len(start))
            return [start + first[len(start) :], *rest]
        head, tail = self.inline(content, column + self.step)
        return [start + head, *tail]

    def block(self, content: Content, column: int) -> list[str]:
        """Return the lines of a collection that isn't empty, at a column."""
        if isinstance(content, Verbatim):
            return content.at(column)
        if isinstance(content, dict):
            return [
                line for key, value in content.items() for line in self.entry(key, value, column)
            ]
        assert isinstance(content, list)
        return [line for value in content for line in self.item(value, column)]

    def inline(self, value: Content, column: int, style: str = "") -> tuple[str, list[str]]:
        """Return what stands behind a key or a dash, and the lines below it (of a literal block, at `column`)."""
        wants_block = isinstance(value, str) and ("\n" in value or style in ("|", ">"))
        if isinstance(value, str) and self.literal and wants_block and can_be_block(value):
            header, lines = write_block(value)
            return header, [" " * column + line if line else "" for line in lines]
        return write_flow(value, style=style, flow=False), []


def is_block(content: Content) -> bool:
    """Whether it takes lines of its own: a collection that isn't empty."""
    return isinstance(content, Verbatim) or (isinstance(content, dict | list) and bool(content))


def is_sequence(content: Content) -> bool:
    """Whether it is written with dashes."""
    return (
        content.lines[0].startswith("-")
        if isinstance(content, Verbatim)
        else isinstance(content, list)
    )


def write_key(key: str, *, style: str = "", flow: bool = False) -> str:
    """Write a key on one line."""
    return write_scalar(key, style=style, flow=flow)


def write_flow(value: Content, *, style: str = "", flow: bool = True) -> str:
    """Write a value on one line; `flow` says whether it will stand inside brackets."""
    assert not isinstance(value, Verbatim)
    if isinstance(value, dict):
        return "{" + ", ".join(write_flow_entry(k, v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write_flow, value)) + "]"
    return write_scalar(value, style=style, flow=flow)


def write_flow_entry(key: str, value: Content) -> str:
    """Write `key: value` for a flow mapping."""
    return f"{write_key(key, flow=True)}: {write_flow(value)}"


def detect_layout(text: str, root: Node | None, *, literal: bool = True) -> Layout:
    """Return how a text indents, by the first nested collection of each kind; two spaces when there is none."""
    newline = "\r\n" if "\r\n" in text else "\n"
    step = next(_offsets(text, root, "mapping"), 2)
    return Layout(step, next(_offsets(text, root, "sequence"), 2), newline, literal)


def _offsets(text: str, root: Node | None, kind: str) -> Iterator[int]:
    waiting = [root] if root else []
    while waiting:
        node = waiting.pop(0)
        if node.flow or node.kind in ("scalar", "alias"):
            continue
        for child in node.values if node.kind == "mapping" else ():
            if child.kind == kind and not child.flow and not child.anchor:
                yield column_of(text, child.start) - column_of(text, node.start)
        waiting += node.values


def column_of(text: str, index: int) -> int:
    """Return how many characters stand before one in its line; a byte order mark isn't one of them."""
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    return index - start - (1 if start == 0 and text.startswith("\ufeff") else 0)


def _shift(line: str, by: int) -> str:
    if not line.strip():
        return line
    return " " * by + line if by >= 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]
