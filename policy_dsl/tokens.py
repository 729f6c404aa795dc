"""The first gate: only text made of the language's own words and signs ever reaches Python's parser.

What Python's parser would warn about, treat specially or fall over is refused here: hidden characters, prefixes of
texts (`f'…'`, `b'…'`), unknown escapes, keywords, deep brackets.
"""

import re
from keyword import kwlist

from policy_dsl.errors import ExpressionError
from policy_dsl.limits import MAX_BRACKETS, MAX_SOURCE, MAX_TOKENS

_TOKEN = re.compile(
    r"""[ \t\n]*(?:
      (?P<text>r?'(?:[^'\\\n\t]|\\.)*' | r?"(?:[^"\\\n\t]|\\.)*")
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)(?![A-Za-z0-9_'"])
    | (?P<number>(?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)(?![A-Za-z0-9_.])
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<sign>==|!=|<=|>=|//|[-+*/%<>,]|\.(?!\d))
    )""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"""\\(?:[\\'"nrt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})|\\""")
_WORDS = frozenset({"and", "or", "not", "in", "if", "else", "True", "False", "None"})
_KEYWORDS = frozenset(kwlist) - _WORDS
_HINTS = {
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    ":": "slices, maps and lambdas are not part of the language",
    "{": "maps and sets are not part of the language",
    "#": "write remarks in the description",
    "is": "write == null, or is_unknown(…)",
    "lambda": "quote the condition: every(result.steps, 'latency_ms < 500')",
    "for": "use every, some, none or count",
}


def check_tokens(source: str) -> None:
    """Raise `ExpressionError` unless the source consists of the language's tokens and stays within its limits."""
    _check_characters(source)
    position, tokens, depth, previous = 0, 0, 0, ""
    while match := _TOKEN.match(source, position):
        group = match.lastgroup or ""
        if group == "name":
            _check_name(match)
        elif group == "text":
            _check_text(source, match.start(group), match.end(), after_text=previous == "text")
        elif group == "open":
            depth += 1
        elif group == "close":
            depth -= 1
        tokens += 1
        if depth > MAX_BRACKETS or tokens > MAX_TOKENS:
            raise ExpressionError("the expression is too complex", match.start(group) + 1)
        position, previous = match.end(), group
    _check_end(source, position)


def _check_characters(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"longer than {MAX_SOURCE:,} characters", MAX_SOURCE + 1)
    if source.isprintable():
        return
    for position, character in enumerate(source):
        if not character.isprintable() and character not in "\n\t":
            raise ExpressionError(
                f"hidden character U+{ord(character):04X}",
                position + 1,
                "write it as an escape, such as '\\u200d'",
            )


def _check_text(source: str, start: int, end: int, *, after_text: bool) -> None:
    if after_text:
        raise ExpressionError("two texts side by side", start + 1, "put a comma or + between them")
    if source[start] == "r" or source.find("\\", start, end) < 0:
        return
    for escape in _ESCAPE.finditer(source, start, end):
        if escape[0] == "\\":
            raise ExpressionError(
                f"{source[escape.start() : escape.end() + 1]} is not an escape",
                escape.start() + 1,
                "put r before the quote for a regular expression: r'\\d+'",
            )


def _check_name(match: re.Match[str]) -> None:
    name = match["name"]
    if name in _KEYWORDS:
        hint = _HINTS.get(name, f"a field of that name is read with [{name!r}]")
        message = f"{name!r} is not part of the language"
        raise ExpressionError(message, match.start("name") + 1, hint)
    if name.startswith("__"):
        raise ExpressionError("names don't start with two underscores", match.start("name") + 1)


def _check_end(source: str, position: int) -> None:
    start = len(source) - len(source[position:].lstrip(" \t\n"))
    if start == len(source):
        return
    character = source[start]
    if character in "'\"":
        raise ExpressionError("the text has no closing quote", start + 1)
    raise ExpressionError(f"unexpected {character!r}", start + 1, _HINTS.get(character, ""))
