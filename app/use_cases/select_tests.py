"""Chooses tests by words: `refund and not (slow or live)`, matched against names and tags as pytest's `-k` does."""

import re
from collections.abc import Callable, Sequence

from app.errors import BadInputError
from workflow import EmbeddedTest

_TOKEN = re.compile(r"""\s*(?:([()])|"([^"]*)"|'([^']*)'|([^\s()"']+))""")
_MAX_CHARACTERS = 200
_RESERVED = ("and", "or", "not", "(", ")")

Chosen = Callable[[EmbeddedTest], bool]


def select_tests(tests: Sequence[EmbeddedTest], words: str) -> tuple[EmbeddedTest, ...]:
    """Return the tests whose name or one of whose tags fits, in order; raises `BadInputError` when none does.

    A word fits what contains it, whatever the case; quote what has blanks in it.
    """
    chosen = _Words(words).parse()
    found = tuple(test for test in tests if chosen(test))
    if tests and not found:
        known = ", ".join(repr(test.name) for test in tests[:5])
        raise BadInputError(f"-k {words!r} fits no test; there are {known}")
    return found


class _Words:
    """A recursive-descent parser: `or` binds weakest, then `and`, then `not`."""

    def __init__(self, words: str) -> None:
        self._words = words
        if len(words) > _MAX_CHARACTERS:
            raise BadInputError(f"-k takes up to {_MAX_CHARACTERS} characters")
        self._tokens = list(_split(words))

    def parse(self) -> Chosen:
        """Return what tells whether a test is chosen."""
        chosen = self._either()
        if self._tokens:
            raise self._error(f"{self._tokens[0][0]!r} is one too many")
        return chosen

    def _either(self) -> Chosen:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return lambda test: any(part(test) for part in parts)

    def _both(self) -> Chosen:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return lambda test: all(part(test) for part in parts)

    def _not(self) -> Chosen:
        if self._take("not"):
            inner = self._not()
            return lambda test: not inner(test)
        if self._take("("):
            inside = self._either()
            if not self._take(")"):
                raise self._error("a bracket isn't closed")
            return inside
        return self._word()

    def _word(self) -> Chosen:
        token, quoted = self._tokens.pop(0) if self._tokens else ("", False)
        if not quoted and (not token or token in _RESERVED):
            raise self._error("a word is missing")
        wanted = token.casefold()
        return lambda test: any(wanted in text.casefold() for text in (test.name, *test.tags))

    def _take(self, sign: str) -> bool:
        if not self._tokens or self._tokens[0] != (sign, False):
            return False
        self._tokens.pop(0)
        return True

    def _error(self, reason: str) -> BadInputError:
        return BadInputError(f"-k {self._words!r}: {reason}; write words with and, or, not, ( )")


def _split(words: str) -> list[tuple[str, bool]]:
    """Return the words and signs, each with whether it was quoted."""
    tokens, at = [], 0
    while words[at:].strip():
        match = _TOKEN.match(words, at)
        if match is None:
            raise BadInputError(f"-k {words!r}: a quote isn't closed")
        sign, double, single, word = match.groups()
        quoted = double if double is not None else single
        tokens.append((sign or word or "", False) if quoted is None else (quoted, True))
        at = match.end()
    return tokens
