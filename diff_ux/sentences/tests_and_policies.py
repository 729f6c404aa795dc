"""Tests and policies that stayed but say something else; one that asks for less is a warning."""

from diff_ux.sentences.sentence import (
    WARNING,
    Sentence,
    count,
    direction,
    is_number,
    name_subject,
    show_value,
    tell,
)
from diff_ux.words import Aside, Data
from workflow import ABSENT, Changed, GraphChange, Value

_ICONS = {"policy": "🛡", "test": "🧪"}
_WEAKEST_FIRST = ("advisory", "soft-mandatory", "hard-mandatory")


def tell_guarding_part(change: GraphChange) -> Sentence | None:
    """ "🧪 **Change** `input` of test `refunds`", "⚠️ **Weaken** policy `budget`, now `advisory`"."""
    match change:
        case Changed(subject=subject, field=field, before=before, after=after) if (
            subject.kind in _ICONS and field and field != ("description",)
        ):
            if field == ("assertions",):
                return _tell_assertions(change, _texts(before), _texts(after))
            if field == ("pass_rate",):
                return _tell_pass_rate(change, _rate(before), _rate(after))
            if field == ("enforcement",):
                return _tell_enforcement(change, before, after)
            if field[0] == "mocks" and len(field) == 3 and ABSENT in (before, after):
                return _tell_mock(change, field[1])
            where = (Data(".".join(field)), " of ", name_subject(subject))
            how = Aside((" from ", _show(before), " to ", _show(after)))
            return tell(change, _ICONS[subject.kind], "Change", *where, how)
    return None


def _tell_assertions(change: Changed, old: list[str], new: list[str]) -> Sentence:
    gone = [text for text in old if text not in new]
    come = [text for text in new if text not in old]
    where = name_subject(change.subject)
    if gone and come:
        what = f"{count(len(gone), 'assertion')} by {len(come)} of "
        return tell(change, WARNING, "Replace", what, where)
    if gone:
        return tell(change, WARNING, "Remove", f"{count(len(gone), 'assertion')} from ", where)
    if come:
        return tell(change, "🧪", "Add", f"{count(len(come), 'assertion')} to ", where)
    return tell(change, "🧪", "Reorder", "the assertions of ", where)


def _tell_pass_rate(change: Changed, old: float, new: float) -> Sentence:
    icon = WARNING if new < old else "🧪"
    how = Aside((f" from {old:g} to {new:g}",))
    where = ("the pass rate of ", name_subject(change.subject))
    return tell(change, icon, direction(old, new), *where, how)


def _tell_enforcement(change: Changed, before: Value, after: Value) -> Sentence:
    old, new = _strength(before), _strength(after)
    icon, verb = (WARNING, "Weaken") if new < old else ("🛡", "Strengthen")
    return tell(
        change, icon, verb, name_subject(change.subject), ", now ", Data(_WEAKEST_FIRST[new])
    )


def _tell_mock(change: Changed, step_id: str) -> Sentence:
    """Tell of a mock that came or went; its step answers for itself without it."""
    if change.before is ABSENT:
        return tell(change, "🧪", "Mock", Data(step_id), " in ", name_subject(change.subject))
    where = ("the mock of ", Data(step_id), " from ", name_subject(change.subject))
    return tell(change, "🧪", "Remove", *where)


def _strength(value: Value) -> int:
    """A policy that doesn't say is as binding as can be."""
    known = isinstance(value, str) and value in _WEAKEST_FIRST
    return _WEAKEST_FIRST.index(str(value)) if known else len(_WEAKEST_FIRST) - 1


def _texts(value: Value) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _rate(value: Value) -> float:
    """Every run must pass where a test doesn't say how many."""
    return float(value) if is_number(value) and isinstance(value, int | float) else 1.0


def _show(value: Value) -> Data | str:
    return "nothing" if value is ABSENT else show_value(value)
