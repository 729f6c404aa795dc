"""What an expression may cost: together these bound every evaluation to about 10 ms and a megabyte.

A step is worth about a third of a microsecond.
"""

MAX_SOURCE = 2_000
"""Characters of an expression."""

MAX_TOKENS = 500
"""Words, numbers, texts and signs of an expression, those of quoted conditions apart."""

MAX_NODES = 400
"""Operations of an expression, with those of its quoted conditions."""

MAX_DEPTH = 40
"""Operations inside one another."""

MAX_BRACKETS = 20
"""Brackets inside one another."""

MAX_QUANTIFIERS = 3
"""Quoted conditions inside one another."""

MAX_PATTERNS = 8
"""Regular expressions of an expression."""

MAX_PATTERN = 200
"""Characters of a regular expression."""

PATTERN_MEMORY = 1 << 16
"""Bytes RE2 may use for one regular expression."""

MAX_STEPS = 30_000
"""Steps of one evaluation: an operation on an item of a list, or `CHARACTERS_PER_STEP` characters of text."""

CHARACTERS_PER_STEP = 32
"""Changing the case of a text, the dearest thing done to one, takes about 5 ns a character."""

PATTERN_WORK_PER_STEP = 48
"""Bytes of text times instructions of the compiled regular expression: at worst 7 ns each."""

MAX_TEXT = 100_000
"""Characters of a text an operation reads."""

MAX_WIDE_TEXT = 30_000
"""Characters of a text beyond ASCII that an operation rewrites: Python takes 12 bytes for each meanwhile."""

MAX_MADE = 400_000
"""Bytes of all the texts an evaluation makes; those that cost no step to read cost no memory either."""

MAX_ITEMS = 4_000
"""Items of a list an operation makes."""

MAX_NUMBER = 2**64
"""Numbers lie between its negative and itself."""

MAX_DIGITS = 12
"""Decimal places `round` can keep."""

MAX_DATA_DEPTH = 30
"""How deep two lists or maps are compared."""
