"""A page as data: what stands on it and in which order, before it becomes Markdown, HTML or text in a terminal."""

from dataclasses import dataclass

from diff_ux.words import Line


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line."""

    line: Line


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of lines, under a title of our own where there are several lists."""

    items: tuple[Line, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as the head has."""

    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text from elsewhere, as it is; cut after `limit` characters."""

    text: str
    language: str = ""
    limit: int = 65_536


@dataclass(frozen=True, slots=True)
class Picture:
    """Mermaid text or, where that would be too large, a table in Markdown; both as `draw_change` wrote them."""

    text: str


Block = Paragraph | Bullets | Table | Code | Picture


@dataclass(frozen=True, slots=True)
class Fold:
    """What a reader opens when in doubt, under a title of our own words."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What one sees, and what is folded away, most wanted first."""

    above: tuple[Block, ...]
    folds: tuple[Fold, ...] = ()
