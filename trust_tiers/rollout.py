"""The life of an accepted proposal, as one explicit table; whoever runs it hands in the events."""

from dataclasses import dataclass
from enum import StrEnum

from trust_tiers.errors import RolloutError


class RolloutState(StrEnum):
    """Where a rollout stands; `HELD` waits for a person or for telemetry."""

    STAGED = "staged"
    APPLIED = "applied"
    BAKING = "baking"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    REVERTED = "reverted"
    HELD = "held"
    EXPIRED = "expired"


class RolloutEvent(StrEnum):
    """What can happen to a rollout; `UNDO` is a person's request, `CONFLICT` a later edit that stands in its way."""

    APPLY = "apply"
    DISCARD = "discard"
    EXPIRE = "expire"
    TESTS_PASSED = "tests_passed"
    TESTS_FAILED = "tests_failed"
    BREACH = "breach"
    TELEMETRY_LOST = "telemetry_lost"
    TELEMETRY_BACK = "telemetry_back"
    BAKED = "baked"
    UNDO = "undo"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Transition:
    """The state a rollout enters and why, in words for a person."""

    state: RolloutState
    reason: str


_S, _E = RolloutState, RolloutEvent

_TABLE: dict[tuple[RolloutState, RolloutEvent], Transition] = {
    (_S.STAGED, _E.APPLY): Transition(_S.APPLIED, "the staged change was committed"),
    (_S.STAGED, _E.DISCARD): Transition(_S.ROLLED_BACK, "the staged change was dropped"),
    (_S.STAGED, _E.EXPIRE): Transition(_S.EXPIRED, "nobody decided in time"),
    (_S.APPLIED, _E.TESTS_PASSED): Transition(_S.BAKING, "the embedded tests passed"),
    (_S.APPLIED, _E.TESTS_FAILED): Transition(_S.REVERTED, "an embedded test failed"),
    (_S.APPLIED, _E.UNDO): Transition(_S.REVERTED, "a person took it back"),
    (_S.APPLIED, _E.CONFLICT): Transition(_S.HELD, "a later edit stands in the way of the undo"),
    (_S.BAKING, _E.BAKED): Transition(_S.PROMOTED, "it held up on real traffic"),
    (_S.BAKING, _E.BREACH): Transition(_S.REVERTED, "it did worse on real traffic"),
    (_S.BAKING, _E.TELEMETRY_LOST): Transition(_S.HELD, "no telemetry to judge it by"),
    (_S.BAKING, _E.UNDO): Transition(_S.REVERTED, "a person took it back"),
    (_S.BAKING, _E.CONFLICT): Transition(_S.HELD, "a later edit stands in the way of the undo"),
    (_S.HELD, _E.TELEMETRY_BACK): Transition(_S.BAKING, "telemetry is back"),
    (_S.HELD, _E.BREACH): Transition(_S.REVERTED, "it did worse on real traffic"),
    (_S.HELD, _E.UNDO): Transition(_S.REVERTED, "a person took it back"),
    (_S.PROMOTED, _E.UNDO): Transition(_S.REVERTED, "a person took it back"),
    (_S.PROMOTED, _E.CONFLICT): Transition(_S.HELD, "a later edit stands in the way of the undo"),
}

TERMINAL = frozenset({RolloutState.ROLLED_BACK, RolloutState.REVERTED, RolloutState.EXPIRED})
"""States that nothing leaves; a promoted change can still be taken back by a person."""


def advance(state: RolloutState, event: RolloutEvent) -> Transition:
    """Return where `event` leads from `state`; raises `RolloutError` when it can't happen there."""
    transition = _TABLE.get((state, event))
    if transition is None:
        raise RolloutError(state, event)
    return transition
