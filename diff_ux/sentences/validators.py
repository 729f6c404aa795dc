"""Validators: the checks a step's output must pass."""

from pydantic import JsonValue

from diff_ux.sentences.sentence import WARNING, Sentence, name_subject, tell
from diff_ux.words import Line, list_names
from workflow import Changed, GraphChange, Value

_MAX_NAMED = 5
_Validators = dict[str, JsonValue]


def tell_validators(change: GraphChange) -> Sentence | None:
    """ "✅ **Add** validator `ToneCheck` to step `draft_email`", "🔀 **Reorder** the validators of step `draft`: …"."""
    match change:
        case Changed(subject=subject, field=("validators",), before=before, after=after) if (
            subject.kind == "step"
        ):
            old, new = _by_name(before), _by_name(after)
            return _tell(change, old, new) if old is not None and new is not None else None
    return None


def _tell(change: Changed, old: _Validators, new: _Validators) -> Sentence | None:
    """Tell by name what came and went, or in which order they look now; None when one has other parameters."""
    stayed = {name: item for name, item in old.items() if name in new}
    if any(new[name] != item for name, item in stayed.items()):
        return None
    if list(stayed) != [name for name in new if name in old]:
        return _tell_order(change, list(new)) if stayed.keys() == old.keys() == new.keys() else None
    added = [name for name in new if name not in old]
    lost = [name for name in old if name not in new]
    step = name_subject(change.subject, step="step")
    if lost and added:
        how = (*_list(lost), " with ", *_list(added), " on ", step)
        return tell(change, WARNING, "Replace", *how)
    if lost:
        return tell(change, WARNING, "Remove", *_list(lost), " from ", step)
    return tell(change, "✅", "Add", *_list(added), " to ", step) if added else None


def _tell_order(change: Changed, new: list[str]) -> Sentence:
    step = name_subject(change.subject, step="step")
    looking = (": ", *list_names(new, limit=_MAX_NAMED), " look in this order now")
    return tell(change, "🔀", "Reorder", "the validators of ", step, *looking)


def _by_name(value: Value) -> _Validators | None:
    """Return the validators by name; None unless each has a name of its own."""
    items = value if isinstance(value, list) else []
    named = [(item.get("id") if isinstance(item, dict) else item, item) for item in items]
    found = {name: item for name, item in named if isinstance(name, str)}
    return found if len(found) == len(items) else None


def _list(names: list[str]) -> Line:
    noun = "validator " if len(names) == 1 else "validators "
    return (noun, *list_names(names, limit=_MAX_NAMED))
