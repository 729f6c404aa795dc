"""Tools: which agent or skill a step runs."""

from diff_ux.sentences.sentence import Sentence, name_subject, tell
from diff_ux.words import Data
from workflow import Changed, GraphChange


def tell_tool(change: GraphChange) -> Sentence | None:
    """ "🛠 **Run** `skills.orders:find` in `lookup` instead of `skills.orders:fetch`"."""
    match change:
        case Changed(
            subject=subject,
            field=("uses",) | ("agent",) | ("agent", "id"),
            before=str(before),
            after=str(after),
        ) if subject.kind == "step":
            where = (" in ", name_subject(subject))
            return tell(change, "🛠", "Run", Data(after), *where, " instead of ", Data(before))
    return None
