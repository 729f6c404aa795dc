"""A page as HTML: elements of our own, text escaped; no script, style, link or picture address in it.

Diagrams stand in `<pre class="mermaid">`: a page that carries Mermaid draws them, any other shows their text.
"""

from collections.abc import Sequence
from html import escape

from diff_ux.page import Block, Bullets, Code, Fold, Page, Paragraph, Picture, Table
from diff_ux.picture import is_table
from diff_ux.safe_text import shorten, show_invisible
from diff_ux.words import Line, in_html


def page_in_html(page: Page) -> str:
    """Return a fragment, one block a line."""
    return "\n".join([*map(_block, page.above), *map(_fold, page.folds)]) + "\n"


def _fold(fold: Fold) -> str:
    inside = "\n".join(map(_block, fold.blocks))
    return f"<details><summary>{escape(fold.title)}</summary>\n{inside}\n</details>"


def _block(block: Block) -> str:
    match block:
        case Paragraph(line):
            return f"<p>{in_html(line)}</p>"
        case Bullets(items, title):
            head = f"<h4>{escape(title)}</h4>\n" if title else ""
            return f"{head}<ul>{''.join(f'<li>{in_html(item)}</li>' for item in items)}</ul>"
        case Table(head, rows):
            body = "".join(_row("td", row) for row in rows)
            return f"<table><thead>{_row('th', head)}</thead><tbody>{body}</tbody></table>"
        case Code(text, _, limit):
            return f"<pre><code>{_text(shorten(text, limit))}</code></pre>"
        case Picture(text) if is_table(text):
            return f"<pre>{_text(text)}</pre>"
        case Picture(text):
            return f'<pre class="mermaid">{_text(text)}</pre>'


def _row(element: str, cells: Sequence[Line]) -> str:
    return f"<tr>{''.join(f'<{element}>{in_html(cell)}</{element}>' for cell in cells)}</tr>"


def _text(text: str) -> str:
    return escape(show_invisible(text.replace("\r\n", "\n"), keep="\n\t"))
