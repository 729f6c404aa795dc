"""Timeouts and pauses between attempts: how long a step may take."""

from diff_ux.sentences.sentence import Sentence, is_number, name_subject, name_users, seconds, tell
from workflow import ABSENT, Changed, GraphChange, Value

_NOUNS = {
    ("step", ("config", "timeout_s")): ("timeout", "⏱"),
    ("agent", ("timeout",)): ("timeout", "⏱"),
    ("step", ("config", "backoff_s")): ("pause between attempts", "⏳"),
}


def tell_timeout(change: GraphChange) -> Sentence | None:
    """ "⏱ **Raise** timeout of `lookup` from 5 s to 9 s"."""
    match change:
        case Changed(subject=subject, field=field, before=before, after=after) if (
            (subject.kind, field) in _NOUNS and _is_duration(before) and _is_duration(after)
        ):
            noun, icon = _NOUNS[subject.kind, field]
            verb, how = _compare(before, after)
            where = (f"{noun} of ", *name_subject(subject))
            return tell(change, icon, verb, *where, how, *name_users(change))
    return None


def _is_duration(value: object) -> bool:
    return value is ABSENT or is_number(value)


def _compare(before: Value, after: Value) -> tuple[str, str]:
    if not isinstance(after, int | float):
        return "Remove", f" (was: {_show(before)})"
    if not isinstance(before, int | float):
        return "Set", f" to {_show(after)} (was: not set)"
    return ("Raise" if after > before else "Lower"), f" from {_show(before)} to {_show(after)}"


def _show(value: Value) -> str:
    return seconds(value) if isinstance(value, int | float) else "not set"
