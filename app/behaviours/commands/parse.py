"""Finds the command in a comment: the first line of its own that begins with `/flujo `, said and not quoted.

What is in a quotation, in code or in an HTML comment isn't said. A quotation goes on until an empty line, as
Markdown has it (https://github.github.com/gfm/#lazy-continuation-line).
"""

import re
from collections.abc import Iterator
from typing import Final

_COMMAND: Final = re.compile(r"/flujo[ \t]+([a-z]{1,20})(?:[ \t]+([\x20-\x7e\t]{1,200}))?[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HIDDEN: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<(pre|code|blockquote)\b.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE
)
_MOST_TEXT: Final = 65_536
_START: Final = "/flujo "


def find_command(body: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the name and the words behind it; None when nothing is asked for, or not in a form that can be read."""
    text = _HIDDEN.sub("\0", body[:_MOST_TEXT].replace("\r\n", "\n"))
    line = next((line for line in _say(text) if line.startswith(_START)), None)
    found = _COMMAND.fullmatch(line) if line else None
    return (found[1], tuple((found[2] or "").split())) if found else None


def _say(text: str) -> Iterator[str]:
    """Give the lines that are said; they begin in the first column, so that indented code isn't."""
    fence, is_quoted = "", False
    for line in text.split("\n"):
        mark = _FENCE.fullmatch(line)
        if fence:
            closes = mark and mark[1].startswith(fence) and not mark[2].strip()
            fence = "" if closes else fence
        elif mark and not (mark[1].startswith("`") and "`" in mark[2]):
            fence, is_quoted = mark[1], False
        elif re.match(r" {0,3}>", line):
            is_quoted = True
        elif not line.strip():
            is_quoted = False
        elif not is_quoted:
            yield line
