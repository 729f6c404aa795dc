"""Timeouts and pauses between attempts: how long a step may take."""

from dataclasses import replace

from diff_ux.sentences.sentence import (
    Sentence,
    direction,
    is_number,
    name_subject,
    name_users,
    seconds,
    tell,
)
from diff_ux.words import Aside
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
            where = (f"{noun} of ", name_subject(subject))
            return tell(change, icon, verb, *where, Aside((how,)), name_users(change))
    return None


def add_latency(sentence: Sentence, change: GraphChange, p99_s: float | None) -> Sentence:
    """Say beside a step's timeout how long 99 % of its attempts take: "… to 9 s (p99 is 7.8 s)"."""
    match change:
        case Changed(subject=subject, field=("config", "timeout_s")) if (
            subject.kind == "step" and p99_s is not None
        ):
            aside = Aside((f" (p99 is {p99_s:.2g} s)",))
            return replace(sentence, pieces=(*sentence.pieces, aside))
    return sentence


def _is_duration(value: object) -> bool:
    return value is ABSENT or is_number(value)


def _compare(before: Value, after: Value) -> tuple[str, str]:
    if not isinstance(after, int | float):
        return "Remove", f" (was: {_show(before)})"
    if not isinstance(before, int | float):
        return "Set", f" to {_show(after)} (was: not set)"
    return direction(before, after), f" from {_show(before)} to {_show(after)}"


def _show(value: Value) -> str:
    return seconds(value) if isinstance(value, int | float) else "not set"
