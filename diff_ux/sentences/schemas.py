"""Schemas: what a step takes, and what it or an agent must answer; the changes inside one schema are told once."""

from diff_ux.sentences.sentence import WARNING, Sentence, name_subject, name_users, tell
from workflow import ABSENT, Changed, GraphChange

_ICON = "📐"
_NOUNS = {"input_schema": "input schema", "output_schema": "output schema"}


def tell_schema(change: GraphChange) -> Sentence | None:
    """ "📐 **Add** to the output schema of `lookup`"; what is no longer asked for is a warning."""
    match change:
        case Changed(subject=subject, field=(str(key), *_), before=before, after=after) if (
            key in _NOUNS and subject.kind in ("step", "agent")
        ):
            where = (f"the {_NOUNS[key]} of ", name_subject(subject))
            users = name_users(change)
            if after is ABSENT:
                return tell(change, WARNING, "Remove", "from ", *where, users)
            if before is ABSENT:
                return tell(change, _ICON, "Add", "to ", *where, users)
            return tell(change, _ICON, "Change", *where, users)
    return None
