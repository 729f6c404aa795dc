"""Text inside a diagram: own characters only, the rest as Mermaid's numeric entities (`#35;`)."""

import re

from diff_ux.safe_text import shorten, show_invisible, show_spaces

MAX_LABEL = 60

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)*")
_PLACEHOLDER = re.compile("¶(?=ß)")
"""Mermaid keeps entities as `°…¶ß` until it draws, and takes such text of ours for one."""

_SAFE = re.compile(r"[A-Za-z0-9 ]")


def label(text: str, *, prefix: str = "") -> str:
    """Return data as a label of at most 60 visible characters, our own `prefix` included.

    Plain names stay readable; in anything else every character but letters, digits and spaces becomes an entity,
    so that neither Mermaid's syntax nor the Markdown inside its labels can arise.
    """
    shown = shorten(shown_in_label(text), MAX_LABEL - len(prefix))
    if _PLAIN_NAME.fullmatch(shown):
        return prefix + shown
    return prefix + "".join(char if _SAFE.match(char) else f"#{ord(char)};" for char in shown)


def shown_in_label(text: str) -> str:
    """Return data as a reader of the diagram sees it."""
    return _PLACEHOLDER.sub(r"\\u{b6}", show_spaces(show_invisible(text)))
