"""A page in a terminal: plain text that can carry neither markup nor escape sequences.

There is nothing to fold in a terminal, and no picture: folded parts follow under their titles.
"""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from diff_ux.page import Block, Bullets, Code, Page, Paragraph, Picture, Table
from diff_ux.safe_text import shorten, show_invisible
from diff_ux.words import Line, Quote, Verb, in_text, spread


def page_in_terminal(page: Page) -> RenderableType:
    """Return a rich renderable."""
    return Group(*_parts(page))


def _parts(page: Page) -> Iterator[RenderableType]:
    for block in page.above:
        yield from _block(block)
    for fold in page.folds:
        inside = [part for block in fold.blocks for part in _block(block)]
        if inside:
            yield Text(fold.title, style="bold dim")
            yield Padding(Group(*inside), (0, 0, 0, 2))


def _block(block: Block) -> Iterator[RenderableType]:
    match block:
        case Paragraph(line):
            yield _line(line)
        case Bullets(items, title):
            if title:
                yield Text(title, style="italic")
            yield from (_line(("• ", *item)) for item in items)
        case Table(head, rows):
            yield _table(head, rows)
        case Code(text, _, limit):
            shown = shorten(show_invisible(text, keep="\n\t"), limit)
            yield Text(shown, no_wrap=False, overflow="fold")
        case Picture():
            return


def _table(head: Sequence[Line], rows: Sequence[Sequence[Line]]) -> RichTable:
    table = RichTable(box=box.SIMPLE, show_edge=False)
    for cell in head:
        table.add_column(_line(cell))
    for row in rows:
        table.add_row(*map(_line, row))
    return table


def _line(line: Line) -> Text:
    text = Text(no_wrap=False, overflow="fold")
    for piece in spread(line):
        is_bold = isinstance(piece, Verb) or (isinstance(piece, Quote) and piece.is_bold)
        text.append(in_text((piece,)), style="bold" if is_bold else "")
    return text
