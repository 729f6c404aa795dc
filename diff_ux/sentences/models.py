"""Models and how much they may write: what a call costs."""

from diff_ux.sentences.sentence import (
    Sentence,
    direction,
    is_number,
    name_subject,
    name_users,
    tell,
)
from diff_ux.words import Aside, Data, Line
from workflow import ABSENT, Changed, GraphChange

_WEIGHT = 45
"""A model changes what a step does as well as what it costs."""

_LIMITS = (("step", ("config", "max_tokens")), ("agent", ("model_settings", "max_tokens")))


def tell_model(change: GraphChange) -> Sentence | None:
    """ "🧠 **Switch** the model of agent `writer` from `big` to `small` (used by `draft`)"."""
    match change:
        case Changed(subject=subject, field=("model",), before=str(before), after=str(after)) if (
            subject.kind == "agent"
        ):
            how: Line = (" from ", Data(before), " to ", Data(after), name_users(change))
            where = ("the model of ", name_subject(subject))
            return tell(change, "🧠", "Switch", *where, *how, weight=_WEIGHT)
    return None


def tell_token_limit(change: GraphChange) -> Sentence | None:
    """ "✂️ **Lower** the reply limit of `draft` from 800 to 400 tokens"."""
    match change:
        case Changed(subject=subject, field=field, before=before, after=after) if (
            subject.kind,
            field,
        ) in _LIMITS and is_number(after):
            where = ("the reply limit of ", name_subject(subject))
            if before is ABSENT:
                how, verb = f" to {after} tokens (was: not set)", "Set"
            elif isinstance(before, int | float) and isinstance(after, int | float):
                how, verb = f" from {before} to {after} tokens", direction(before, after)
            else:
                return None
            return tell(change, "✂️", verb, *where, Aside((how,)), name_users(change))
    return None
