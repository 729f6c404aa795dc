"""Remembering what people refused: keyed on a patch's effect, so that a new title or a bigger step isn't a new idea."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from workflow import ABSENT, Added, Changed, GraphChange, Moved, Removed

_MAX_MAGNITUDE = 10


class MemoryReason(StrEnum):
    """Why an effect isn't to be proposed again for a while."""

    REVERTED = "reverted"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Memory:
    """One refused effect, remembered until a moment (aware UTC)."""

    fingerprint: str
    reason: MemoryReason
    until: datetime


def fingerprint(workflow_path: str, changes: Iterable[GraphChange]) -> str:
    """Return the effect of a patch as canonical JSON text: where, which fields, which way, roughly how far.

    How far is the binary order of magnitude of the change, 0 for what isn't a number; order of changes doesn't matter.
    """
    effects = sorted((_effect(change) for change in changes), key=str)
    return json.dumps([workflow_path, effects], separators=(",", ":"), ensure_ascii=True)


def is_blocked(fingerprints: Iterable[str], memory: Iterable[Memory], now: datetime) -> bool:
    """Whether any of the effects is remembered, or holds a remembered one, or goes further the same way."""
    remembered = [entry.fingerprint for entry in memory if now < entry.until]
    return any(_holds(candidate, old) for candidate in fingerprints for old in remembered)


def _effect(change: GraphChange) -> list[JsonValue]:
    """Return kind and id of the subject, the field, the direction, the magnitude."""
    subject: list[JsonValue] = [change.subject.kind, change.subject.id]
    match change:
        case Changed(field=field, before=before, after=after):
            direction, magnitude = _step(before, after)
            return [*subject, "/".join(field), direction, magnitude]
        case Added():
            return [*subject, "", "added", 0]
        case Removed():
            return [*subject, "", "removed", 0]
        case Moved():
            return [*subject, "", "moved", 0]
        case _:
            return [*subject, "", "renamed", 0]


def _step(before: object, after: object) -> tuple[str, int]:
    """Return which way a value goes and the binary order of magnitude of how far."""
    start, end = _number(before), _number(after)
    if before is ABSENT and end is not None:
        return "set", 0
    if start is None or end is None:
        return f"to {json.dumps(after, sort_keys=True, default=str)[:200]}", 0
    direction = "up" if end > start else "down"
    has_ratio = start > 0 and end > 0
    doublings = abs(math.log2(end / start)) if has_ratio else math.log2(1 + abs(end - start))
    return direction, min(_MAX_MAGNITUDE, math.ceil(doublings))


def _number(value: object) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]  # mypy can't see through the flag


def _holds(candidate: str, old: str) -> bool:
    if candidate == old:
        return True
    path, effects = _parse(candidate)
    old_path, old_effects = _parse(old)
    return (
        bool(old_effects)
        and path == old_path
        and all(any(_goes_as_far(effect, refused) for effect in effects) for refused in old_effects)
    )


def _goes_as_far(effect: Sequence[object], refused: Sequence[object]) -> bool:
    return effect[:-1] == refused[:-1] and int(str(effect[-1])) >= int(str(refused[-1]))


def _parse(text: str) -> tuple[str, list[list[object]]]:
    path, effects = json.loads(text)
    return path, effects
