"""Two texts compared word by word: how many words came and went, and where."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_CONTEXT = 12
"""Tokens shown on either side of a change; about six words."""

_MAX_COMPARISONS = 250_000
"""Beyond so many pairs what differs is told as one replacement: matching takes quadratic time."""


@dataclass(frozen=True, slots=True)
class WordDiff:
    """Words counted, and the text around each change as `git diff --word-diff` writes it: `[-gone-]{+new+}`."""

    added: int
    removed: int
    text: str


@dataclass(frozen=True, slots=True)
class _Run:
    """Tokens that stayed (`old` equals `new`), came, went or were replaced."""

    old: Sequence[str]
    new: Sequence[str]
    is_same: bool


def compare_words(before: str, after: str) -> WordDiff:
    """Compare two texts, lines first; deterministic, and bounded in time for texts of any length."""
    runs = list(_match_lines(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    differing = [run for run in runs if not run.is_same]
    return WordDiff(
        added=sum(_count_words(run.new) for run in differing),
        removed=sum(_count_words(run.old) for run in differing),
        text="".join(_write(runs)),
    )


def _match_lines(old: list[str], new: list[str]) -> Iterator[_Run]:
    for lines in _match(old, new):
        left, right = _split(lines.old), _split(lines.new)
        yield from (_Run(left, right, is_same=True),) if lines.is_same else _match(left, right)


def _split(lines: Sequence[str]) -> list[str]:
    return _TOKEN.findall("".join(lines))


def _match(old: list[str], new: list[str]) -> Iterator[_Run]:
    start, end = _common_ends(old, new)
    last, new_last = len(old) - end, len(new) - end
    yield _Run(old[:start], new[:start], is_same=True)
    yield from _match_middle(old[start:last], new[start:new_last])
    yield _Run(old[last:], new[new_last:], is_same=True)


def _match_middle(old: list[str], new: list[str]) -> Iterator[_Run]:
    if len(old) * len(new) > _MAX_COMPARISONS:
        yield _Run(old, new, is_same=False)
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, left, left_end, right, right_end in matcher.get_opcodes():
        yield _Run(old[left:left_end], new[right:right_end], is_same=tag == "equal")


def _common_ends(old: list[str], new: list[str]) -> tuple[int, int]:
    shorter = min(len(old), len(new))
    start = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - start
    return start, next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)


def _write(runs: Sequence[_Run]) -> Iterator[str]:
    joined = list(_join(runs))
    for index, run in enumerate(joined):
        if run.is_same:
            yield _shorten(run.new, has_left=index > 0, has_right=index < len(joined) - 1)
            continue
        if run.old:
            yield f"[-{''.join(run.old)}-]"
        if run.new:
            yield f"{{+{''.join(run.new)}+}}"


def _join(runs: Sequence[_Run]) -> Iterator[_Run]:
    """Make one run of neighbours of a kind, and none of nothing."""
    filled = [run for run in runs if run.old or run.new]
    ends = {id(run) for run in (*filled[:1], *filled[-1:])}

    def stays(run: _Run) -> bool:
        return run.is_same and (id(run) in ends or _holds_words(run))

    for is_same, group in groupby(filled, key=stays):
        members = list(group)
        old = [token for run in members for token in run.old]
        new = [token for run in members for token in run.new]
        yield _Run(old, new, is_same)


def _holds_words(run: _Run) -> bool:
    """A space or a sign that stayed between two changes is easier to read as part of them."""
    return any(token[0].isalnum() for token in run.new)


def _shorten(tokens: Sequence[str], *, has_left: bool, has_right: bool) -> str:
    """Keep what stands beside a change; `…` is for the rest."""
    left = tokens[:_CONTEXT] if has_left else []
    right = tokens[-_CONTEXT:] if has_right else []
    if len(left) + len(right) >= len(tokens):
        return "".join(tokens)
    return "".join(left) + ("…" if has_left or has_right else "") + "".join(right)


def _count_words(tokens: Sequence[str]) -> int:
    return sum(token[0].isalnum() or token[0] == "_" for token in tokens)
