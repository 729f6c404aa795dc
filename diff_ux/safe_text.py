"""Data in Markdown without danger: nothing that comes from a spec or a telemetry value may act on the page.

Data appears in three ways only: words that can't mean anything to GitHub, code spans, and fenced blocks. Mentions,
closing keywords, links, images and HTML have no effect inside code (https://github.github.com/gfm/#code-spans).
"""

import re
import unicodedata

_WORD = re.compile(
    r"[A-Za-z0-9À-ÖØ-öø-ÿ$€%+−–—×→≥≤±≈…(]?[A-Za-z0-9À-ÖØ-öø-ÿ$€%/.,;:'’()=+−–—×→≥≤±≈…?-]*!?"
)
_ACTS = re.compile(
    r"""//|:/|www\.|^\W*/|\]\(|^-{2,}|^\W*$   # addresses, commands, links, rules
    |\w\.[a-z]{2,}/                    # an address without a scheme
    |(?<![a-z0-9])[0-9a-f]{7,}(?![a-z0-9])   # what could be a commit
    |[a-z][a-z0-9]*-[0-9]|GH-|GHSA-    # an issue elsewhere: GH-1, JIRA-12, P2P-3
    |:[\w+-]+:                         # an emoji, which may be a picture
    |\$(?![0-9])|\$.*\$                # a formula
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PLAIN_SIGNS = frozenset("€%=+-−–—×→≥≤±≈…")
_STARTS_BLOCK = re.compile(r"[-+=]+|\d+[.)]")
_MAX_TICKS = 60
_MANY_TICKS = re.compile(f"`{{{_MAX_TICKS + 1},}}")
_IGNORABLE = frozenset(
    "\N{COMBINING GRAPHEME JOINER}\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}"
    "\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}\N{KHMER VOWEL INHERENT AQ}"
    "\N{KHMER VOWEL INHERENT AA}\N{MONGOLIAN FREE VARIATION SELECTOR ONE}"
    "\N{MONGOLIAN FREE VARIATION SELECTOR TWO}\N{MONGOLIAN FREE VARIATION SELECTOR THREE}"
    "\u180f\N{BRAILLE PATTERN BLANK}"
)
"""Letters and marks that show nothing (Unicode's Default_Ignorable_Code_Point), and a blank that is no space."""

_MAX_MARKS = 4
"""Marks stacked on one letter in any language's writing; more of them run over the lines above and below."""

_SPACES = re.compile(r"^ +| +$| {2,}")


def show_invisible(text: str, *, keep: str = "") -> str:
    """Write controls, direction marks and other characters nobody can see as `\\u{202e}`; `keep` stays as it is."""
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        is_seen = marks <= _MAX_MARKS and (char in keep or not _is_invisible(char))
        shown.append(char if is_seen else f"\\u{{{ord(char):x}}}")
    return "".join(shown)


def show_spaces(text: str) -> str:
    """Write spaces at either end, and several in a row, as `␠`: a page would drop them and two names look like one."""
    return _SPACES.sub(lambda run: "␠" * len(run.group()), text)


def shorten(text: str, limit: int) -> str:
    """Cut to at most `limit` characters, the last of them `…` when something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def code_span(text: str, *, limit: int = 80) -> str:
    """Return one line of inline code; the delimiter is longer than any run of backticks inside."""
    shown = shorten(show_spaces(show_invisible(_cut_ticks(shorten(text, limit + 1)))), limit)
    if not shown:
        return '`""`'
    ticks = "`" * (_longest_run(shown, "`") + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fenced(text: str, *, language: str = "", limit: int = 65_536) -> str:
    """Return a fenced block; the fence is longer than any run of backticks inside."""
    lines = _cut_ticks(shorten(text.replace("\r\n", "\n"), limit + 1))
    shown = shorten(show_invisible(lines, keep="\n\t"), limit)
    ticks = "`" * max(3, _longest_run(shown, "`") + 1)
    return f"{ticks}{language}\n{shown}\n{ticks}"


def prose(text: str, *, limit: int = 300) -> str:
    """Return a line of text in which every word that could act on the page is shown as code."""
    line = " ".join(shorten(text, 4 * limit).split())
    words = shorten(show_invisible(line), limit).split(" ")
    return " ".join(
        word if _is_harmless(word, is_first=not index) else code_span(word)
        for index, word in enumerate(words)
        if word
    )


def table_cell(markdown: str) -> str:
    """Fit finished Markdown into a table: a pipe ends a cell even inside a code span."""
    return markdown.replace("|", "\\|")


def _is_harmless(word: str, *, is_first: bool) -> bool:
    if is_first and _STARTS_BLOCK.fullmatch(word):
        return False
    return word in _PLAIN_SIGNS or bool(_WORD.fullmatch(word) and not _ACTS.search(word))


def _is_invisible(char: str) -> bool:
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return True
    if char in _IGNORABLE:
        return True
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return is_selector or (category == "Zs" and char != " ")


def _cut_ticks(text: str) -> str:
    """Cut very long runs of backticks: GitHub's renderer counts to 80 in a span and to 255 in a fence, no further."""
    return _MANY_TICKS.sub(f"{'`' * _MAX_TICKS}…", text)


def _longest_run(text: str, char: str) -> int:
    return max((len(run) for run in re.findall(re.escape(char) + "+", text)), default=0)
