"""What is said, before it is written out: our own words and the data's, kept apart until a page takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from diff_ux.safe_text import code_span, prose, shorten, show_invisible, show_spaces

_MAX_NAMES = 20
_MAX_BRIEF_NAMES = 2
_MAX_DATA = 80


@dataclass(frozen=True, slots=True)
class Verb:
    """What matters, in our words; bold."""

    text: str


@dataclass(frozen=True, slots=True)
class Data:
    """Something from the spec; shown as code."""

    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a sentence is about; equal sentences about others are told together, the noun in the plural."""

    names: tuple[str, ...]
    noun: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """What is told only where there is room for it."""

    pieces: "tuple[Piece, ...]"


@dataclass(frozen=True, slots=True)
class Quote:
    """A line of text from elsewhere; every word of it that could act on a page is shown as code."""

    text: str
    is_bold: bool = False
    limit: int = 300


Piece = str | Verb | Data | Named | Aside | Quote
Line = tuple[Piece, ...]


def without_asides(line: Line) -> Line:
    """Leave out what there may be no room for."""
    return tuple(piece for piece in line if not isinstance(piece, Aside))


def brief(line: Line) -> Line:
    """Leave out the asides, and all but the first names of a long list."""
    return tuple(_shorten_list(piece) for piece in without_asides(line))


def in_markdown(line: Line) -> str:
    """Write one safe line of GitHub-flavoured Markdown."""
    return "".join(_markdown(piece) for piece in spread(line))


def in_html(line: Line) -> str:
    """Write HTML without links, pictures or scripts, everything from data escaped."""
    return "".join(_html(piece) for piece in spread(line))


def in_text(line: Line) -> str:
    """Write one line of plain text, free of control characters."""
    return "".join(_text(piece) for piece in spread(line))


def list_names(names: Sequence[str], *, limit: int) -> Line:
    """List names as data: "`a`, `b` and 3 more"."""
    shown: list[Piece] = []
    for index, name in enumerate(names[:limit]):
        shown += [", "] * bool(index) + [Data(name)]
    more = len(names) - limit
    return (*shown, f" and {more} more") if more > 0 else tuple(shown)


def spread(line: Line) -> Line:
    """Return the line with asides and lists of names written out as plain pieces."""
    plain: list[Piece] = []
    for piece in line:
        match piece:
            case Aside(pieces):
                plain += spread(pieces)
            case Named(names, noun):
                plain += _name(names, noun)
            case _:
                plain.append(piece)
    return tuple(plain)


def _name(names: tuple[str, ...], noun: str) -> Line:
    return (*_noun(noun, len(names)), *list_names(names, limit=_MAX_NAMES))


def _noun(noun: str, number: int) -> Line:
    if number > 1 and noun:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return (f"{noun} ",) if noun else ()


def _shorten_list(piece: Piece) -> Piece:
    match piece:
        case Named(names, noun) if len(names) > _MAX_BRIEF_NAMES:
            first = list_names(names[:_MAX_BRIEF_NAMES], limit=_MAX_BRIEF_NAMES)
            return Aside((*_noun(noun, len(names)), *first, " and others"))
        case _:
            return piece


def _markdown(piece: Piece) -> str:
    match piece:
        case Verb(text):
            return f"**{text}**"
        case Data(text):
            return code_span(text)
        case Quote(text, is_bold, limit):
            shown = prose(text, limit=limit)
            return f"**{shown}**" if is_bold and shown else shown
        case text:
            return str(text)


def _html(piece: Piece) -> str:
    match piece:
        case Verb(text):
            return f"<strong>{escape(text)}</strong>"
        case Data(text):
            return f"<code>{escape(_shown(text, _MAX_DATA))}</code>"
        case Quote(text, is_bold, limit):
            shown = escape(_one_line(text, limit))
            return f"<strong>{shown}</strong>" if is_bold and shown else shown
        case text:
            return escape(str(text))


def _text(piece: Piece) -> str:
    match piece:
        case Verb(text):
            return text
        case Data(text):
            return _shown(text, _MAX_DATA)
        case Quote(text, _, limit):
            return _one_line(text, limit)
        case text:
            return str(text)


def _shown(text: str, limit: int) -> str:
    return shorten(show_spaces(show_invisible(text)), limit) or '""'


def _one_line(text: str, limit: int) -> str:
    return shorten(show_invisible(" ".join(text.split())), limit)
