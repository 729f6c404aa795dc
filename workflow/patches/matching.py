"""Which item of an old list is which of a new one: by name where items bear one, by value otherwise."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

from pydantic import JsonValue

from workflow.json_data import exact_text
from workflow.tree import name_of

_MAX_CELLS = 40_000
"""Old items times new ones up to which a longest common subsequence is looked for; beyond, equals meet in order."""

Matches = dict[int, int]
"""Position in the new list → position in the old one; no old position twice."""

_Naming = Callable[[dict[str, JsonValue]], JsonValue]


def match_items(old: Sequence[JsonValue], new: Sequence[JsonValue]) -> Matches:
    """Match the items that are the same ones, wherever they stand and whatever else became of them.

    Where all items of both lists bear a `name` (or an `id`) of their own, the same name makes the same item, and so
    does an equal rest under a new name. In all other lists, equal items are the same.
    """
    for naming in (name_of, _id_of):
        names = _unique_names(old, naming), _unique_names(new, naming)
        if names[0] is not None and names[1] is not None:
            return _match_named(old, new, names[0], names[1])
    return _match_texts([exact_text(item) for item in old], [exact_text(item) for item in new])


def pair_gaps(kept: Matches, matches: Matches, old: int, new: int) -> Matches:
    """Pair what nothing matches, between the same two kept neighbours and in order: the one became the other.

    `kept` are the matches that are in order; `old` and `new` are the lengths of the lists.
    """
    taken = set(matches.values())
    pairs: Matches = {}
    above, above_old = -1, -1
    for below, below_old in [*sorted(kept.items()), (new, old)]:
        places = (place for place in range(above + 1, below) if place not in matches)
        origins = (origin for origin in range(above_old + 1, below_old) if origin not in taken)
        pairs.update(zip(places, origins, strict=False))
        above, above_old = below, below_old
    return pairs


def _id_of(item: dict[str, JsonValue]) -> JsonValue:
    return item.get("id")


def _unique_names(items: Sequence[JsonValue], naming: _Naming) -> list[str] | None:
    """Return what the items are called, None unless each has a name of its own."""
    names = [naming(item) if isinstance(item, dict) else None for item in items]
    called = [name for name in names if isinstance(name, str) and name]
    return called if len(set(called)) == len(items) else None


def _match_named(
    old: Sequence[JsonValue], new: Sequence[JsonValue], old_names: list[str], new_names: list[str]
) -> Matches:
    origins = {name: origin for origin, name in enumerate(old_names)}
    matches = {p: origins[name] for p, name in enumerate(new_names) if name in origins}
    gone = set(range(len(old))) - set(matches.values())
    return matches | _match_equals(
        {origin: _nameless(old[origin], old_names[origin]) for origin in sorted(gone)},
        {p: _nameless(new[p], name) for p, name in enumerate(new_names) if p not in matches},
    )


def _nameless(item: JsonValue, name: str) -> str:
    """Write an item without what it is called, and without what is called like it."""
    assert isinstance(item, dict)
    return exact_text({key: value for key, value in item.items() if value != name})


def _match_texts(old: Sequence[str], new: Sequence[str]) -> Matches:
    head = _count_same(old, new)
    tail = _count_same(old[head:][::-1], new[head:][::-1])
    matches = {index: index for index in range(head)}
    matches |= {len(new) - back: len(old) - back for back in range(1, tail + 1)}
    common = _find_common(old[head : len(old) - tail], new[head : len(new) - tail])
    matches |= {place + head: origin + head for place, origin in common.items()}
    taken = set(matches.values())
    return matches | _match_equals(
        {origin: text for origin, text in enumerate(old) if origin not in taken},
        {place: text for place, text in enumerate(new) if place not in matches},
    )


def _match_equals(old: Mapping[int, str], new: Mapping[int, str]) -> Matches:
    """Match equal texts in the order they come, whatever their distance."""
    free: dict[str, list[int]] = {}
    for origin, text in reversed(list(old.items())):
        free.setdefault(text, []).append(origin)
    return {place: free[text].pop() for place, text in new.items() if free.get(text)}


def _find_common(old: Sequence[str], new: Sequence[str]) -> Matches:
    """Find a longest common subsequence; nothing where it would take too long, or where nothing repeats."""
    repeats = len(set(old)) < len(old) or len(set(new)) < len(new)
    if not repeats or len(old) * len(new) > _MAX_CELLS:
        return {}
    lengths = _measure_common(old, new)
    matches: Matches = {}
    origin = place = 0
    while origin < len(old) and place < len(new):
        if old[origin] == new[place]:
            matches[place] = origin
            origin, place = origin + 1, place + 1
        elif lengths[origin + 1][place] >= lengths[origin][place + 1]:
            origin += 1
        else:
            place += 1
    return matches


def _measure_common(old: Sequence[str], new: Sequence[str]) -> list[list[int]]:
    """Return how long a common subsequence of the rests can be, by where the rests begin."""
    lengths = [[0] * (len(new) + 1)]
    for text in reversed(old):
        below, row = lengths[-1], [0] * (len(new) + 1)
        for place in reversed(range(len(new))):
            same = text == new[place]
            row[place] = below[place + 1] + 1 if same else max(below[place], row[place + 1])
        lengths.append(row)
    return lengths[::-1]


def _count_same(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
