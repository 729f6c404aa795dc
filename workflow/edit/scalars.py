"""Scalars as YAML text that YAML 1.1 and 1.2 read alike."""

import json
import re

import yaml

_UNPRINTABLE = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_PLAIN = re.compile(rf"[^\s\-?:,\[\]{{}}#&*!|>'\"%@`=~{_UNPRINTABLE}][^\t\n\xa0{_UNPRINTABLE}]*")
_BREAKS_PLAIN = re.compile(r":(?:\s|$)|\s#|\s$|^\.\.\.")
_BREAKS_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}:?]")
_NUMBER = re.compile(
    r"[-+]?(?:0[box]?[0-9A-Fa-f_]+|(?:\.[0-9]+|[0-9][0-9_]*\.?[0-9_]*)(?:[eE][-+]?[0-9]+)?)"
)
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_MUST_ESCAPE = re.compile(rf"[{_UNPRINTABLE}]")
_NOT_IN_SINGLE_QUOTES = re.compile(rf"[\t\n{_UNPRINTABLE}]")

Scalar = str | int | float | bool | None


def write_scalar(value: Scalar, *, style: str = "", flow: bool = False) -> str:
    """Write a scalar on one line, a string in the given quote style (`"`, `'` or `""`: plain) where that is safe."""
    if isinstance(value, str):
        return _write_string(value, style, flow)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _write_float(value) if isinstance(value, float) else str(value)


def can_be_block(text: str) -> bool:
    """Whether a string can be written as a literal block (`|`) that every parser reads back the same."""
    body = text.rstrip("\n")
    lines = body.split("\n")
    return bool(body) and not (
        _MUST_ESCAPE.search(text)
        or body[0] in " \t\n"
        or any(line != line.rstrip() and not line.strip() for line in lines)
        or lines[-1] != lines[-1].rstrip()
    )


def write_block(text: str) -> tuple[str, list[str]]:
    """Return the header (`|`, `|-`, `|+`) and the lines, not indented, of a string that `can_be_block`."""
    body = text.rstrip("\n")
    breaks = len(text) - len(body)
    chomping = ("-", "", "+")[min(breaks, 2)]
    return f"|{chomping}", body.split("\n") + [""] * max(breaks - 1, 0)


def is_plain(text: str, *, flow: bool = False) -> bool:
    """Whether a string needs no quotes in any version of YAML."""
    if not _PLAIN.fullmatch(text) or _BREAKS_PLAIN.search(text):
        return False
    if flow and _BREAKS_PLAIN_IN_FLOW.search(text):
        return False
    return not (text.lower() in _WORDS or _NUMBER.fullmatch(text) or _is_resolved(text))


def _is_resolved(text: str) -> bool:
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    return any(pattern.match(text) for _, pattern in resolvers.get(text[0], ()))


def _write_string(text: str, style: str, flow: bool) -> str:
    can_be_single = not _NOT_IN_SINGLE_QUOTES.search(text)
    if style == "'" and can_be_single:
        return _in_single_quotes(text)
    if style != '"' and is_plain(text, flow=flow):
        return text
    if style != '"' and can_be_single and ('"' in text or "\\" in text):
        return _in_single_quotes(text)
    quoted = json.dumps(text, ensure_ascii=False)
    return _MUST_ESCAPE.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def _in_single_quotes(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _write_float(value: float) -> str:
    written = repr(value)
    mantissa, _, exponent = written.partition("e")
    return f"{mantissa}.0e{exponent}" if exponent and "." not in mantissa else written
