"""Any field that has no sentence of its own."""

from diff_ux.sentences.sentence import Sentence, name_subject, name_users, show_value, tell
from diff_ux.words import Aside, Data, Line
from workflow import ABSENT, Changed, GraphChange

_ICON = "🔧"


def tell_field(change: GraphChange) -> Sentence:
    """ "🔧 **Set** `config.temperature` of `draft` to `0.2`"; knows every change."""
    match change:
        case Changed(before=before, after=after):
            where = _where(change)
            if after is ABSENT:
                return tell(change, _ICON, "Remove", *where, name_users(change))
            if before is ABSENT:
                how = Aside((" to ", show_value(after)))
                return tell(change, _ICON, "Set", *where, how, name_users(change))
            how = Aside((" from ", show_value(before), " to ", show_value(after)))
            return tell(change, _ICON, "Change", *where, how, name_users(change))
        case _:
            return tell(change, _ICON, type(change).__name__, name_subject(change.subject))


def _where(change: Changed) -> Line:
    subject = name_subject(change.subject)
    return (Data(".".join(change.field)), " of ", subject) if change.field else (subject,)
