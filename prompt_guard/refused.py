"""What was refused before, as a model may hear of it: references, fields, directions and reasons of closed sets.

Whoever may refuse a proposal could otherwise write into the next prompt. So there is no place for a word of theirs, and
an effect that isn't made of known parts is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from prompt_guard.fields import AGENT_FIELDS, STEP_FIELDS
from prompt_guard.references import References

REASONS = frozenset(
    {
        "bad evidence",
        "expired",
        "failed tests",
        "not now",
        "policy",
        "rejected",
        "reverted",
        "too risky",
        "wrong metric",
    }
)
"""Why something was refused; any other reason isn't told."""

_DIRECTIONS = frozenset({"up", "down", "set"})
_MAX_DOUBLINGS = 10
_MAX_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class RefusedEffect:
    """One field of a step or an agent that shouldn't go further in a direction; `doublings` says roughly how far."""

    kind: str
    subject: str
    field: str
    direction: str
    doublings: int
    reason: str


def describe_refused(
    effects: Iterable[RefusedEffect], references: References
) -> list[dict[str, JsonValue]]:
    """Return what a model may know of refusals, at most twenty of them."""
    told = [_describe(effect, references) for effect in effects]
    return [each for each in told if each][:_MAX_EXAMPLES]


def _describe(effect: RefusedEffect, references: References) -> dict[str, JsonValue]:
    is_step = effect.kind == "step"
    reference = (references.to_step if is_step else references.to_agent)(effect.subject)
    fields = {"/".join(path) for path in (STEP_FIELDS if is_step else AGENT_FIELDS)}
    if not reference or effect.field not in fields or effect.reason not in REASONS:
        return {}
    return {
        "ref": reference,
        "field": effect.field,
        "direction": effect.direction if effect.direction in _DIRECTIONS else "other",
        "doublings": max(0, min(_MAX_DOUBLINGS, effect.doublings)),
        "reason": effect.reason,
    }
