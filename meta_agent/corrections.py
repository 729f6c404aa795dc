"""What a person changed of a proposal before merging it: the value they prefer, for the next proposal like it.

Only numbers, booleans and model names are learned, each for one field of one step or agent; the sentence somebody
wrote beside them isn't.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from meta_agent.candidate import Candidate
from workflow import (
    MISSING,
    JsonPatch,
    Missing,
    Operation,
    PatchError,
    Workflow,
    format_pointer,
    parse_pointer,
    resolve,
)

_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,79}")


@dataclass(frozen=True, slots=True)
class Correction:
    """The value a person put in place of a proposed one; `subject` is a step's id or an agent's name."""

    spec_path: str
    kind: str
    subject: str
    field: tuple[str, ...]
    preferred: JsonValue


def learn_corrections(patch: JsonPatch, merged: Workflow) -> tuple[Correction, ...]:
    """Compare what a patch would have set with what stands there since a person merged their own version of it.

    A field that is as it was before, or isn't there, teaches nothing: then the person refused, and didn't correct.
    """
    before = {one.path: one.value for one in patch.operations if one.op == "test"}
    settings = dict(_list_settings(patch))
    if any(_find(merged, path) != value for path, value in before.items() if path not in settings):
        return ()  # the step that was meant isn't there any longer
    learned = []
    for path, proposed in settings.items():
        now, place = _find(merged, path), _find_subject(merged, path)
        is_new = now not in (MISSING, proposed, before.get(path, MISSING))
        if not isinstance(now, Missing) and is_new and place and _is_learnable(now, proposed):
            learned.append(Correction(merged.path, *place, now))
    return tuple(learned)


def prefer(
    candidate: Candidate, workflow: Workflow, corrections: Iterable[Correction]
) -> Candidate:
    """Return the candidate with the values that people prefer in the fields it sets; the latest correction counts."""
    wanted = {
        (one.kind, one.subject, one.field): one.preferred
        for one in corrections
        if one.spec_path == workflow.path
    }
    operations = [_correct(one, workflow, wanted) for one in candidate.patch.operations]
    if operations == list(candidate.patch.operations):
        return candidate
    rationale = f"{candidate.rationale} With the value that was preferred before.".strip()
    return replace(candidate, patch=JsonPatch(tuple(operations)), rationale=rationale)


_Wanted = dict[tuple[str, str, tuple[str, ...]], JsonValue]


def _correct(operation: Operation, workflow: Workflow, wanted: _Wanted) -> Operation:
    if operation.op not in ("add", "replace") or isinstance(operation.value, Missing):
        return operation
    return replace(operation, value=_fill(operation.path, operation.value, workflow, wanted))


def _fill(path: str, value: JsonValue, workflow: Workflow, wanted: _Wanted) -> JsonValue:
    if isinstance(value, dict):
        return {
            key: _fill(path + format_pointer((key,)), item, workflow, wanted)
            for key, item in value.items()
        }
    place = _find_subject(workflow, path)
    preferred = wanted.get(place, value) if place else value
    return preferred if _is_learnable(preferred, value) else value


def _list_settings(patch: JsonPatch) -> Iterator[tuple[str, JsonValue]]:
    """Name every single value that a patch sets, with its pointer."""
    for operation in patch.operations:
        if operation.op in ("add", "replace") and not isinstance(operation.value, Missing):
            yield from _leaves(operation.path, operation.value)


def _leaves(path: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(path + format_pointer((key,)), item)
    else:
        yield path, value


def _is_learnable(preferred: object, proposed: object) -> bool:
    """Whether a value is of the same harmless kind as the one it takes the place of."""
    if isinstance(proposed, bool) or isinstance(preferred, bool):
        return isinstance(proposed, bool) and isinstance(preferred, bool)
    if isinstance(proposed, int | float):
        return isinstance(preferred, int | float)
    both_text = isinstance(proposed, str) and isinstance(preferred, str)
    return both_text and _MODEL_NAME.fullmatch(str(preferred)) is not None


def _find(workflow: Workflow, path: str) -> JsonValue | Missing:
    try:
        return resolve(workflow.document, path)
    except PatchError:
        return MISSING


def _find_subject(workflow: Workflow, path: str) -> tuple[str, str, tuple[str, ...]] | None:
    """Return kind, name and field that a pointer leads to: of the innermost step around it, or of an agent."""
    parts: Sequence[str] = parse_pointer(path)
    if len(parts) > 2 and parts[0] == "agents":
        return "agent", parts[1], tuple(parts[2:])
    around = [node for node in workflow.nodes if path.startswith(f"{node.pointer}/")]
    if not around:
        return None
    node = max(around, key=lambda one: len(one.pointer))
    return "step", node.step_id, tuple(parse_pointer(path[len(node.pointer) :]))
