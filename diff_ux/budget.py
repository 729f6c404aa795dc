"""How much may stand above the fold, where ten seconds must be enough: sixty words and three numbers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from diff_ux.words import Line, in_text

_WORD = re.compile(r"\S*\w\S*")
_NUMBER = re.compile(r"(?<![\w.])(?<![^\W\d_]-)\d+(?:[.,]\d+)*(?![\w.,]*[^\W\d_])")


def count_words(text: str) -> int:
    """Count what stands between spaces and holds a letter or a digit."""
    return len(_WORD.findall(text))


def count_numbers(text: str) -> int:
    """Count numbers; digits inside a name (`step_3`, `gpt-4`, `p99`) are none."""
    return len(_NUMBER.findall(text))


@dataclass
class Budget:
    """What is left of the room above the fold."""

    words: int = 60
    numbers: int = 3

    def take(self, lines: Iterable[Line], *, intervals: Iterable[Line] = ()) -> bool:
        """Take room for all the lines, or for none of them; an interval belongs to a number that was counted."""
        texts = [in_text(line) for line in lines]
        words = sum(map(count_words, [*texts, *map(in_text, intervals)]))
        numbers = sum(map(count_numbers, texts))
        if words > self.words or numbers > self.numbers:
            return False
        self.words -= words
        self.numbers -= numbers
        return True
