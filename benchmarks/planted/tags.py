"""Marks that only the simulator can read: whether an answer is right is in it, and can't be told from looking at it.

A flaw follows the data through templates, containers and patches, as a wrong number in a document would.
"""

import re

_TAG = re.compile(r"#([0-9a-f]{13})")


def write_tag(bits: int, *, flawed: bool) -> str:
    """Return a tag of 52 random bits whose parity says whether the answer is flawed."""
    number = bits & ((1 << 51) - 1)
    parity = (number.bit_count() & 1) ^ flawed
    return f"#{(number << 1) | parity:013x}"


def is_flawed(text: str) -> bool:
    """Tell whether any tag in the text marks a flaw."""
    return any(int(tag, 16).bit_count() & 1 for tag in _TAG.findall(text))
