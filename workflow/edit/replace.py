"""Edits that put another value where one is."""

import re
from typing import NamedTuple

from workflow.edit.block import introducer_end
from workflow.edit.layout import Content, Verbatim, is_block, is_sequence, write_flow
from workflow.edit.source import Source, Splice, UnspliceableError
from workflow.edit.words import change_words
from workflow.yaml_io.yaml_tree import Node

_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


class _Written(NamedTuple):
    """A value as it will stand: what goes behind the colon or dash, and the lines below."""

    head: str
    tail: list[str]


def replace_value(source: Source, nodes: list[Node], content: Content) -> list[Splice]:
    """Write a value in place of the last of the nodes that lead to it."""
    *above, node = nodes
    if isinstance(content, str) and source.literal and node.kind == "scalar":
        changed = change_words(source, node, content)
        if changed:
            return changed
    if any(each.flow for each in above) or (node.values and node.flow and _is_collection(content)):
        if isinstance(content, Verbatim):
            raise UnspliceableError
        return _replace_inline(source, node, write_flow(content, style=node.style))
    if not above:
        return _replace_root(source, node, content)
    written = _write(source, above[-1], node, content)
    if not written.tail and not _is_block_collection(node) and node.end > node.start:
        return _replace_inline(source, node, written.head)
    return _replace_lines(source, above[-1], node, written)


def _replace_inline(source: Source, node: Node, written: str) -> list[Splice]:
    if node.end > node.start:
        return [Splice(node.start, source.content_end(node), written)]
    end = source.content_end(node)
    introduced = source.text[end - 1 : end] in (":", "-")
    return [Splice(end, end, f" {written}" if introduced else f": {written}")]


def _replace_root(source: Source, node: Node, content: Content) -> list[Splice]:
    if is_block(content):
        lines = source.layout.block(content, 0)
        return [Splice(node.start, source.content_end(node), source.layout.newline.join(lines))]
    return [Splice(node.start, source.content_end(node), write_flow(content, flow=False))]


def _replace_lines(source: Source, parent: Node, node: Node, written: _Written) -> list[Splice]:
    introduced = introducer_end(source, parent, parent.values.index(node))
    end = source.content_end(node)
    below = source.line_end(end)
    tail = "".join(source.layout.newline + line for line in written.tail)
    gap = " " if written.head else ""
    if node.end > node.start and not source.same_line(introduced, node.start):
        first_line = source.break_before(source.line_start(node.start))
        head = Splice(introduced, introduced, gap + written.head)
        return [head, Splice(first_line, below, tail)]
    if node.end > node.start and written.head:
        return [Splice(node.start, end, written.head), Splice(below, below, tail)]
    return [Splice(introduced, end, gap + written.head), Splice(below, below, tail)]


def _write(source: Source, parent: Node, node: Node, content: Content) -> _Written:
    comment = _header_comment(source, node)
    if not is_block(content):
        column = _text_column(source, parent, node)
        head, tail = source.layout.inline(content, column, node.style)
        return _Written(head + comment, tail)
    column = _block_column(source, parent, node, content)
    lines = source.layout.block(content, column)
    if parent.kind == "mapping":
        return _Written(comment.lstrip(), lines)
    return _Written(lines[0][column:] + comment, lines[1:])


def _text_column(source: Source, parent: Node, node: Node) -> int:
    """Return where the lines of a literal block stand: where they stood, else one step inside."""
    if node.style in ("|", ">"):
        body = source.text[source.next_line(node.start) : node.end]
        first = next((line for line in body.splitlines() if line.strip()), "")
        if first:
            return len(first) - len(first.lstrip(" "))
    return source.column(parent.start) + source.layout.step


def _header_comment(source: Source, node: Node) -> str:
    """Return the comment behind the indicator of a block scalar."""
    if node.style not in ("|", ">"):
        return ""
    header = source.text[node.start : source.line_end(node.start)]
    return _BLOCK_HEADER.sub("", header, count=1).rstrip()


def _block_column(source: Source, parent: Node, node: Node, content: Content) -> int:
    sequence = is_sequence(content)
    if _is_block_collection(node) and (node.kind == "sequence") == sequence:
        return source.column(node.start)
    outer = source.column(parent.start)
    if parent.kind == "sequence":
        dash = introducer_end(source, parent, parent.values.index(node))
        attached = node.end > node.start and source.same_line(dash, node.start)
        return source.column(node.start) if attached else outer + 2
    return outer + (source.layout.sequence_offset if sequence else source.layout.step)


def _is_collection(content: Content) -> bool:
    return isinstance(content, dict | list)


def _is_block_collection(node: Node) -> bool:
    return node.kind in ("mapping", "sequence") and not node.flow
