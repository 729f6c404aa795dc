"""Where control goes: conditions, how often a loop repeats, a machine's transitions, how much runs at once."""

from diff_ux.sentences.sentence import (
    Sentence,
    direction,
    is_number,
    name_subject,
    show_value,
    tell,
)
from diff_ux.words import Aside, Data, Line, list_names
from workflow import ABSENT, Changed, GraphChange, Value

_ICON = "🚦"
_MAX_NAMED = 3
_DECISIONS = {
    ("condition_expression",): "which branch is taken in ",
    ("loop", "exit_expression"): "when to leave ",
    ("start_state",): "the first state of ",
    ("end_states",): "the last states of ",
    ("default_branch",): "the default branch of ",
}
_LIMITS = {
    ("loop", "max_loops"): "loop limit",
    ("max_concurrency",): "concurrency limit",
    ("map", "max_concurrency"): "concurrency limit",
    ("max_steps",): "step limit",
}


def tell_flow(change: GraphChange) -> Sentence | None:
    """ "🚦 **Raise** the loop limit of `refine` from 3 to 5", "🚦 **Add** transition `open → done` to `approval`"."""
    match change:
        case Changed(subject=subject, field=field, before=before, after=after) if (
            subject.kind == "step"
        ):
            if field in _LIMITS:
                return _tell_limit(change, _LIMITS[field], before, after)
            if field == ("transitions",):
                return _tell_transitions(change, _transitions(before), _transitions(after))
            if field in _DECISIONS:
                how_so = Aside((" from ", _show(before), " to ", _show(after)))
                where = (_DECISIONS[field], name_subject(subject))
                return tell(change, _ICON, "Change", *where, how_so)
    return None


def _tell_limit(change: Changed, noun: str, before: Value, after: Value) -> Sentence:
    where = (f"the {noun} of ", name_subject(change.subject))
    if not isinstance(after, int | float):
        return tell(change, _ICON, "Remove", *where, Aside((f" (was: {_number(before)})",)))
    if not isinstance(before, int | float):
        return tell(change, _ICON, "Set", *where, Aside((f" to {after} (was: not set)",)))
    how = Aside((f" from {before} to {after}",))
    return tell(change, _ICON, direction(before, after), *where, how)


def _tell_transitions(change: Changed, old: list[str], new: list[str]) -> Sentence | None:
    """Tell which came and went; None when what stayed has other conditions or another order."""
    come = [arrow for arrow in new if arrow not in old]
    gone = [arrow for arrow in old if arrow not in new]
    machine = name_subject(change.subject)
    if come and gone:
        return tell(change, _ICON, "Replace", *_list(gone), " by ", *_list(come), " in ", machine)
    if come:
        return tell(change, _ICON, "Add", *_list(come), " to ", machine)
    return tell(change, _ICON, "Remove", *_list(gone), " from ", machine) if gone else None


def _list(arrows: list[str]) -> Line:
    noun = "transition " if len(arrows) == 1 else "transitions "
    return (noun, *list_names(arrows, limit=_MAX_NAMED))


def _transitions(value: Value) -> list[str]:
    items = value if isinstance(value, list) else []
    ends = [(one.get("from"), one.get("to")) for one in items if isinstance(one, dict)]
    return [f"{source} → {target}" for source, target in ends]


def _number(value: Value) -> str:
    return str(value) if is_number(value) else "not set"


def _show(value: Value) -> Data | str:
    return "nothing" if value is ABSENT else show_value(value)
