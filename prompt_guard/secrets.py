"""Strings that look like credentials or reach for them; a detector, so it only ever refuses."""

import re
from collections.abc import Collection, Iterator

from workflow import JsonPatch

_PATTERNS = re.compile(
    r"""
    \bsk-[A-Za-z0-9_-]{16,}            # OpenAI, Anthropic
    | \bgh[pousr]_[A-Za-z0-9]{20,}     # GitHub
    | \bgithub_pat_[A-Za-z0-9_]{20,}
    | \bglpat-[A-Za-z0-9_-]{16,}       # GitLab
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b    # AWS
    | \bAIza[A-Za-z0-9_-]{30,}         # Google
    | \bxox[abprs]-[A-Za-z0-9-]{10,}   # Slack
    | \beyJ[A-Za-z0-9_-]{10,}\.eyJ     # JSON Web Token
    | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY
    | \$\{\{                           # GitHub expressions
    | \$\{?[A-Z][A-Z0-9_]{2,}          # environment variables
    | \{\{-?\s*(?:env|secrets?)\b
    | \b(?:os\.environ|process\.env)\b
    | \bfile:/
    | /proc/self\b
    | ://[^/\s:@]+:[^/\s@]+@           # user:password@host
    """,
    re.VERBOSE,
)
_REST_OF_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_REST_OF_SECRET = re.compile(rf"(?:{_PATTERNS.pattern})[^\s\"'<>]*", re.VERBOSE)
HIDDEN_SECRET = "[secret]"  # noqa: S105 -- what stands where one was
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{40,}")


def find_secret(patch: JsonPatch, canaries: Collection[str] = ()) -> int | None:
    """Return the index of the first operation that brings in a credential or a canary, None when there is none."""
    for index, operation in enumerate(patch.operations):
        texts = [operation.path, *_texts_in(operation.value)]
        if any(_looks_secret(text) or any(mark in text for mark in canaries) for text in texts):
            return index
    return None


def hide_secrets(text: str) -> str:
    """Return a text with everything that looks like a credential replaced; what is harmless may go with it."""
    shown = _REST_OF_KEY.sub(HIDDEN_SECRET, text)
    shown = _REST_OF_SECRET.sub(HIDDEN_SECRET, shown)
    return _LONG_TOKEN.sub(lambda found: HIDDEN_SECRET if _is_random(found[0]) else found[0], shown)


def _looks_secret(text: str) -> bool:
    return bool(_PATTERNS.search(text)) or any(
        _is_random(token) for token in _LONG_TOKEN.findall(text)
    )


def _is_random(token: str) -> bool:
    """Whether a long token mixes cases and digits as keys do and words don't."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(sum(map(kind, token)) >= 4 for kind in kinds)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts_in(item)
