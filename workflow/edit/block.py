"""Edits of block collections, whose entries are `key: value` and `- item` lines."""

import re

from workflow.edit.layout import Content, Verbatim
from workflow.edit.source import Source, Splice, UnspliceableError
from workflow.yaml_io.yaml_tree import Node

_DASH = re.compile(r"^[ ]*-(?=\s|\Z)", re.MULTILINE)
_COLON = re.compile(r"[ \t]*:(?=\s|\Z)")


def add_entry(source: Source, mapping: Node, key: str, content: Content) -> list[Splice]:
    """Write `key: …` below the last entry of a mapping."""
    lines = source.layout.entry(key, content, source.column(mapping.start))
    return _below(source, mapping.values[-1], lines)


def insert_item(source: Source, sequence: Node, index: int, content: Content) -> list[Splice]:
    """Write `- …` so that it becomes the item of that index."""
    first = sequence.start
    item = sequence.values[0]
    gap = item.start - first - 1
    gap = gap if gap > 0 and source.same_line(first, item.start) else 1
    lines = source.layout.item(content, source.column(first), gap)
    return _put_item(source, sequence, index, lines)


def move_item(source: Source, sequence: Node, origin: int, target: int) -> list[Splice]:
    """Move an item with its lines and the comment lines directly above them."""
    start = source.above_comments(_find_dash(source, sequence, origin))
    lines = source.lines_of(start, source.line_end(source.content_end(sequence.values[origin])))
    index = target if target < origin else target + 1
    put = _put_item(source, sequence, index, lines)
    end = source.content_end(sequence.values[origin])
    taken = _take_lines(source, start, end, is_first=origin == 0)
    return [*taken, *put]


def remove_child(source: Source, node: Node, index: int) -> list[Splice]:
    """Take out an entry or an item that isn't the only one."""
    start = entry_start(source, node, index)
    end = source.content_end(node.values[index])
    if source.leads_line(start):
        return _take_lines(source, start, end, is_first=index == 0)
    if index:
        raise UnspliceableError
    following = entry_start(source, node, 1)
    if "#" not in source.text[source.line_end(end) : following]:
        return [Splice(start, following, "")]
    before = len(source.text[:start].rstrip(" "))
    return [Splice(before, source.line_end(end), "")]


def entry_start(source: Source, node: Node, index: int) -> int:
    """Return where a key or a dash stands."""
    if node.kind == "sequence":
        return _find_dash(source, node, index)
    start = node.keys[index].start
    if source.text[source.line_start(start) : start].rstrip(" ").endswith("?"):
        raise UnspliceableError
    return start


def introducer_end(source: Source, node: Node, index: int) -> int:
    """Return where the colon behind a key or the dash before an item ends."""
    if node.kind == "sequence":
        return _find_dash(source, node, index) + 1
    colon = _COLON.match(source.text, node.keys[index].end)
    if not colon:
        raise UnspliceableError
    return colon.end()


def has_own_lines(source: Source, sequence: Node) -> bool:
    """Whether every item of a sequence starts a line; `- - x` and `[x]` don't."""
    return not sequence.flow and source.leads_line(sequence.start)


def lift(source: Source, node: Node) -> Verbatim | None:
    """Return the lines of a block collection as they are written, None for any other value."""
    if node.kind not in ("mapping", "sequence") or node.flow:
        return None
    lines = source.lines_of(node.start, source.line_end(source.content_end(node)))
    return Verbatim(tuple(lines), source.column(node.start))


def _find_dash(source: Source, sequence: Node, index: int) -> int:
    if index == 0:
        return sequence.start
    above = source.line_end(source.content_end(sequence.values[index - 1]))
    dash = _DASH.search(source.text, above)
    if not dash or dash.end() > sequence.values[index].start + 1:
        raise UnspliceableError
    return dash.end() - 1


def _put_item(source: Source, sequence: Node, index: int, lines: list[str]) -> list[Splice]:
    spaced = _is_spaced(source, sequence)
    if index:
        return _below(source, sequence.values[index - 1], ["", *lines] if spaced else lines)
    newline = source.layout.newline
    if not source.leads_line(sequence.start):
        column = source.column(sequence.start)
        written = newline.join([*lines, " " * column])
        return [Splice(sequence.start, sequence.start, written[column:])]
    start = source.above_comments(sequence.start)
    return [Splice(start, start, newline.join([*lines, "", ""] if spaced else [*lines, ""]))]


def _below(source: Source, node: Node, lines: list[str]) -> list[Splice]:
    end = source.line_end(source.content_end(node))
    newline = source.layout.newline
    put = Splice(end, end, "".join(newline + line for line in lines))
    return [*_seal(source, node, end), put]


def _seal(source: Source, node: Node, end: int) -> list[Splice]:
    """A literal block that the end of the text cuts off has no final line break; keep it so when lines follow."""
    while node.values and not node.flow:
        node = node.values[-1]
    is_chomped = source.text[node.start + 1 : node.start + 2] in ("-", "+")
    if node.style not in ("|", ">") or end < len(source.text) or is_chomped:
        return []
    return [Splice(node.start + 1, node.start + 1, "-")]


def _is_spaced(source: Source, sequence: Node) -> bool:
    """Whether blank lines stand between the items."""
    if len(sequence.values) < 2:
        return False
    second = source.above_comments(_find_dash(source, sequence, 1))
    return source.is_blank_line_above(second)


def _take_lines(source: Source, start: int, end: int, *, is_first: bool) -> list[Splice]:
    """Take out whole lines, and one blank line with them where two would meet or one would come first."""
    start, below = source.line_start(start), source.next_line(end)
    if source.is_blank(below):
        if source.is_blank_line_above(start):
            start = source.line_start(source.break_before(start))
        elif is_first:
            below = source.next_line(below)
    return [Splice(start, below, "")]
