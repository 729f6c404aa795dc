"""Where a character stands in a text, as a person counts."""

import re
from bisect import bisect_right
from typing import NamedTuple

BOM = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")


class Position(NamedTuple):
    """A place in a text; both count from 1, columns in characters."""

    line: int
    column: int


class Lines:
    """The lines of a text, to say where a character is."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
        self._offset = len(BOM) if text.startswith(BOM) else 0

    def position(self, index: int) -> Position:
        """Return line and column of a character; a byte order mark takes no column."""
        line = bisect_right(self._starts, index)
        column = index - self._starts[line - 1] + 1
        return Position(line, max(column - self._offset, 1) if line == 1 else column)
