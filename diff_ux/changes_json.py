"""Changes as plain JSON data, for `flujo diff --format json` and other programs."""

from pydantic import JsonValue

from workflow import ABSENT, Added, Changed, GraphChange, Moved, Removed, Renamed

_SHAPES_OUTPUT = {
    "workflow": frozenset({"score"}),
    "step": frozenset({"kind", "input_schema", "output_schema", "merge_strategy", "reduce"}),
    "agent": frozenset({"output_schema"}),
}
_WRITES_CONTEXT = frozenset({"sink_to", "updates_context"})
"""What others read from the context is theirs to miss once it was written there."""


def changes_to_json(changes: tuple[GraphChange, ...]) -> list[dict[str, JsonValue]]:
    """Return one object per change, in order; where there is nothing, `before` or `after` is left out."""
    return [{**_common(change), **_own(change)} for change in changes]


def is_breaking(change: GraphChange) -> bool:
    """Whether whoever refers to the subject by name, or reads its output, may have to follow."""
    match change:
        case Removed(subject=subject):
            return subject.kind in ("step", "agent", "import")
        case Renamed():
            return True
        case Moved(subject=subject, before_id=before):
            return subject.id != before
        case Changed(subject=subject, field=(str(key), *_), before=before):
            if subject.kind == "step" and key in _WRITES_CONTEXT:
                return before is not ABSENT and bool(before)
            return key in _SHAPES_OUTPUT.get(subject.kind, ())
        case _:
            return False


def _common(change: GraphChange) -> dict[str, JsonValue]:
    return {
        "change": _kind(change),
        "subject": {"kind": change.subject.kind, "id": change.subject.id},
        "step_id": change.subject.id if change.subject.kind == "step" else "",
        "yaml_path": change.yaml_path,
        "pointer": change.pointer,
        "line": change.line,
        "semantic": change.semantic.value,
        "breaking": is_breaking(change),
        "users": [step.step_id for step in change.users],
    }


def _kind(change: GraphChange) -> str:
    is_reordered = isinstance(change, Moved) and change.is_reordering
    return "reordered" if is_reordered else type(change).__name__.lower()


def _own(change: GraphChange) -> dict[str, JsonValue]:
    match change:
        case Added(value=value):
            return {"after": value}
        case Removed(value=value):
            return {"before": value}
        case Moved(before_id=before_id, before_yaml_path=path):
            return {"before_id": before_id, "before_yaml_path": path}
        case Renamed(before_id=before_id):
            return {"before_id": before_id}
        case Changed(field=field, before=before, after=after):
            sides = {"before": before, "after": after}
            present = {side: value for side, value in sides.items() if value is not ABSENT}
            return {"field": list(field), **present}
