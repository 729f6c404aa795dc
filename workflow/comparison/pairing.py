"""Which step of the old version is which of the new one: by identity, then by content, never by position."""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence

from pydantic import JsonValue

from workflow.comparison.outline import canonical_text
from workflow.nodes import StepNode

_MIN_SIMILARITY = 0.6
_MAX_COMPARISONS = 10_000

Pairs = dict[str, str]
"""New `step_id` → old `step_id`."""


def pair_steps(before: Sequence[StepNode], after: Sequence[StepNode]) -> Pairs:
    """Pair steps that bear the same `step_id`, lie in a paired container under the same name, or do the same."""
    old = {node.step_id: node for node in before}
    pairs = {node.step_id: node.step_id for node in after if node.step_id in old}
    while True:
        _carry(pairs, old, after)
        found = _pair_equal(pairs, before, after) or _pair_similar(pairs, before, after)
        if not found:
            return pairs
        pairs.update(found)


def lie_together(old: StepNode, new: StepNode, pairs: Pairs) -> bool:
    """Whether both lie in the same container and branch, or both at the top."""
    parent = pairs.get(new.parent_id) if new.parent_id else ""
    return parent == old.parent_id and new.branch == old.branch


def find_moved(old_positions: Sequence[int]) -> frozenset[int]:
    """Return the fewest indices that must move to bring the positions into order (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, position in enumerate(old_positions):
        place = bisect_left(tails, position)
        tails[place : place + 1] = [position]
        ends[place : place + 1] = [index]
        previous.append(ends[place - 1] if place else -1)
    kept = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.add(index)
        index = previous[index]
    return frozenset(range(len(old_positions))) - kept


def _carry(pairs: Pairs, old: dict[str, StepNode], after: Sequence[StepNode]) -> None:
    """Steps inside a container that was renamed or moved are still the same steps."""
    taken = set(pairs.values())
    places = {
        (node.parent_id, node.branch, node.name): node.step_id
        for node in old.values()
        if node.step_id not in taken
    }
    for node in after:
        if node.step_id not in pairs and node.parent_id in pairs:
            place = (pairs[node.parent_id], node.branch, node.name)
            if place in places:
                pairs[node.step_id] = places.pop(place)


def _pair_equal(pairs: Pairs, before: Sequence[StepNode], after: Sequence[StepNode]) -> Pairs:
    """Pair what does exactly the same under another name or elsewhere; containers come first."""
    free: dict[Hashable, list[StepNode]] = {}
    for node in _unpaired(before, pairs.values()):
        free.setdefault(_content(node), []).append(node)
    found: Pairs = {}
    for node in _unpaired(after, pairs):
        candidates = free.get(_content(node))
        if candidates:
            best = min(candidates, key=lambda one: _strangeness(one, node, pairs))
            candidates.remove(best)
            found[node.step_id] = best.step_id
    return _outermost(found, after)


def _pair_similar(pairs: Pairs, before: Sequence[StepNode], after: Sequence[StepNode]) -> Pairs:
    """Pair what is mostly the same, likest first; with very many candidates it is not tried."""
    olds, news = list(_unpaired(before, pairs.values())), list(_unpaired(after, pairs))
    if len(olds) * len(news) > _MAX_COMPARISONS:
        return {}
    leaves = {id(node): _leaves(node) for node in (*olds, *news)}
    ranked = sorted(
        (-score, _strangeness(one, other, pairs), new, old)
        for new, other in enumerate(news)
        for old, one in enumerate(olds)
        if one.kind == other.kind
        and (score := _similarity(leaves[id(one)], leaves[id(other)])) >= _MIN_SIMILARITY
    )
    found: Pairs = {}
    taken: set[int] = set()
    for *_, new, old in ranked:
        if news[new].step_id not in found and old not in taken:
            found[news[new].step_id] = olds[old].step_id
            taken.add(old)
    return _outermost(found, after)


def _outermost(found: Pairs, after: Sequence[StepNode]) -> Pairs:
    """Leave what lies inside a newly paired container to the next round: it is carried with its container."""
    parents = {node.step_id: node.parent_id for node in after}
    return {new: old for new, old in found.items() if parents[new] not in found}


def _unpaired(nodes: Sequence[StepNode], paired: Iterable[str]) -> Iterable[StepNode]:
    known = set(paired)
    return (node for node in nodes if node.step_id not in known)


def _content(node: StepNode) -> Hashable:
    return canonical_text({**_nameless(node), "kind": node.kind})


def _leaves(node: StepNode) -> frozenset[Hashable]:
    return frozenset(_walk(_nameless(node), ()))


def _walk(value: JsonValue, path: tuple[str, ...]) -> Iterator[Hashable]:
    """Items of a list count wherever they stand in it, so that one more of them doesn't change the rest."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _walk(item, (*path, key))
    elif isinstance(value, list) and value:
        for item in value:
            yield from _walk(item, (*path, "[]"))
    else:
        yield path, canonical_text(value)


def _nameless(node: StepNode) -> dict[str, JsonValue]:
    return {key: value for key, value in node.raw.items() if key not in ("name", "step", "kind")}


def _similarity(one: frozenset[Hashable], other: frozenset[Hashable]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _strangeness(old: StepNode, new: StepNode, pairs: Pairs) -> tuple[bool, bool]:
    return new.name != old.name, not lie_together(old, new, pairs)
