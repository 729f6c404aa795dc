"""A strategy: the same document as people of different habits would write it in YAML."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import strategies as st
from pydantic import JsonValue

from tests.workflow.styled_text import any_blocks, wrap_in_quotes
from workflow.edit.layout import write_flow, write_flow_entry
from workflow.edit.scalars import write_scalar

_COMMENTS = ("", "", "", "  # why", "   # {x: [", "  ")
_BEHIND_SCALARS = (*_COMMENTS, " \t", "\t# tab")
_QUOTES = ("", "", "'", '"')
_OLD_BOOLEANS = frozenset({"yes", "no", "on", "off", "y", "n"})
_STARTS = ("", "", "", "---\n", "# top\n\n---  # here\n")


@st.composite
def styled_texts(draw: st.DrawFn, document: JsonValue, *, anchors: bool = False) -> str:
    """Draw a text that says a document; `anchors` may name any of its values."""
    step = draw(st.sampled_from([2, 2, 4]))
    writer = _Writer(draw, step, draw(st.sampled_from([0, 2, step])), anchors)
    if isinstance(document, dict | list) and document:
        lines = [*writer.between(0), *writer.write(document, 0), *writer.between(0)]
        text = "\n".join(lines)
    else:
        text = write_flow(document, flow=False)
    text = draw(st.sampled_from(_STARTS)) + text
    text += draw(st.sampled_from(["\n"] if writer.is_kept else ["\n", "\n", "\n\n", "\n...\n"]))
    text = draw(st.sampled_from(["", "", "\ufeff"])) + text
    return text.replace("\n", "\r\n") if draw(st.integers(0, 5)) == 0 else text


@dataclass
class _Writer:
    draw: st.DrawFn
    step: int
    offset: int
    anchors: bool = False
    is_kept: bool = False
    """Whether the last line belongs to a block that keeps (`+`) every blank line below it."""
    names: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def write(self, value: JsonValue, column: int) -> list[str]:
        """Write a collection that isn't empty as lines at a column."""
        return [line for lines in self._entries(value, column) for line in lines]

    def between(self, column: int) -> list[str]:
        if self.is_kept:
            return []
        choices: list[list[str]] = [[], [], [], [], [""], [" " * column + "# about"]]
        return self.draw(st.sampled_from(choices))

    def _entries(self, value: JsonValue, column: int) -> Iterator[list[str]]:
        if isinstance(value, dict):
            for rank, (key, child) in enumerate(value.items()):
                start = " " * column + self._scalar(key) + ":"
                yield [*(self.between(column) if rank else []), *self._entry(start, child, column)]
        elif isinstance(value, list):
            for rank, child in enumerate(value):
                yield [*(self.between(column) if rank else []), *self._item(child, column)]

    def _entry(self, start: str, value: JsonValue, column: int) -> list[str]:
        start += self._anchor()
        if not isinstance(value, dict | list) or not value or self._is_rare():
            return self._inline(start, value, column)
        self.is_kept = False
        inner = column + (self.step if isinstance(value, dict) else self.offset)
        return [start + self._comment(), *self.between(inner), *self.write(value, inner)]

    def _item(self, value: JsonValue, column: int) -> list[str]:
        anchor = self._anchor()
        start = " " * column + "-" + anchor
        if not isinstance(value, dict | list) or not value or self._is_rare():
            return self._inline(start, value, column)
        self.is_kept = False
        if anchor or self._is_rare():
            return [start + self._comment(), *self.write(value, column + 2)]
        gap = self.draw(st.sampled_from([1, 1, 3]))
        first, *rest = self.write(value, column + 1 + gap)
        return [start + " " * gap + first.lstrip(" "), *rest]

    def _inline(self, start: str, value: JsonValue, column: int) -> list[str]:
        self.is_kept = False
        if isinstance(value, str) and ("\n" in value or self._is_rare()):
            block = self.draw(any_blocks(value, column, self.step))
            if block:
                header, lines = block
                self.is_kept = "+" in header
                return [f"{start} {header}{self._comment()}", *lines]
        if value is None and self.draw(st.booleans()):
            return [start + self._comment()]
        if isinstance(value, dict | list):
            return self._flow(start, value, column)
        first, *rest = self._scalar_lines(value, column)
        return self._behind(f"{start} {first}", rest)

    def _flow(self, start: str, value: dict[str, JsonValue] | list[JsonValue], column: int) -> list[str]:  # fmt: skip
        if not value or not self._is_rare():
            return [f"{start} {write_flow(value)}{self._comment()}"]
        pairs = value.items() if isinstance(value, dict) else [("", child) for child in value]
        written = [write_flow_entry(k, v) if isinstance(value, dict) else write_flow(v) for k, v in pairs]  # fmt: skip
        indent = " " * (column + self.step)
        lines = [f"{indent}{one},{self._comment()}" for one in written]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        return [f"{start} {opening}", *lines, f"{indent}{closing}{self._comment()}"]

    def _behind(self, first: str, rest: list[str]) -> list[str]:
        *above, last = [first, *rest]
        return [*above, last + self.draw(st.sampled_from(_BEHIND_SCALARS))]

    def _scalar_lines(self, value: str | int | float | bool | None, column: int) -> list[str]:
        if isinstance(value, str) and self._is_rare():
            quote = self.draw(st.sampled_from("'\""))
            return wrap_in_quotes(value, quote, column + self.step) or [self._scalar(value)]
        return [self._scalar(value)]

    def _scalar(self, value: str | int | float | bool | None) -> str:
        if isinstance(value, str) and value.lower() in _OLD_BOOLEANS and self.draw(st.booleans()):
            return value
        return write_scalar(value, style=self.draw(st.sampled_from(_QUOTES)))

    def _anchor(self) -> str:
        return f" &a{next(self.names)}" if self.anchors and self._is_rare() else ""

    def _comment(self) -> str:
        return self.draw(st.sampled_from(_COMMENTS))

    def _is_rare(self) -> bool:
        return self.draw(st.integers(0, 4)) == 0
