"""A YAML text with its tree, and the geometry an edit needs: lines, columns, where a value really ends."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from workflow.edit.layout import Layout, column_of, detect_layout
from workflow.errors import EditError
from workflow.patches.pointer import format_pointer
from workflow.yaml_io.yaml_tree import Node, build_tree

_BLANK = " \t\r\n"
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_LINE_END = re.compile(r"[\r\n]|\Z")
_LAST_BREAK = re.compile(r"(?:\r\n|\r|\n)\Z")


class UnspliceableError(Exception):
    """Raised inside this package when a splice can't make an edit; the text is then written anew."""


class Splice(NamedTuple):
    """Puts `text` where `start` to `end` was."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Source:
    """One version of the text while a patch is written into it."""

    text: str
    root: Node | None
    literal: bool = True
    """Whether text of several lines may become a literal block."""

    def after(self, text: str) -> "Source":
        """Return the next version; raises `SpecError` when the text can't be read."""
        return self if text == self.text else Source(text, build_tree(text), self.literal)

    @cached_property
    def layout(self) -> Layout:
        """How the text indents."""
        return detect_layout(self.text, self.root, literal=self.literal)

    def trace(self, parts: Sequence[str | int]) -> list[Node]:
        """Return the nodes from the root to a place; raises `EditError` when an anchor or alias is on the way."""
        if self.root is None:
            return []
        nodes = [self.root]
        self._refuse_shared(self.root, parts)
        for part in parts:
            index = nodes[-1].find(part)
            if index is None:
                raise UnspliceableError
            for node in (*nodes[-1].keys[index : index + 1], nodes[-1].values[index]):
                self._refuse_shared(node, parts)
            nodes.append(nodes[-1].values[index])
        return nodes

    def refuse_shared_inside(self, node: Node, parts: Sequence[str | int]) -> None:
        """Raise `EditError` when an anchor or alias is anywhere in a node."""
        waiting = [node]
        while waiting:
            each = waiting.pop()
            self._refuse_shared(each, parts)
            waiting += [*each.keys, *each.values]

    def column(self, index: int) -> int:
        """Return how many characters stand before one in its line."""
        return column_of(self.text, index)

    def line_start(self, index: int) -> int:
        """Return where the line of a character starts, behind a byte order mark."""
        start = max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1
        return start + 1 if start == 0 and self.text.startswith("\ufeff") else start

    def line_end(self, index: int) -> int:
        """Return where the line of a character ends, before its line break."""
        found = _LINE_END.search(self.text, index)
        return found.start() if found else len(self.text)

    def next_line(self, index: int) -> int:
        """Return where the line below a character starts, the end of the text when there is none."""
        found = _LINE_BREAK.search(self.text, index)
        return found.end() if found else len(self.text)

    def leads_line(self, index: int) -> bool:
        """Whether only spaces stand before a character in its line."""
        return not self.text[self.line_start(index) : index].strip(" ")

    def same_line(self, start: int, end: int) -> bool:
        """Whether no line break stands between two places."""
        return not _LINE_BREAK.search(self.text, start, end)

    def content_end(self, node: Node) -> int:
        """Return where the last character of a value stands, comments and blank lines behind it left out."""
        if node.kind in ("mapping", "sequence") and not node.flow:
            return self.content_end(node.values[-1])
        if node.style in ("|", ">"):
            return self._block_end(node)
        if node.end == node.start:
            return len(self.text[: node.start].rstrip(_BLANK))
        return node.end

    def above_comments(self, index: int) -> int:
        """Return where the comment lines directly above a line start, the line's own start when there are none."""
        start = self.line_start(index)
        column = self.column(index)
        while start > 0:
            above = self.line_start(start - len(self._break_before(start)))
            line = self.text[above:start]
            if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) != column:
                break
            start = above
        return start

    def break_before(self, index: int) -> int:
        """Return where the line break before a line's start stands."""
        return index - len(self._break_before(index))

    def is_blank(self, index: int) -> bool:
        """Whether nothing but blanks stands between a character and the end of its line."""
        return not self.text[index : self.line_end(index)].strip(_BLANK)

    def is_blank_line_above(self, start: int) -> bool:
        """Whether the line above a line's start is blank."""
        if start == 0:
            return False
        above = self.line_start(self.break_before(start))
        return not self.text[above:start].strip(_BLANK)

    def lines_of(self, start: int, end: int) -> list[str]:
        """Return the lines of a span without their breaks."""
        return _LINE_BREAK.split(self.text[start:end])

    def _break_before(self, index: int) -> str:
        if self.text[:index].endswith("\r\n"):
            return "\r\n"
        return self.text[index - 1 : index] if self.text[index - 1 : index] in ("\r", "\n") else ""

    def _block_end(self, node: Node) -> int:
        written = self.text[node.start : node.end]
        if "+" in written.split("\n", 1)[0]:
            return node.start + len(_LAST_BREAK.sub("", written))
        return node.start + len(written.rstrip(_BLANK))

    @staticmethod
    def _refuse_shared(node: Node, parts: Sequence[str | int]) -> None:
        if node.is_shared:
            pointer = format_pointer(parts)
            raise EditError(f"{pointer!r} is written with an anchor or alias; edit it by hand")


def splice(text: str, splices: Sequence[Splice]) -> str:
    """Make replacements that don't overlap; of two at one place the first stays in front."""
    by_place = sorted((each.start, each.end, rank) for rank, each in enumerate(splices))
    for start, end, rank in reversed(by_place):
        text = text[:start] + splices[rank].text + text[end:]
    return text
