"""Edits of flow collections: `{key: value}` and `[item]`."""

import re

from workflow.edit.layout import Content, Verbatim, write_flow, write_flow_entry
from workflow.edit.source import Source, Splice, UnspliceableError
from workflow.yaml_io.yaml_tree import Node

_COMMA = re.compile(r"[ \t]*,")
_COMMENT_ONLY = re.compile(r"[ \t]*(?:#.*)?")


def add_entry(source: Source, mapping: Node, key: str, content: Content) -> list[Splice]:
    """Write `key: value` as the last entry of a flow mapping."""
    return _append(source, mapping, write_flow_entry(key, _plain(content)))


def insert_item(source: Source, sequence: Node, index: int, content: Content) -> list[Splice]:
    """Write a value so that it becomes the item of that index."""
    written = write_flow(_plain(content))
    if index == len(sequence.values):
        return _append(source, sequence, written)
    _refuse_implicit(source, sequence)
    start = sequence.values[index].start
    between = "," + source.layout.newline + " " * source.column(start)
    is_own_line = source.leads_line(start)
    return [Splice(start, start, written + (between if is_own_line else ", "))]


def remove_child(source: Source, node: Node, index: int) -> list[Splice]:
    """Take out an entry or an item that isn't the only one, with one comma."""
    _refuse_implicit(source, node)
    starts = [child.start for child in (node.keys or node.values)]
    if index + 1 < len(starts):
        return [Splice(starts[index], starts[index + 1], "")]
    before = source.content_end(node.values[index - 1])
    return [Splice(before, source.content_end(node.values[index]), "")]


def _append(source: Source, node: Node, written: str) -> list[Splice]:
    _refuse_implicit(source, node)
    if not node.values:
        return [Splice(node.start + 1, node.end - 1, written)]
    last = source.content_end(node.values[-1])
    first = (node.keys or node.values)[-1].start
    comma = _COMMA.match(source.text, last)
    behind = comma.end() if comma else last
    if not source.leads_line(first) or not _ends_line(source, behind):
        return [Splice(last, last, ", " + written)]
    line = source.layout.newline + " " * source.column(first) + written
    end = source.line_end(behind)
    if comma:
        return [Splice(end, end, line + ",")]
    return [Splice(last, last, ","), Splice(end, end, line)]


def _ends_line(source: Source, index: int) -> bool:
    rest = source.text[index : source.line_end(index)]
    return _COMMENT_ONLY.fullmatch(rest) is not None


def _refuse_implicit(source: Source, node: Node) -> None:
    """A pair inside a list, `[a: b]`, has no brackets of its own."""
    if source.text[node.start] not in "{[" or node.end <= node.start:
        raise UnspliceableError


def _plain(content: Content) -> Content:
    if isinstance(content, Verbatim):
        raise UnspliceableError
    return content
