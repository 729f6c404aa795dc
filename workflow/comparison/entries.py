"""A subject of a comparison in one version: what it is, where it stands, and the changes told from two of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypedDict

from pydantic import JsonValue

from workflow.comparison.changes import (
    ABSENT,
    Added,
    Changed,
    GraphChange,
    Moved,
    Removed,
    Renamed,
    Subject,
)
from workflow.comparison.changes import SemanticClass as Semantic
from workflow.comparison.outline import Difference, Own, differing_own_fields
from workflow.comparison.pairing import find_moved
from workflow.comparison.semantics import classify_field, classify_whole
from workflow.nodes import StepNode
from workflow.patches.pointer import format_pointer, yaml_path_of
from workflow.tree import Parts

LineOf = Callable[[str], int]
"""JSON Pointer → line in the text of that version (0: unknown)."""


class _Place(TypedDict):
    subject: Subject
    semantic: Semantic
    pointer: str
    yaml_path: str
    line: int
    step: StepNode | None
    users: tuple[StepNode, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One subject; `own` is its value without the children that are subjects themselves."""

    subject: Subject
    value: JsonValue
    own: Own
    parts: Parts
    line_of: LineOf
    step: StepNode | None = None
    users: tuple[StepNode, ...] = ()

    @property
    def yaml_path(self) -> str:
        """Where it stands, dotted."""
        return yaml_path_of(self.parts)

    def place(self, field: tuple[str, ...] = ()) -> _Place:
        """Say where the subject, or a field of it, stands and what changing it is about."""
        pointer = format_pointer([str(part) for part in (*self.parts, *field)])
        return {
            "subject": self.subject,
            "semantic": classify_field(self.subject, field)
            if field
            else classify_whole(self.subject, self.step.kind if self.step else ""),
            "pointer": pointer,
            "yaml_path": yaml_path_of((*self.parts, *field)),
            "line": self.line_of(pointer),
            "step": self.step,
            "users": self.users,
        }


def added(entry: Entry) -> Added:
    """Tell that the subject is new."""
    return Added(**entry.place(), value=entry.value)


def removed(entry: Entry) -> Removed:
    """Tell that the subject is gone."""
    return Removed(**entry.place(), value=entry.value)


def moved(before: Entry, after: Entry, *, is_reordering: bool) -> Moved:
    """Tell that the subject stands elsewhere, or only in another order."""
    return Moved(
        **after.place(),
        before_yaml_path=before.yaml_path,
        before_id=before.subject.id,
        is_reordering=is_reordering,
    )


def renamed(before: Entry, after: Entry) -> Renamed:
    """Tell that the subject bears another name."""
    return Renamed(**after.place(), before_id=before.subject.id)


def changed(
    before: Entry, after: Entry, *, ignore: frozenset[str] = frozenset()
) -> Iterator[Changed]:
    """Tell every field that differs but the ignored ones; a field that is gone has its position in the old version."""
    for found in differing_own_fields(
        before.value, after.value, own_before=before.own, own_after=after.own
    ):
        if not (found.path and found.path[0] in ignore):
            yield change_field(before, after, found)


def change_field(before: Entry, after: Entry, found: Difference) -> Changed:
    """Tell one difference of a subject."""
    entry = replace(after, parts=before.parts, line_of=before.line_of)
    where = entry if found.after is ABSENT else after
    place = where.place(found.path)
    place["semantic"] = classify_field(after.subject, found.path)
    return Changed(**place, field=found.path, before=found.before, after=found.after)


def compare_named(
    before: dict[str, Entry], after: dict[str, Entry], *, ordered: bool
) -> Iterator[GraphChange]:
    """Compare entries by their keys, what is gone first; `ordered`: another order is a change."""
    stayed = [key for key in after if key in before]
    positions = {key: index for index, key in enumerate(before)}
    strays = find_moved([positions[key] for key in stayed]) if ordered else frozenset()
    movers = {stayed[index] for index in strays}
    yield from (removed(entry) for key, entry in before.items() if key not in after)
    for key, entry in after.items():
        if key not in before:
            yield added(entry)
            continue
        if key in movers:
            yield moved(before[key], entry, is_reordering=True)
        yield from changed(before[key], entry)


def number_twins(keys: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Pair each key with how often it came before, so that two of a name stay two."""
    seen: dict[str, int] = {}
    for key in keys:
        seen[key] = seen.get(key, -1) + 1
        yield key, seen[key]
