"""Prompts: what a model is told. They are never quoted here: the patch and the changed files show them in full."""

from diff_ux.sentences.sentence import Piece, Sentence, count, name_subject, name_users, tell
from workflow import ABSENT, Changed, GraphChange, Value


def tell_prompt(change: GraphChange) -> Sentence | None:
    """ "✏️ **Rewrite** the system prompt of agent `writer` (412 → 380 characters; used by `draft`)"."""
    match change:
        case Changed(subject=subject, field=("system_prompt", *_)) if subject.kind == "agent":
            return _tell(change, "the system prompt of ")
        case Changed(subject=subject, field=("input", *_)) if subject.kind == "step":
            return _tell(change, "the input of ")
        case Changed(subject=subject, field=("description",)) if subject.kind == "agent":
            return _tell(change, "the description (which its model reads) of ")
    return None


def _tell(change: Changed, what: str) -> Sentence:
    where: tuple[Piece, ...] = (what, *name_subject(change.subject))
    return tell(change, "✏️", _verb(change), *where, *_length(change), *name_users(change))


def _verb(change: Changed) -> str:
    if change.before is ABSENT:
        return "Write"
    return "Remove" if change.after is ABSENT else "Rewrite"


def _length(change: Changed) -> tuple[Piece, ...]:
    before, after = _size(change.before), _size(change.after)
    if before is None or after is None:
        return ()
    return (f" ({before} → {count(after, 'character')})",)


def _size(value: Value) -> int | None:
    return len(value) if isinstance(value, str) else None
