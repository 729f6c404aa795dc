"""Takes personal data and credentials out of a text, each replaced by its kind: `write to [email]`.

The finders only say whether a text holds something, so the shortest stretch of words that does is searched for. Where
that doesn't lead to a text without findings, nothing of the text is kept.
"""

import re
from typing import Final

from prompt_guard import hide_secrets
from workflow import PersonalData, find_personal_data

_WORD: Final = re.compile(r"[^\s\"',;{}\[\]<>|\\]+")
_FIRST_STRIDE: Final = 16
_LONGEST: Final = 40
"""Words: an IBAN may be written letter by letter."""


def redact(text: str) -> str:
    """Return a text as it may be kept; detectors miss some, so it is still to be kept apart."""
    shown = hide_secrets(text)
    if not find_personal_data(shown):
        return shown
    shown = _replace_all(shown)
    left = find_personal_data(shown)
    return f"[{_name(left)}: nothing kept]" if left else shown


def _replace_all(text: str) -> str:
    words = [found.span() for found in _WORD.finditer(text)]
    parts: list[str] = []
    kept = first = 0
    while (last := _find_last_word(text, words, first)) is not None:
        begun = _find_first_word(text, words, first, last)
        start, end = words[begun][0], words[last][1]
        parts += text[kept:start], f"[{_name(find_personal_data(text[start:end]))}]"
        kept, first = end, last + 1
    return "".join((*parts, text[kept:]))


def _find_last_word(text: str, words: list[tuple[int, int]], first: int) -> int | None:
    """Return the word with which the first finding behind `first` is whole, in strides that grow and halve again."""

    def holds(last: int) -> bool:
        return bool(find_personal_data(text[words[first][0] : words[last][1]]))

    low, stride = first, _FIRST_STRIDE
    while low < len(words):
        high = min(low + stride, len(words)) - 1
        if holds(high):
            break
        low, stride = high + 1, 2 * stride
    else:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _find_first_word(text: str, words: list[tuple[int, int]], first: int, last: int) -> int:
    """Return the last word to begin with so that the finding that ends with `last` is still whole."""
    for begun in range(last, max(first, last - _LONGEST) - 1, -1):
        if find_personal_data(text[words[begun][0] : words[last][1]]):
            return begun
    return first


def _name(kinds: tuple[PersonalData, ...]) -> str:
    return " ".join(kind.value for kind in kinds)
