"""Which lines of a YAML text an operation is about: worked out from the tree, apart from the editor's geometry."""

from pydantic import JsonValue

from tests.workflow.json_documents import value_at
from workflow import Operation, parse_pointer
from workflow.yaml_io.yaml_tree import Node, build_tree

Span = tuple[int, int]
"""First and last line, both from 0."""


def find_touched_lines(text: str, document: JsonValue, operation: Operation) -> Span:
    """Return the lines that an `add`, `remove` or `replace` may change; new lines may come at either end of them."""
    root = build_tree(text)
    parts = _locate(document, operation)
    if root is None or not parts:
        return 0, _line(text, len(text))
    parent = _descend(root, parts[:-1])
    if parent.flow or not parent.values:
        return _span(text, root, parts[:-1])
    index = parent.find(parts[-1])
    if operation.op == "add" and (index is None or parent.kind == "sequence"):
        return _span_beside(text, parent, index)
    assert index is not None
    if operation.op != "remove":
        return _span(text, root, parts)
    return _span_of_removed(text, root, parts, index)


def _span_beside(text: str, parent: Node, index: int | None) -> Span:
    """What is put first touches the first line; what is put elsewhere may seal the value above it."""
    if index == 0:
        return _line(text, parent.start), _line(text, parent.start)
    above = _last_leaf(parent.values[index - 1 if index else -1])
    return _line(text, above.start), _end(text, above)


def _span_of_removed(text: str, root: Node, parts: list[str | int], index: int) -> Span:
    """An only child leaves its parent empty; one blank line goes along, and the next one may take the first's line."""
    parent = _descend(root, parts[:-1])
    if len(parent.values) == 1:
        return _span(text, root, parts[:-1])
    first, last = _span(text, root, parts)
    lines = text.splitlines()
    first -= first > 0 and not lines[first - 1].strip("\ufeff \t")
    last += last + 1 < len(lines) and not lines[last + 1].strip()
    if index == 0:
        beginning = (parent.keys or parent.values)[1].start
        last = max(last, _line(text, beginning))
    return first, last


def _span(text: str, root: Node, parts: list[str | int]) -> Span:
    """From the key or the dash to the last character of the value."""
    node = _descend(root, parts)
    if not parts:
        return _line(text, node.start), _end(text, _last_leaf(node))
    parent = _descend(root, parts[:-1])
    index = parent.find(parts[-1])
    assert index is not None
    if parent.keys:
        return _line(text, parent.keys[index].start), max(
            _line(text, parent.keys[index].start), _end(text, _last_leaf(node))
        )
    below = _end(text, _last_leaf(parent.values[index - 1])) + 1 if index else 0
    first = min(max(below, _line(text, parent.start)), _line(text, node.start))
    return first, max(first, _end(text, _last_leaf(node)))


def _locate(document: JsonValue, operation: Operation) -> list[str | int]:
    """Return the parts of the path, `-` as the index it stands for."""
    parts: list[str | int] = list(parse_pointer(operation.path))
    if parts and parts[-1] == "-":
        above = value_at_parts(document, parts[:-1])
        if isinstance(above, list):
            parts[-1] = len(above)
    return parts


def value_at_parts(document: JsonValue, parts: list[str | int]) -> JsonValue:
    for part in parts:
        place = int(part) if isinstance(document, list) else part
        document = value_at(document, (place,))
    return document


def _descend(node: Node, parts: list[str | int]) -> Node:
    for part in parts:
        index = node.find(part)
        assert index is not None
        node = node.values[index]
    return node


def _last_leaf(node: Node) -> Node:
    while node.values and not node.flow:
        node = node.values[-1]
    return node


def _end(text: str, leaf: Node) -> int:
    """Return the last line of a leaf; blank lines below a block belong to it."""
    end = leaf.end if leaf.style in ("|", ">") else len(text[: leaf.end].rstrip())
    return _line(text, max(end - 1, 0))


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index)
