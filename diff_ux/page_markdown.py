"""A page as GitHub-flavoured Markdown: what comes from data stands in code, or is a word that can't act."""

from collections.abc import Sequence

from diff_ux.page import Block, Bullets, Code, Fold, Page, Paragraph, Picture, Table
from diff_ux.picture import is_table
from diff_ux.safe_text import fenced, table_cell
from diff_ux.words import Line, in_markdown


def page_in_markdown(page: Page) -> str:
    """Return the page, blocks set apart by empty lines."""
    parts = [*map(block_in_markdown, page.above), *map(fold_in_markdown, page.folds)]
    return "\n\n".join(part for part in parts if part) + "\n"


def fold_in_markdown(fold: Fold) -> str:
    """Return something folded, as `<details>`."""
    inside = "\n\n".join(map(block_in_markdown, fold.blocks))
    return f"<details><summary>{fold.title}</summary>\n\n{inside}\n\n</details>"


def block_in_markdown(block: Block) -> str:
    """Return one block."""
    match block:
        case Paragraph(line):
            return in_markdown(line)
        case Bullets(items, title):
            head = [f"**{title}**", ""] if title else []
            return "\n".join([*head, *(f"- {in_markdown(item)}" for item in items)])
        case Table(head, rows):
            return "\n".join([_row(head), _row((("---",),) * len(head)), *map(_row, rows)])
        case Code(text, language, limit):
            return fenced(text, language=language, limit=limit)
        case Picture(text):
            shown = text.rstrip("\n")
            return shown if is_table(shown) else f"```mermaid\n{shown}\n```"


def _row(cells: Sequence[Line]) -> str:
    return f"| {' | '.join(table_cell(in_markdown(cell)) for cell in cells)} |"
