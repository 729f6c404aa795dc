"""“Did you mean …?”"""

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or the few there are, or "" when neither helps."""
    words = sorted(known)
    if near := get_close_matches(word, words, n=1):
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(words)}" if 0 < len(words) <= 12 else ""
