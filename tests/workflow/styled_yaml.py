"""A strategy: the same document as people of different habits would write it in YAML."""

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import strategies as st
from pydantic import JsonValue

from workflow.edit.layout import write_flow
from workflow.edit.scalars import can_be_block, write_block, write_scalar

_COMMENTS = ("", "", "", "  # why", "   # {x: [")
_QUOTES = ("", "", "'", '"')


@st.composite
def styled_texts(draw: st.DrawFn, document: JsonValue) -> str:
    """Draw a text that says a document."""
    step = draw(st.sampled_from([2, 2, 4]))
    writer = _Writer(draw, step, draw(st.sampled_from([0, 2, step])))
    if isinstance(document, dict | list) and document:
        lines = [*writer.between(0), *writer.write(document, 0), *writer.between(0)]
    else:
        lines = [write_flow(document, flow=False)]
    text = "\n".join(lines) + draw(st.sampled_from(["\n", "\n", "\n\n"]))
    text = draw(st.sampled_from(["", "", "\ufeff"])) + text
    return text.replace("\n", "\r\n") if draw(st.integers(0, 5)) == 0 else text


@dataclass
class _Writer:
    draw: st.DrawFn
    step: int
    offset: int

    def write(self, value: JsonValue, column: int) -> list[str]:
        """Write a collection that isn't empty as lines at a column."""
        return [line for lines in self._entries(value, column) for line in lines]

    def between(self, column: int) -> list[str]:
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
        if not isinstance(value, dict | list) or not value or self._is_rare():
            return self._inline(start, value, column)
        inner = column + (self.step if isinstance(value, dict) else self.offset)
        return [start + self._comment(), *self.between(inner), *self.write(value, inner)]

    def _item(self, value: JsonValue, column: int) -> list[str]:
        start = " " * column + "-"
        if not isinstance(value, dict | list) or not value or self._is_rare():
            return self._inline(start, value, column)
        if self._is_rare():
            return [start + self._comment(), *self.write(value, column + 2)]
        gap = self.draw(st.sampled_from([1, 1, 3]))
        first, *rest = self.write(value, column + 1 + gap)
        return [start + " " * gap + first.lstrip(" "), *rest]

    def _inline(self, start: str, value: JsonValue, column: int) -> list[str]:
        if isinstance(value, str) and "\n" in value and can_be_block(value):
            header, lines = write_block(value)
            indent = " " * (column + self.step)
            body = [indent + line if line else "" for line in lines]
            return [f"{start} {header}{self._comment()}", *body]
        if value is None and self.draw(st.booleans()):
            return [start + self._comment()]
        written = write_flow(value) if isinstance(value, dict | list) else self._scalar(value)
        return [f"{start} {written}{self._comment()}"]

    def _scalar(self, value: str | int | float | bool | None) -> str:
        return write_scalar(value, style=self.draw(st.sampled_from(_QUOTES)))

    def _comment(self) -> str:
        return self.draw(st.sampled_from(_COMMENTS))

    def _is_rare(self) -> bool:
        return self.draw(st.integers(0, 4)) == 0
