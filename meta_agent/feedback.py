"""Remembering what was refused: keyed on a patch's effect, so that a new title or a bigger step isn't a new idea.

What is kept of a refusal is the effect, one of a closed set of reasons, and an end: no word that anybody wrote.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import JsonValue

from prompt_guard import RefusedEffect
from workflow import ABSENT, Added, Changed, GraphChange, Moved, Removed

_MAX_MAGNITUDE = 10


class MemoryReason(StrEnum):
    """Why an effect isn't to be proposed again for a while."""

    REVERTED = "reverted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    FAILED_TESTS = "failed tests"
    TOO_RISKY = "too risky"
    WRONG_METRIC = "wrong metric"
    NOT_NOW = "not now"
    BAD_EVIDENCE = "bad evidence"
    POLICY = "policy"


REMEMBERED_DAYS: Final[Mapping[MemoryReason, int]] = {
    MemoryReason.REVERTED: 90,
    MemoryReason.REJECTED: 90,
    MemoryReason.EXPIRED: 30,
    MemoryReason.FAILED_TESTS: 30,
    MemoryReason.TOO_RISKY: 180,
    MemoryReason.WRONG_METRIC: 180,
    MemoryReason.NOT_NOW: 90,
    MemoryReason.BAD_EVIDENCE: 30,
    MemoryReason.POLICY: 365,
}
"""How many days an effect stays blocked; what may look different soon is asked again soon."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One refused effect, remembered until a moment (aware UTC)."""

    fingerprint: str
    reason: MemoryReason
    until: datetime


def remember_effect(
    fingerprint: str, reason: MemoryReason, now: datetime, *, until: datetime | None = None
) -> Memory:
    """Return the memory of a refusal, until the moment somebody named, else as long as its reason usually counts."""
    usual = now + timedelta(days=REMEMBERED_DAYS[reason])
    return Memory(fingerprint, reason, until or usual)


def list_refused(
    workflow_path: str, memory: Iterable[Memory], now: datetime
) -> tuple[RefusedEffect, ...]:
    """Return what is remembered of one workflow as examples of what not to propose."""
    return tuple(
        RefusedEffect(
            kind=str(kind),
            subject=str(subject),
            field=str(field),
            direction=str(direction),
            doublings=int(str(magnitude)),
            reason=entry.reason.value,
        )
        for entry in memory
        if now < entry.until and _parse(entry.fingerprint)[0] == workflow_path
        for kind, subject, field, direction, magnitude in _parse(entry.fingerprint)[1]
    )


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
