"""Documentation: text for people, which reaches no model."""

from diff_ux.sentences.sentence import Sentence, name_subject, tell
from workflow import ABSENT, Changed, GraphChange, SemanticClass


def tell_documentation(change: GraphChange) -> Sentence | None:
    """ "📝 **Describe** `lookup`"."""
    match change:
        case Changed(
            subject=subject, semantic=SemanticClass.DOCUMENTATION, before=before, after=after
        ):
            where = name_subject(subject)
            if after is ABSENT:
                return tell(change, "📝", "Remove", "the description of ", where)
            if before is ABSENT:
                return tell(change, "📝", "Describe", where)
            return tell(change, "📝", "Reword", "the description of ", where)
    return None
