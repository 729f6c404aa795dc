"""The short patch from one document to another: steps are known by name, not by where they stand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from pydantic import JsonValue

from workflow.comparison.pairing import find_moved
from workflow.errors import PatchConflictError
from workflow.json_data import exact_text, is_filled, is_identical
from workflow.patches.far_moves import find_far_moves
from workflow.patches.matching import Matches, match_items, pair_gaps
from workflow.patches.patch import JsonPatch, Operation, apply_patch
from workflow.patches.pointer import format_pointer

_MAX_MOVES = 200
"""Items of one list that are moved; when more have, they are taken for others."""
_MAX_FAR_MOVES = 4
"""Moves between lists that are tried; each costs a comparison."""
_MAX_ATTEMPTS = 2_000
_SHORTEST_OPERATION = len('{"op":"remove","path":"/0"},')
_ADDED = -1

Parts = tuple[str | int, ...]


def diff_documents(before: JsonValue, after: JsonValue) -> JsonPatch:
    """Return a patch that turns one document into another, exactly (`1` isn't `1.0`); empty when they are identical.

    An item of a list that came, went, moved or was renamed is one operation. Written as JSON, the patch isn't longer
    than one that replaces what differs value by value, nor than one that replaces the whole. Keys have no order.
    """
    script = _Comparison().compare(before, after, ())
    moves: list[Operation] = []
    for move in islice(find_far_moves(before, script.operations), _MAX_FAR_MOVES):
        try:
            moved = apply_patch(before, JsonPatch((*moves, move)))
        except PatchConflictError:
            continue
        rest = _Comparison().compare(moved, after, ())
        shorter = _join([_write([*moves, move]), rest])
        if shorter.size < script.size:
            script = shorter
            moves.append(move)
    return JsonPatch(tuple(script.operations))


class _Script(NamedTuple):
    """Operations in order, and their length as JSON."""

    operations: list[Operation]
    size: int


@dataclass(slots=True)
class _Comparison:
    """`attempts` bounds the items of second tries at lists, because tries at lists inside of lists multiply."""

    attempts: int = _MAX_ATTEMPTS

    def compare(self, old: JsonValue, new: JsonValue, parts: Parts) -> _Script:
        if is_identical(old, new):
            return _Script([], 0)
        whole = _write([Operation("replace", format_pointer(parts), new)])
        if isinstance(old, dict) and isinstance(new, dict):
            return min(self.compare_mappings(old, new, parts), whole, key=_size)
        if isinstance(old, list) and isinstance(new, list):
            return min(self.compare_lists(old, new, parts), whole, key=_size)
        return whole

    def compare_mappings(
        self, old: dict[str, JsonValue], new: dict[str, JsonValue], parts: Parts
    ) -> _Script:
        gone = {key: value for key, value in old.items() if key not in new}
        come = {key: value for key, value in new.items() if key not in old}
        scripts = [_write(_rename_keys(gone, come, parts))]
        scripts += [self.compare(old[key], new[key], (*parts, key)) for key in old if key in new]
        return _join(scripts)

    def compare_lists(self, old: list[JsonValue], new: list[JsonValue], parts: Parts) -> _Script:
        matches = _forget_movers(match_items(old, new))
        script = self.rearrange(old, new, matches, parts)
        if self.attempts <= 0 or script.size <= _least_in_place(old, new, parts):
            return script
        self.attempts -= len(new)
        in_place = {index: index for index in range(min(len(old), len(new)))}
        return min(script, self.rearrange(old, new, in_place, parts), key=_size)

    def rearrange(
        self, old: list[JsonValue], new: list[JsonValue], matches: Matches, parts: Parts
    ) -> _Script:
        """Bring a list into its new order, then each item that stayed into its new shape."""
        movers = _find_movers(matches)
        kept = {place: origin for place, origin in matches.items() if place not in movers}
        pairs = matches | pair_gaps(kept, matches, len(old), len(new))
        order = _write(_reorder(len(old), new, pairs, movers, parts))
        inside = (self.compare(old[pairs[p]], new[p], (*parts, p)) for p in sorted(pairs))
        return _join([order, *inside])


def _reorder(
    length: int, new: Sequence[JsonValue], pairs: Matches, movers: frozenset[int], parts: Parts
) -> Iterator[Operation]:
    """Remove from the end, then walk the new order: what is behind `cursor` still stands where it stood."""
    running = list(range(length))
    for origin in sorted(set(running) - set(pairs.values()), reverse=True):
        del running[origin]
        yield Operation("remove", format_pointer((*parts, origin)))
    cursor = 0
    for place, item in enumerate(new):
        origin = pairs.get(place, _ADDED)
        if origin == _ADDED:
            yield Operation("add", format_pointer((*parts, cursor)), item)
            running.insert(cursor, origin)
        elif place in movers:
            index = running.index(origin)
            cursor -= index < cursor
            yield _move((*parts, index), (*parts, cursor))
            running.insert(cursor, running.pop(index))
        else:
            cursor = running.index(origin, cursor)
        cursor += 1


def _rename_keys(
    gone: dict[str, JsonValue], come: dict[str, JsonValue], parts: Parts
) -> Iterator[Operation]:
    """A collection that stands unchanged under another key has moved there; scalars are alike by chance."""
    free = {exact_text(value): key for key, value in gone.items() if is_filled(value)}
    moved = {key: free.pop(exact_text(come[key]), None) for key in come if is_filled(come[key])}
    origins = {origin for origin in moved.values() if origin is not None}
    for key in gone:
        if key not in origins:
            yield Operation("remove", format_pointer((*parts, key)))
    for key, value in come.items():
        origin = moved.get(key)
        if origin is None:
            yield Operation("add", format_pointer((*parts, key)), value)
        else:
            yield _move((*parts, origin), (*parts, key))


def _find_movers(matches: Matches) -> frozenset[int]:
    places = sorted(matches)
    return frozenset(places[index] for index in find_moved([matches[place] for place in places]))


def _forget_movers(matches: Matches) -> Matches:
    """Where very many items have moved, take them for others: each move costs a search."""
    movers = _find_movers(matches)
    if len(movers) <= _MAX_MOVES:
        return matches
    return {place: origin for place, origin in matches.items() if place not in movers}


def _least_in_place(old: list[JsonValue], new: list[JsonValue], parts: Parts) -> int:
    """Return what it takes at least to change each item where it stands."""
    differing = sum(not is_identical(*pair) for pair in zip(old, new, strict=False))
    count = differing + abs(len(old) - len(new))
    return count * (_SHORTEST_OPERATION + len(format_pointer(parts)))


def _move(origin: Parts, target: Parts) -> Operation:
    return Operation("move", format_pointer(target), from_path=format_pointer(origin))


def _write(operations: Iterable[Operation]) -> _Script:
    written = list(operations)
    return _Script(written, sum(len(exact_text(dict(each.to_json()))) + 1 for each in written))


def _join(scripts: Iterable[_Script]) -> _Script:
    each = list(scripts)
    operations = [operation for script in each for operation in script.operations]
    return _Script(operations, sum(script.size for script in each))


def _size(script: _Script) -> int:
    return script.size
