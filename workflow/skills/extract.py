"""`flujo.text.extract_regex`: matches in linear time, by RE2."""

from collections.abc import Iterator
from typing import Annotated

import re2
from pydantic import AfterValidator, Field

from workflow.skills.bounds import MAX_ITEMS, check_count, encode, refuse

_MEMORY = 1 << 20
_MAX_WORK = 2_000_000_000
"""Bytes looked at times instructions of the pattern: each search is linear, but there may be one for each byte."""

_OPTIONS = re2.Options()
_OPTIONS.max_mem = _MEMORY
_OPTIONS.log_errors = False


def _check_pattern(pattern: str) -> str:
    try:
        _compile(pattern)
    except re2.error as error:
        reason = error.args[0]
        told = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"RE2 can't read it: {told}") from error
    return pattern


def _compile(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern, _OPTIONS)


_Pattern = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_check_pattern)]


def extract_regex(
    data: str,
    *,
    pattern: _Pattern,
    group: Annotated[int, Field(ge=0)] | str = 0,
    every: bool = False,
) -> str | list[str | None] | None:
    """Return the first match of an RE2 pattern (null when there is none), or with `every` the list of all.

    `group` picks a group of the match by number or name. Empty matches don't count.
    """
    regexp = _compile(pattern)
    index = _find_group(regexp, group)
    matches = _search(regexp, encode(data), index)
    return list(matches) if every else next(matches, None)


def _find_group(regexp: "re2._Regexp", group: int | str) -> int:
    index = regexp.groupindex.get(group) if isinstance(group, str) else group
    if index is None or index > regexp.groups:
        raise refuse(f"the pattern has no group {group!r}")
    return int(index)


def _search(regexp: "re2._Regexp", text: bytes, group: int) -> Iterator[str | None]:
    work = found = start = 0
    while start <= len(text):
        work += (len(text) - start) * regexp.programsize
        if work > _MAX_WORK:
            raise refuse("the matches take too long to find: shorten the text or the pattern")
        match = regexp.search(text, start)
        if match is None:
            return
        if match.end() > match.start():
            found += 1
            check_count(found, "matches", MAX_ITEMS)
            held = match.group(group)
            yield None if held is None else held.decode(errors="replace")
        start = match.end() if match.end() > match.start() else _next_character(text, match.end())


def _next_character(text: bytes, position: int) -> int:
    """UTF-8: the bytes after the first of a character are 10xxxxxx."""
    position += 1
    while position < len(text) and text[position] & 0xC0 == 0x80:
        position += 1
    return position
