"""Finds the lines of a few places without parsing a long text again: only the part around each place is.

A part is a step at the top with all that is in it, or what stands before or behind the steps. It is believed only when
it says what the document says; else the whole text is parsed.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from workflow.errors import SpecError
from workflow.json_data import is_identical
from workflow.load import Workflow
from workflow.patches.pointer import format_pointer, parse_pointer
from workflow.yaml_io.yaml_text import YamlDocument, parse_yaml

_LINE_END = re.compile(r"\r\n|\r|\n")
_NEXT_KEY = re.compile(r"^(?![\s#-])", re.MULTILINE)


class LineFinder:
    """JSON Pointer → line in the text of a version, counted from 1; what encloses a place that isn't there."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._parts: dict[tuple[int, int], YamlDocument | None] = {}

    def __call__(self, pointer: str) -> int:
        """Return the line."""
        for line in self._lines_in_parts(parse_pointer(pointer)):
            return line
        return self._whole.position(pointer).line

    def _lines_in_parts(self, keys: Sequence[str]) -> Iterator[int]:
        if not keys or not self._tops:
            return
        if keys[0] == "steps" and len(keys) > 1:
            yield from self._line_in_step(keys)
        elif keys[0] != "steps":
            last = self._tops[-1]
            for first, end in (
                (1, self._tops[0]),
                (self._end_of_steps(last), len(self._starts) + 1),
            ):
                yield from self._line_beside(keys, first, end)

    def _line_in_step(self, keys: Sequence[str]) -> Iterator[int]:
        index = int(keys[1]) if keys[1].isdecimal() else len(self._tops)
        if index >= len(self._tops):
            return
        first = self._tops[index]
        is_last = index + 1 == len(self._tops)
        end = self._end_of_steps(first) if is_last else self._tops[index + 1]
        steps = self._workflow.document["steps"]
        assert isinstance(steps, list)
        part = self._parse(first, end)
        if part and is_identical(part.value, [steps[index]]):
            place = format_pointer(["0", *keys[2:]])
            yield first - 1 + part.position(place).line

    def _line_beside(self, keys: Sequence[str], first: int, end: int) -> Iterator[int]:
        part = self._parse(first, end)
        told = part.value if part else None
        wanted = self._workflow.document
        if not part or not isinstance(told, dict) or not (keys[0] in told and keys[0] in wanted):
            return
        if is_identical(told[keys[0]], wanted[keys[0]]):
            yield first - 1 + part.position(format_pointer(keys)).line

    def _parse(self, first: int, end: int) -> YamlDocument | None:
        """Parse the lines from `first` up to `end`, which isn't one of them; None when they aren't YAML alone."""
        if (first, end) not in self._parts:
            try:
                part = parse_yaml(self._workflow.text[self._start(first) : self._start(end)])
            except SpecError:
                part = None
            self._parts[first, end] = part
        return self._parts[first, end]

    def _start(self, line: int) -> int:
        return self._starts[line - 1] if line <= len(self._starts) else len(self._workflow.text)

    def _end_of_steps(self, last: int) -> int:
        """Return the line of the first key at the margin behind the last step, or the one behind the text."""
        found = _NEXT_KEY.search(self._workflow.text, self._start(last + 1))
        if not found or found.start() == len(self._workflow.text):
            return len(self._starts) + 1
        return self._starts.index(found.start()) + 1

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self._workflow.text))]

    @cached_property
    def _tops(self) -> list[int]:
        """The lines of the steps at the top; none unless each stands below the one before."""
        lines = [node.line for node in self._workflow.nodes if not node.parent_id]
        rises = all(one < other for one, other in pairwise(lines))
        return lines if rises else []

    @cached_property
    def _whole(self) -> YamlDocument:
        return parse_yaml(self._workflow.text, path=self._workflow.path)
