"""Reads the repository's Markdown: prose without code, headings as anchors, links, fenced blocks."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(
    r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+)$", re.MULTILINE)
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, `key=value` marks behind the language, its text."""

    language: str
    marks: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Its path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """The text without code."""
        return _CODE_SPAN.sub("", _FENCE.sub("", self.text))

    @property
    def links(self) -> list[str]:
        """Targets of links and pictures, in order."""
        return [found["target"] for found in _LINK.finditer(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """Fragments that GitHub makes of the headings."""
        titles = (found["title"] for found in _HEADING.finditer(_FENCE.sub("", self.text)))
        return {_NOT_IN_SLUG.sub("", title.strip().lower()).replace(" ", "-") for title in titles}

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks, in order."""
        return [_read_block(found) for found in _FENCE.finditer(self.text)]


def read_page(path: Path) -> Page:
    """Read one page."""
    return Page(path, path.read_text(encoding="utf-8"))


def list_pages() -> list[Page]:
    """Return every page a reader may meet, sorted by path."""
    paths = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
    ]
    return [read_page(path) for path in sorted(paths)]


def _read_block(found: re.Match[str]) -> Block:
    language, *rest = found["info"].split() or [""]
    marks = dict(mark.split("=", 1) for mark in rest if "=" in mark)
    return Block(language, marks, found["body"])
