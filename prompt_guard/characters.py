"""Characters that make text read otherwise than it looks: control, bidi, tag, zero-width and filler characters.

Unicode calls most of them Cc, Cf, Cs, Co, Zl and Zp; a few invisible ones hide among letters and marks
(https://www.unicode.org/reports/tr36/, https://trojansource.codes/).
"""

import unicodedata

_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_LINE_BREAKS = frozenset("\n\t")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x1810))


def is_unsafe(char: str) -> bool:
    """Whether one character hides, reorders or controls; a line break and a tab don't."""
    if char in _LINE_BREAKS:
        return False
    if char in _FILLERS or unicodedata.category(char) in _CATEGORIES:
        return True
    return any(ord(char) in selectors for selectors in _VARIATION_SELECTORS)


def find_unsafe(text: str) -> str:
    """Return the first unsafe character as `U+202E`, or an empty string."""
    if text.isascii() and text.isprintable():
        return ""
    return next((f"U+{ord(char):04X}" for char in text if is_unsafe(char)), "")


def remove_unsafe(text: str) -> str:
    """Return the text without its unsafe characters."""
    return "".join(char for char in text if not is_unsafe(char))
