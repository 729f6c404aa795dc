"""Two readers of our Markdown that share nothing with it: GitHub's own renderer, and a scanner of the source."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]

_ELEMENTS = {"p", "details", "summary", "strong", "em", "code", "ul", "li", "pre"}
_TABLE = {"table", "thead", "tbody", "tr", "th", "td"}
_LANGUAGES = {"mermaid", "json", "text"}

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)$")
_RUN = re.compile(r"`+")

_ACTS = {
    "mention": re.compile(r"@\w"),
    "issue": re.compile(r"#\d|\bGH-\d", re.IGNORECASE),
    "other tracker": re.compile(r"\b[A-Za-z][A-Za-z0-9]+-\d"),
    "closing keyword": re.compile(
        r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+\S*(?:#|GH-|://)", re.IGNORECASE
    ),
    "commit": re.compile(r"(?<![A-Za-z0-9])[0-9a-f]{7,40}(?![A-Za-z0-9])", re.IGNORECASE),
    "address": re.compile(r"\w:/|//\w|www\.", re.IGNORECASE),
    "link": re.compile(r"\]\(|\]\[|^ {0,3}\[[^\]]+\]:", re.MULTILINE),
    "image": re.compile(r"!\["),
    "emoji": re.compile(r":[\w+-]+:"),
    "formula": re.compile(r"\$(?!\s)[^$\n]+(?<!\s)\$(?!\d)|\$\$"),
    "command": re.compile(r"^[\s>*+|-]*/\w", re.MULTILINE),
    "footnote": re.compile(r"\[\^"),
    "bidi or invisible": re.compile(
        "[\u034f\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u2069\u2800\u3164\ufeff\uffa0"
        "\x00-\x08\x0b-\x1f\x7f]"
    ),
}
_TAG = re.compile(r"</?[A-Za-z!?][^>]*>?")
_OUR_TAGS = {"<details>", "</details>", "<summary>", "</summary>"}


def assert_harmless(markdown: str, limit: int = 65_536) -> None:
    """Nothing of what data can bring acts: neither in the rendered page nor in the source."""
    assert len(markdown) <= limit
    assert_harmless_source(markdown)
    html = render(markdown)
    page = read_html(html)
    assert page.elements <= _ELEMENTS | _TABLE
    assert {value for _, value in page.attributes} <= _LANGUAGES
    assert {name for name, _ in page.attributes} <= {"lang"}
    assert_nothing_acts("\n".join(page.prose))


def assert_harmless_source(markdown: str) -> None:
    prose = "\n".join(_outside_code(markdown))
    assert_nothing_acts(prose)
    assert set(_TAG.findall(prose)) <= _OUR_TAGS
    assert prose.count("<details>") == prose.count("</details>")


def assert_nothing_acts(prose: str) -> None:
    acting = {name: found.group() for name, acts in _ACTS.items() if (found := acts.search(prose))}
    assert not acting, (acting, prose[:2_000])


def render(markdown: str) -> str:
    """Return what GitHub's renderer makes of it, raw HTML let through."""
    html: str = cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE)
    return html


def _outside_code(markdown: str) -> Iterator[str]:
    """Yield the source's lines without fenced blocks and code spans, as CommonMark delimits them."""
    fence = ""
    for line in markdown.split("\n"):
        found = _FENCE.match(line)
        if fence:
            closes = found and found[1][0] == fence[0] and len(found[1]) >= len(fence)
            fence = "" if closes and found and not found[2].strip() else fence
        elif found:
            fence = found[1]
        else:
            yield _without_spans(line)
    assert not fence, "a fence stays open"


def _without_spans(line: str) -> str:
    kept, rest = "", line
    while opening := _RUN.search(rest):
        ticks = opening.group()
        after = rest[opening.end() :]
        closing = next((run for run in _RUN.finditer(after) if run.group() == ticks), None)
        if closing is None:
            raise AssertionError(f"a code span stays open: {line!r}")
        kept += rest[: opening.start()] + "\N{REPLACEMENT CHARACTER}"
        rest = after[closing.end() :]
    return kept + rest


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.prose: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(attrs)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if "code" not in self._open and "pre" not in self._open:
            self.prose.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")

    def close(self) -> None:
        super().close()
        assert not self._open, f"left open: {self._open}"


def read_html(html: str) -> _Reader:
    """Read HTML strictly: every element is closed where it should be."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader
