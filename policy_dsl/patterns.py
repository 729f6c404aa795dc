"""Regular expressions in linear time: RE2, never `re`, and paid for by the byte."""

import re2

from policy_dsl.errors import Stopped
from policy_dsl.limits import MAX_PATTERN, PATTERN_MEMORY, PATTERN_WORK_PER_STEP
from policy_dsl.values import Scope

_OPTIONS = re2.Options()
_OPTIONS.max_mem = PATTERN_MEMORY
_OPTIONS.log_errors = False


class Pattern:
    """A compiled regular expression and the work a byte of text costs it."""

    __slots__ = ("_regexp", "_work")

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise Stopped(f"a pattern has at most {MAX_PATTERN} characters")
        try:
            self._regexp = re2.compile(pattern, _OPTIONS)
        except re2.error as error:
            raise Stopped(_reason(error)) from None
        except UnicodeEncodeError:
            raise Stopped("half a character (a lone surrogate)") from None
        self._work = self._regexp.programsize

    def found_in(self, text: str, scope: Scope) -> bool:
        """Tell whether the pattern matches anywhere in the text."""
        scope.read(text)
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise Stopped("a text holds half a character (a lone surrogate)") from None
        scope.spend(len(data) * self._work // PATTERN_WORK_PER_STEP)
        return self._regexp.search(data) is not None


def _reason(error: Exception) -> str:
    reason = error.args[0]
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
