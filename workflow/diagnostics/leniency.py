"""Reading what another program wrote: unknown keys are left out of the model, and each one is told."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson
from pydantic import JsonValue

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding
from workflow.format.shape import ShapeError, read_spec
from workflow.format.spec import WorkflowSpec
from workflow.json_data import copy_json
from workflow.patches.pointer import parse_index, parse_pointer

_UNKNOWN = "unknown-key"
_MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class LenientlyRead:
    """A document without the keys nobody knows, its model, and a finding for each key that was left out."""

    document: dict[str, JsonValue]
    spec: WorkflowSpec
    ignored: tuple[Finding, ...]


def read_leniently(document: Mapping[str, JsonValue]) -> LenientlyRead:
    """Return the model of the document but for its unknown keys; raises `ShapeError` for whatever else is wrong."""
    known, ignored = dict(document), list[Finding]()
    for _ in range(_MOST_ROUNDS):
        try:
            return LenientlyRead(known, read_spec(known), tuple(ignored))
        except ShapeError as error:
            unknown = [found for found in error.findings if found.id == _UNKNOWN]
            if not unknown:
                raise
            known = _without(known, unknown)
            ignored += [_tell(found) for found in unknown]
    return LenientlyRead(known, read_spec(known), tuple(ignored))


def find_written(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[Finding]:
    """Return the unknown keys of `after` that `before` doesn't have with the same values: somebody wrote them."""
    kept = Counter(_worth(before, found) for found in read_leniently(before).ignored)
    written: list[Finding] = []
    for found in read_leniently(after).ignored:
        worth = _worth(after, found)
        if kept[worth]:
            kept[worth] -= 1
        else:
            written.append(Finding(_UNKNOWN, found.pointer, f"unknown key {worth[0]!r}", _ONLY_OLD))
    return written


_ONLY_OLD = "a lenient reading leaves unknown keys as they are; it doesn't let new ones in"


def _tell(found: Finding) -> Finding:
    key = parse_pointer(found.pointer)[-1]
    message = f"key {key!r} isn't part of the format: ignored, with everything below it"
    return Finding("ignored-key", found.pointer, message, severity=Severity.WARNING)


def _without(document: Mapping[str, JsonValue], unknown: Iterable[Finding]) -> dict[str, JsonValue]:
    changed = copy_json(dict(document))
    assert isinstance(changed, dict)
    for found in unknown:
        *above, key = parse_pointer(found.pointer)
        owner = _dig(changed, above)
        if isinstance(owner, dict):
            owner.pop(key, None)
    return changed


def _worth(document: Mapping[str, JsonValue], found: Finding) -> tuple[str, bytes]:
    parts = parse_pointer(found.pointer)
    value = _dig(dict(document), parts)
    return parts[-1], orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _dig(value: JsonValue, parts: Iterable[str]) -> JsonValue:
    for part in parts:
        index = parse_index(part)
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and index is not None and index < len(value):
            value = value[index]
    return value
