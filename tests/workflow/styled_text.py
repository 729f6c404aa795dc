"""Strings as YAML scalars of several lines: literal and folded blocks of every header, quoted text that is wrapped."""

import re

import ryaml
from hypothesis import strategies as st

from workflow.edit.scalars import write_scalar

_LONE_SPACE = re.compile(r"(?<=[^\s\\]) (?=[^\s])")
_UNPRINTABLE = re.compile(
    r"[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

Block = tuple[str, list[str]]


@st.composite
def any_blocks(draw: st.DrawFn, text: str, column: int, step: int) -> Block | None:
    """Draw header and lines of a block scalar, `step` inside of a column; None for a text that can't be one.

    Every style, chomping indicator and indentation indicator that says the text may come.
    """
    body = text.rstrip("\n")
    breaks = len(text) - len(body)
    if not body or _UNPRINTABLE.search(text):
        return None
    chomping = draw(st.sampled_from([("-",), ("", "+"), ("+",)][min(breaks, 2)]))
    blank = breaks - 1 if chomping == "+" else draw(st.integers(0, 2))
    indicator = str(step) if body[0] in " \n\t" else draw(st.sampled_from(["", "", str(step)]))
    style = draw(st.sampled_from("|>"))
    header = style + draw(st.sampled_from([indicator + chomping, chomping + indicator]))
    lines = _fold(draw, body) if style == ">" else body.split("\n")
    lines += [""] * blank
    probe = "\n".join([f"k: {header}", *_indent(lines, step), "z: 0\n"])
    return (header, _indent(lines, column + step)) if _says(probe, text) else None


def wrap_in_quotes(text: str, quote: str, column: int) -> list[str]:
    """Write a string in quotes over two lines, broken at a space; [] where that can't be."""
    written = write_scalar(text, style=quote)
    space = _LONE_SPACE.search(written, 2)
    if not written.startswith(quote) or not space:
        return []
    return [written[: space.start()], " " * column + written[space.end() :]]


def _indent(lines: list[str], column: int) -> list[str]:
    return [" " * column + line if line else "" for line in lines]


def _fold(draw: st.DrawFn, body: str) -> list[str]:
    """Write one more break where there are some, and break lines at single spaces."""
    doubled = re.sub(r"\n+", lambda run: "\n" + run.group(), body)
    spaces = [found.start() for found in _LONE_SPACE.finditer(doubled)]
    for at in draw(st.lists(st.sampled_from(spaces), max_size=2, unique=True)) if spaces else []:
        doubled = f"{doubled[:at]}\n{doubled[at + 1 :]}"
    return doubled.split("\n")


def _says(probe: str, text: str) -> bool:
    try:
        return bool(ryaml.loads(probe)["k"] == text)  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        return False
