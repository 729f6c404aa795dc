"""Commit messages: an imperative subject, sentences, and trailers that say which proposal a commit belongs to.

Words that come from a spec are defused, so that no commit mentions anybody, closes an issue or tells CI to look away.
"""

import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence

PROPOSAL_TRAILER = "Flujo-Proposal"
REVERTS_TRAILER = "Flujo-Reverts"

_MAX_SUBJECT = 72
_WIDTH = 72
_MAX_SENTENCE = 2000
_CI_MARKS = str.maketrans("[]", "()", "*")  # `[skip ci]`, `***NO_CI***`
_TRAILER = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9-]*): (?P<value>\S.*)")


def write_message(subject: str, sentences: Sequence[str], trailers: Mapping[str, str]) -> str:
    """Return a commit message; the subject is cut at 72 characters, the rest wrapped."""
    paragraphs = [_defuse(sentence)[:_MAX_SENTENCE] for sentence in sentences]
    body = [
        textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for text in paragraphs
        if text
    ]
    ending = "\n".join(f"{name}: {_defuse(value)}" for name, value in trailers.items())
    title = _shorten(_defuse(subject)) or "Change a workflow"
    return "\n\n".join([title, *body, ending]) + "\n"


def read_trailers(message: str) -> dict[str, str]:
    """Return the trailers of the last paragraph; a paragraph with any other line has none."""
    paragraphs = message.strip().split("\n\n")
    found = [_TRAILER.fullmatch(line) for line in paragraphs[-1].splitlines()]
    if len(paragraphs) == 1 or not all(found):
        return {}
    return {match["name"]: match["value"] for match in found if match}


def _shorten(subject: str) -> str:
    return subject if len(subject) <= _MAX_SUBJECT else subject[: _MAX_SUBJECT - 1].rstrip() + "…"


def _defuse(text: str) -> str:
    """Return one line of printable text that refers to nobody and nothing."""
    seen = "".join(char if _is_visible(char) else " " for char in text)
    plain = re.sub(r"[@#]", "", seen).replace("://", ": //").translate(_CI_MARKS)
    return " ".join(re.sub(r"(?i)\bGH-(?=\d)", "GH ", plain).split())


def _is_visible(char: str) -> bool:
    return char.isprintable() and unicodedata.category(char) != "Cf"
