"""The life of an accepted proposal: its states, what can happen to it, and the reasons why it may be held."""

from dataclasses import dataclass
from enum import StrEnum

from trust_tiers.errors import RolloutError


class RolloutState(StrEnum):
    """Where a rollout stands.

    `PROPOSED` waits for a person or its turn, `STAGED` is being tried on a branch, `HELD` waits for what `HoldReason`
    says.
    """

    PROPOSED = "proposed"
    STAGED = "staged"
    APPLIED = "applied"
    BAKING = "baking"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    REVERTED = "reverted"
    HELD = "held"
    EXPIRED = "expired"


class RolloutEvent(StrEnum):
    """What can happen to a rollout.

    `UNDO`, `HOLD` and `RESUME` are a person's requests, or those of a setting that a person made; `CONFLICT` is a later
    edit that stands in the way of an undo.
    """

    STAGE = "stage"
    UNSTAGE = "unstage"
    APPLY = "apply"
    DISCARD = "discard"
    EXPIRE = "expire"
    TESTS_PASSED = "tests_passed"
    TESTS_FAILED = "tests_failed"
    BREACH = "breach"
    TELEMETRY_LOST = "telemetry_lost"
    TELEMETRY_BACK = "telemetry_back"
    BAKED = "baked"
    HOLD = "hold"
    RESUME = "resume"
    UNDO = "undo"
    CONFLICT = "conflict"


class HoldReason(StrEnum):
    """What a held rollout waits for; it decides what may follow."""

    PERSON = "person"
    TELEMETRY = "telemetry"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Transition:
    """The state a rollout enters and why, in words for a person; `hold` is kept beside the state `HELD`."""

    state: RolloutState
    reason: str
    hold: HoldReason | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A state, and for `HELD` why; a hold whose reason isn't known allows only what every hold allows."""

    state: RolloutState
    hold: HoldReason | None = None


_S, _E, _H = RolloutState, RolloutEvent, HoldReason

_UNDONE = Transition(_S.REVERTED, "a person took it back")
_BLOCKED = Transition(_S.HELD, "a later edit stands in the way of the undo", _H.CONFLICT)
_WORSE = Transition(_S.REVERTED, "it did worse on real traffic")
_KEPT = Transition(_S.BAKING, "a person let it go on")
_STOPPED = Transition(_S.HELD, "a person stopped it", _H.PERSON)
_BARE, _PERSON, _TELEMETRY, _CONFLICT = (
    Standing(_S.HELD, hold) for hold in (None, _H.PERSON, _H.TELEMETRY, _H.CONFLICT)
)

TRANSITIONS: dict[tuple[Standing, RolloutEvent], Transition] = {
    (Standing(_S.PROPOSED), _E.STAGE): Transition(_S.STAGED, "it is tried on a branch"),
    (Standing(_S.PROPOSED), _E.APPLY): Transition(_S.APPLIED, "it was merged as it is"),
    (Standing(_S.PROPOSED), _E.DISCARD): Transition(_S.ROLLED_BACK, "it was dropped"),
    (Standing(_S.PROPOSED), _E.EXPIRE): Transition(_S.EXPIRED, "nobody decided in time"),
    (Standing(_S.STAGED), _E.APPLY): Transition(_S.APPLIED, "the staged change was committed"),
    (Standing(_S.STAGED), _E.DISCARD): Transition(_S.ROLLED_BACK, "the staged change was dropped"),
    (Standing(_S.STAGED), _E.UNSTAGE): Transition(_S.PROPOSED, "it waits for a person instead"),
    (Standing(_S.STAGED), _E.EXPIRE): Transition(_S.EXPIRED, "nobody decided in time"),
    (Standing(_S.APPLIED), _E.TESTS_PASSED): Transition(_S.BAKING, "the embedded tests passed"),
    (Standing(_S.APPLIED), _E.TESTS_FAILED): Transition(_S.REVERTED, "an embedded test failed"),
    (Standing(_S.APPLIED), _E.UNDO): _UNDONE,
    (Standing(_S.APPLIED), _E.CONFLICT): _BLOCKED,
    (Standing(_S.BAKING), _E.BAKED): Transition(_S.PROMOTED, "it held up on real traffic"),
    (Standing(_S.BAKING), _E.BREACH): _WORSE,
    (Standing(_S.BAKING), _E.TELEMETRY_LOST): Transition(
        _S.HELD, "no telemetry to judge it by", _H.TELEMETRY
    ),
    (Standing(_S.BAKING), _E.HOLD): _STOPPED,
    (Standing(_S.BAKING), _E.UNDO): _UNDONE,
    (Standing(_S.BAKING), _E.CONFLICT): _BLOCKED,
    (_TELEMETRY, _E.TELEMETRY_BACK): Transition(_S.BAKING, "telemetry is back"),
    (_TELEMETRY, _E.BREACH): _WORSE,
    (_TELEMETRY, _E.HOLD): _STOPPED,
    (_TELEMETRY, _E.UNDO): _UNDONE,
    (_TELEMETRY, _E.CONFLICT): _BLOCKED,
    (_PERSON, _E.RESUME): _KEPT,
    (_PERSON, _E.UNDO): _UNDONE,
    (_PERSON, _E.CONFLICT): _BLOCKED,
    (_CONFLICT, _E.RESUME): _KEPT,
    (_CONFLICT, _E.UNDO): _UNDONE,
    (_BARE, _E.RESUME): _KEPT,
    (_BARE, _E.UNDO): _UNDONE,
    (Standing(_S.PROMOTED), _E.UNDO): _UNDONE,
    (Standing(_S.PROMOTED), _E.CONFLICT): _BLOCKED,
}
"""Every way from one state to another; what isn't here can't happen."""

TERMINAL = frozenset({RolloutState.ROLLED_BACK, RolloutState.REVERTED, RolloutState.EXPIRED})
"""States that nothing leaves, so a revert is never reverted; a promoted change can still be taken back by a person."""


def advance(
    state: RolloutState, event: RolloutEvent, *, hold: HoldReason | None = None
) -> Transition:
    """Return where `event` leads from `state`; raises `RolloutError` when it can't happen there.

    `hold` is the reason kept when the rollout was held, and means nothing in any other state.
    """
    standing = Standing(state, hold if state is RolloutState.HELD else None)
    transition = TRANSITIONS.get((standing, event))
    if transition is None:
        raise RolloutError(state, event)
    return transition
