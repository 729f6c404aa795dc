"""Python's parser: the one use of it, and where its nodes stand in the source."""

import ast

from policy_dsl.errors import ExpressionError


class Place:
    """Where a text and its nodes stand: Python counts bytes of the text, we characters of the whole source."""

    __slots__ = ("_is_ascii", "_offset", "_span", "_text")

    def __init__(self, text: str, offset: int, span: tuple[int, int] | None) -> None:
        self._text = text
        self._offset = offset
        self._span = span
        self._is_ascii = text.isascii()

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Return the characters of a node; all of the quoted text if that hides its own behind escapes."""
        if self._span is not None:
            return self._span
        start, end = node.col_offset, node.end_col_offset or 0
        if not self._is_ascii:
            encoded = self._text.encode()
            start, end = len(encoded[:start].decode()), len(encoded[:end].decode())
        return start + self._offset, end + self._offset

    def moved(self, error: ExpressionError) -> ExpressionError:
        """Return an error of the text as one of the whole source."""
        column = self._span[0] + 1 if self._span else error.column + self._offset
        return ExpressionError(error.message, column, error.suggestion)


def parse_python(text: str) -> ast.expr:
    """Return Python's tree of a text that passed the first gate; line breaks are blanks to us."""
    line = text.replace("\n", " ").replace("\t", " ")
    if not line:
        raise ExpressionError("the expression is empty", 1)
    try:
        return ast.parse(line, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        offset = getattr(error, "offset", 0)
        raise ExpressionError("not an expression", offset or len(line) + 1) from None
