"""Policies of an organisation and of a repository: all of them apply, and the lower one may only be stricter."""

from collections.abc import Iterable

from policy_dsl.expression import compile_condition
from policy_dsl.policies import Action, Enforcement, Policy
from policy_dsl.values import Failure
from policy_dsl.worlds import Outcome, outcomes

_STRICTER = {
    Action.WARN: frozenset(Action),
    Action.REQUIRE_APPROVAL: frozenset({Action.REQUIRE_APPROVAL, Action.BLOCK_MERGE}),
    Action.BLOCK_MERGE: frozenset({Action.BLOCK_MERGE}),
    Action.FAIL_RUN: frozenset({Action.FAIL_RUN}),
}
_BINDING = (Enforcement.ADVISORY, Enforcement.SOFT_MANDATORY, Enforcement.HARD_MANDATORY)


def merge_policies(*groups: Iterable[Policy]) -> tuple[Policy, ...]:
    """Return the policies of all groups, the highest authority first.

    A policy with the id of a higher one takes its place only if it is proven to be violated wherever that one is, with
    an action and an enforcement that are no weaker; otherwise both stay, and each of them can deny.
    """
    merged: list[Policy] = []
    for group in groups:
        higher = len(merged)
        for policy in group:
            place = _replaced_by(policy, merged[:higher])
            if place is None:
                merged.append(policy)
            else:
                merged[place] = policy
    return tuple(merged)


def _replaced_by(policy: Policy, higher: list[Policy]) -> int | None:
    places = (
        place
        for place, other in enumerate(higher)
        if other.id == policy.id and _tightens(policy, other)
    )
    return next(places, None)


def _tightens(lower: Policy, higher: Policy) -> bool:
    if lower.action not in _STRICTER[higher.action]:
        return False
    if _BINDING.index(lower.enforcement) < _BINDING.index(higher.enforcement):
        return False
    return _implies(higher, lower)


def _implies(first: Policy, second: Policy) -> bool:
    """Tell whether it is proven that a violation of the first is one of the second."""
    sources = (first.when, first.assert_, second.when, second.assert_)
    worlds = outcomes(*(compile_condition(source) for source in sources))
    if worlds is None:
        return False
    return all(_is_violated(world[2:]) for world in worlds if _is_violated(world[:2]))


def _is_violated(world: Outcome) -> bool:
    when, required = world
    return isinstance(when, Failure) or (when is True and required is not True)
