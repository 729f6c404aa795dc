"""Where things are in a YAML text: a light tree of spans made from libyaml's events; no scalar is resolved.

The events come as a stream and nothing here recurses, so hostile input is refused before it costs time or memory.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Never

import yaml
from yaml.reader import ReaderError

from workflow.diagnostics import Diagnostic
from workflow.errors import SpecError
from workflow.pointer import parse_index
from workflow.yaml_lines import BOM, Lines

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 128
MAX_EVENTS = 250_000

Kind = Literal["scalar", "sequence", "mapping", "alias"]
_NODE_WEIGHT = 16


class Node(NamedTuple):
    """One value or key as written.

    It starts at character `start`, at its anchor if it has one; `end` is exact but for block collections. `style` is a
    scalar's quote or block indicator (`""`: plain); an alias has the text of what it stands for.
    """

    kind: Kind
    start: int
    end: int
    style: str = ""
    text: str = ""
    flow: bool = False
    anchor: str | None = None
    keys: tuple["Node", ...] = ()
    values: tuple["Node", ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether it bears an anchor or is an alias."""
        return self.kind == "alias" or self.anchor is not None

    def find(self, part: str | int) -> int | None:
        """Return the position of a key or an index among the values."""
        if self.kind == "mapping":
            return next((i for i, key in enumerate(self.keys) if key.text == part), None)
        index = parse_index(str(part))
        return index if index is not None and index < len(self.values) else None


def build_tree(text: str, *, path: str = "") -> Node | None:
    """Return the root of a text of one document, None for an empty one; raises `SpecError` with line and column.

    Refuses tags, keys that aren't scalars, duplicate keys, unknown aliases, and what is nested or expands too far.
    """
    builder = _Builder(text, path, offset=len(BOM) if text.startswith(BOM) else 0)
    try:
        for event in yaml.parse(text[builder.offset :], yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.index + builder.offset if mark else 0
        builder.refuse("yaml-syntax", f"not YAML: {error.problem or error.context}", at)
    except ReaderError as error:
        builder.refuse("yaml-syntax", f"not text: {error.reason}", error.position + builder.offset)
    except UnicodeEncodeError as error:
        builder.refuse("yaml-syntax", "not text: half a character", error.start + builder.offset)
    return builder.root


class _Opened(NamedTuple):
    """A collection that has started and not ended."""

    kind: Kind
    start: int
    flow: bool
    anchor: str | None
    keys: list[Node]
    values: list[Node]

    @property
    def awaits_key(self) -> bool:
        return self.kind == "mapping" and len(self.keys) == len(self.values)


@dataclass(slots=True)
class _Builder:
    """Puts events together; `opened` holds the collections around the next event, outermost first."""

    text: str
    path: str
    offset: int
    root: Node | None = None
    opened: list[_Opened] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)
    """Of anchored nodes, by `id`, so that each part of the tree is weighed once."""
    expanded: int = 0
    documents: int = 0
    events: int = 0

    def take(self, event: yaml.Event) -> None:
        take = _TAKERS.get(type(event))
        if take:
            take(self, event)
        self.events += 1
        if self.events > MAX_EVENTS:
            self.refuse(
                "yaml-too-large", f"more than {MAX_EVENTS:,} keys and values", len(self.text)
            )

    def take_scalar(self, event: Any) -> None:
        start = event.start_mark.index + self.offset
        end = event.end_mark.index + self.offset
        if event.tag is not None:
            self._refuse_tag(event.tag, start)
        self._place(Node("scalar", start, end, event.style or "", event.value, anchor=event.anchor))

    def take_start(self, event: Any) -> None:
        start = event.start_mark.index + self.offset
        if event.tag is not None:
            self._refuse_tag(event.tag, start)
        if len(self.opened) == MAX_DEPTH:
            self.refuse("yaml-too-deep", f"nested more than {MAX_DEPTH} deep", start)
        if self.opened and self.opened[-1].awaits_key:
            self._refuse_key(start)
        kind: Kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        self.opened.append(_Opened(kind, start, bool(event.flow_style), event.anchor, [], []))

    def take_end(self, event: Any) -> None:
        opened = self.opened.pop()
        self._refuse_duplicates(opened.keys)
        self._place(
            Node(
                kind=opened.kind,
                start=opened.start,
                end=event.end_mark.index + self.offset,
                flow=opened.flow,
                anchor=opened.anchor,
                keys=tuple(opened.keys),
                values=tuple(opened.values),
            )
        )

    def take_alias(self, event: Any) -> None:
        start = event.start_mark.index + self.offset
        target = self.anchors.get(event.anchor)
        if target is None:
            self.refuse("yaml-unknown-alias", f"nothing is anchored as {event.anchor!r}", start)
        if target.kind != "scalar" and self.opened and self.opened[-1].awaits_key:
            self._refuse_key(start)
        self.expanded += self.weights[id(target)]
        if self.expanded > MAX_BYTES:
            self.refuse("yaml-alias-bomb", "its aliases expand to more than 4 MiB", start)
        end = event.end_mark.index + self.offset
        self._place(Node("alias", start, end, text=target.text, values=(target,)))

    def take_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            at = event.start_mark.index + self.offset
            self.refuse("yaml-several-documents", "more than one YAML document in a file", at)

    def refuse(self, problem: str, message: str, at: int, hint: str = "") -> Never:
        line, column = Lines(self.text).position(at)
        raise SpecError([Diagnostic(problem, message, hint, self.path, line, column)])

    def _place(self, node: Node) -> None:
        if node.anchor:
            self.anchors[node.anchor] = node
            self.weights[id(node)] = self._weigh(node)
        if not self.opened:
            self.root = node
        elif self.opened[-1].awaits_key:
            self.opened[-1].keys.append(node)
        else:
            self.opened[-1].values.append(node)

    def _weigh(self, node: Node) -> int:
        """Return about the bytes a node takes in memory when its aliases are written out."""
        total, waiting = 0, [node]
        while waiting:
            each = waiting.pop()
            if id(each) in self.weights:
                total += self.weights[id(each)]
                continue
            total += _NODE_WEIGHT + len(each.text)
            waiting += each.keys
            waiting += each.values
        return total

    def _refuse_tag(self, tag: str, at: int) -> Never:
        hint = "remove it, or quote the value if it should start with '!'"
        self.refuse("yaml-tag", f"YAML tags such as {tag!r} aren't understood", at, hint)

    def _refuse_key(self, at: int) -> Never:
        message = "a key must be a string, not a list or a mapping"
        self.refuse("yaml-key-not-a-string", message, at)

    def _refuse_duplicates(self, keys: list[Node]) -> None:
        if len({key.text for key in keys}) == len(keys):
            return
        seen: set[str] = set()
        for key in keys:
            if key.text in seen:
                message = f"key {key.text!r} is written twice in one mapping"
                self.refuse("yaml-duplicate-key", message, key.start)
            seen.add(key.text)


_TAKERS: dict[type, Callable[[_Builder, Any], None]] = {
    yaml.ScalarEvent: _Builder.take_scalar,
    yaml.SequenceStartEvent: _Builder.take_start,
    yaml.SequenceEndEvent: _Builder.take_end,
    yaml.MappingStartEvent: _Builder.take_start,
    yaml.MappingEndEvent: _Builder.take_end,
    yaml.AliasEvent: _Builder.take_alias,
    yaml.DocumentStartEvent: _Builder.take_document,
}
