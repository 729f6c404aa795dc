"""Agents, policies, tests and imports that came or went."""

from diff_ux.sentences.sentence import WARNING, Sentence, name_subject, name_users, tell
from workflow import Added, GraphChange, Removed

_ICONS = {"agent": "🤖", "policy": "🛡", "test": "🧪", "import": "📦"}


def tell_part(change: GraphChange) -> Sentence | None:
    """ "🧪 **Add** test `refunds`"; what guards the workflow and goes away is marked with a warning."""
    match change:
        case Added(subject=subject) if subject.kind in _ICONS:
            told = (name_subject(subject), name_users(change))
            return tell(change, _ICONS[subject.kind], "Add", *told)
        case Removed(subject=subject) if subject.kind in _ICONS:
            icon = WARNING if subject.kind in ("policy", "test") else _ICONS[subject.kind]
            return tell(change, icon, "Remove", name_subject(subject))
    return None
