"""Where things are in a YAML text: a light tree of spans made from libyaml's events; no scalar is resolved.

The events come as a stream and nothing here recurses, so hostile input is refused before it costs time or memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Never

import yaml
from yaml.reader import ReaderError

from workflow.diagnostics.diagnostic import Diagnostic
from workflow.errors import SpecError
from workflow.patches.pointer import parse_index
from workflow.yaml_io.yaml_lines import BOM, Lines

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 128
MAX_EVENTS = 250_000

_HINTS = (
    ("mapping values are not allowed", "quote a text with ': ' in it"),
    ("tab character", "indent with spaces"),
    ("cannot start any token", "quote a text that begins with this character"),
)

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
            for place, key in enumerate(self.keys):
                if key.text == part:
                    return place
            return None
        index = parse_index(str(part))
        return index if index is not None and index < len(self.values) else None


# A node is made for each of thousands of values: this takes half the time of calling the class.
_make_node: Callable[[tuple[Any, ...]], Node] = partial(tuple.__new__, Node)


def build_tree(text: str, *, path: str = "") -> Node | None:
    """Return the root of a text of one document, None for an empty one; raises `SpecError` with line and column.

    Refuses tags, keys that aren't scalars, duplicate keys, unknown aliases, and what is nested or expands too far.
    """
    builder = _Builder(text, path, offset=len(BOM) if text.startswith(BOM) else 0)
    try:
        builder.take_all(iter(yaml.CSafeLoader(text[builder.offset :]).get_event, None))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.index + builder.offset if mark else 0
        problem = error.problem or error.context or ""
        hint = next((hint for part, hint in _HINTS if part in problem), "")
        builder.refuse("yaml-syntax", f"not YAML: {problem}", at, hint)
    except ReaderError as error:
        builder.refuse("yaml-syntax", f"not text: {error.reason}", error.position + builder.offset)
    except UnicodeEncodeError as error:
        builder.refuse("yaml-syntax", "not text: half a character", error.start + builder.offset)
    return builder.root


_TEXT = attrgetter("text")


class _Opened(NamedTuple):
    """A collection that has started and not ended; `parts` of a mapping are keys and values in turn."""

    kind: Kind
    start: int
    flow: bool
    anchor: str | None
    parts: list[Node]

    @property
    def awaits_key(self) -> bool:
        return self.kind == "mapping" and len(self.parts) % 2 == 0


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

    def take_all(self, events: Iterator[yaml.Event]) -> None:
        for _, event in zip(range(MAX_EVENTS), events, strict=False):
            take = _TAKERS.get(type(event))
            if take:
                take(self, event)
        if next(events, None):
            message = f"more than {MAX_EVENTS:,} keys and values"
            self.refuse("yaml-too-large", message, len(self.text))

    def take_scalar(self, event: Any) -> None:
        start = event.start_mark.index + self.offset
        end = event.end_mark.index + self.offset
        if event.tag is not None:
            self._refuse_tag(event.tag, start)
        style, anchor = event.style or "", event.anchor
        node = _make_node(("scalar", start, end, style, event.value, False, anchor, (), ()))
        if anchor is None and self.opened:
            self.opened[-1].parts.append(node)
        else:
            self._place(node)

    def take_start(self, event: Any) -> None:
        start = event.start_mark.index + self.offset
        if event.tag is not None:
            self._refuse_tag(event.tag, start)
        if len(self.opened) == MAX_DEPTH:
            self.refuse("yaml-too-deep", f"nested more than {MAX_DEPTH} deep", start)
        if self.opened and self.opened[-1].awaits_key:
            self._refuse_key(start)
        kind: Kind = "mapping" if type(event) is yaml.MappingStartEvent else "sequence"
        self.opened.append(_Opened(kind, start, event.flow_style, event.anchor, []))

    def take_end(self, event: Any) -> None:
        kind, start, flow, anchor, parts = self.opened.pop()
        keys, values = (parts[::2], parts[1::2]) if kind == "mapping" else ((), parts)
        if len(set(map(_TEXT, keys))) < len(keys):
            self._refuse_duplicates(keys)
        end = event.end_mark.index + self.offset
        self._place(
            _make_node((kind, start, end, "", "", bool(flow), anchor, tuple(keys), tuple(values)))
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
            self._remember(node)
        if self.opened:
            self.opened[-1].parts.append(node)
        else:
            self.root = node

    def _remember(self, node: Node) -> None:
        self.anchors[str(node.anchor)] = node
        self.weights[id(node)] = self._weigh(node)

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
        hint = 'quote a template: "{{ … }}"' if self.text[at - 1 : at + 1] == "{{" else ""
        self.refuse("yaml-key-not-a-string", message, at, hint)

    def _refuse_duplicates(self, keys: Iterable[Node]) -> None:
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
