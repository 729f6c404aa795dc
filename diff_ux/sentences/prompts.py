"""Prompts: what a model is told. A sentence never quotes them: `list_rewordings` has them word by word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diff_ux.sentences.sentence import Sentence, count, name_subject, name_users, tell
from diff_ux.word_diff import compare_words
from diff_ux.words import Aside, Line
from workflow import ABSENT, Changed, GraphChange, Value


@dataclass(frozen=True, slots=True)
class Rewording:
    """A prompt that changed: whose it is, and what changed as `[-gone-]{+new+}`."""

    what: Line
    text: str


def tell_prompt(change: GraphChange) -> Sentence | None:
    """ "✏️ **Rewrite** the system prompt of agent `writer` (3 words added, 1 removed) (used by `draft`)"."""
    what = _name_prompt(change)
    if not isinstance(change, Changed) or what is None:
        return None
    where = (what, name_subject(change.subject))
    return tell(change, "✏️", _verb(change), *where, _size(change), name_users(change))


def list_rewordings(changes: Sequence[GraphChange]) -> tuple[Rewording, ...]:
    """Return every prompt that changed, word by word, in the order of the changes."""
    return tuple(_rewordings(changes))


def _rewordings(changes: Sequence[GraphChange]) -> Iterator[Rewording]:
    for change in changes:
        what = _name_prompt(change)
        if not isinstance(change, Changed) or what is None:
            continue
        before, after = _text(change.before), _text(change.after)
        if before is not None and after is not None:
            found = compare_words(before, after)
            yield Rewording((what, name_subject(change.subject)), found.text)


def _name_prompt(change: GraphChange) -> str | None:
    match change:
        case Changed(subject=subject, field=("system_prompt", *_)) if subject.kind == "agent":
            return "the system prompt of "
        case Changed(subject=subject, field=("input", *_)) if subject.kind == "step":
            return "the input of "
        case Changed(subject=subject, field=("description",)) if subject.kind == "agent":
            return "the description (which its model reads) of "
        case _:
            return None


def _verb(change: Changed) -> str:
    if change.before is ABSENT:
        return "Write"
    return "Remove" if change.after is ABSENT else "Rewrite"


def _size(change: Changed) -> Aside:
    before, after = _text(change.before), _text(change.after)
    if before is None or after is None or ABSENT in (change.before, change.after):
        return Aside(())
    found = compare_words(before, after)
    if not found.added and not found.removed:
        return Aside((" (only spaces and signs)",))
    return Aside((f" ({count(found.added, 'word')} added, {found.removed} removed)",))


def _text(value: Value) -> str | None:
    """Return the words of a prompt, whether it is written in the spec or kept in a file."""
    if isinstance(value, dict):
        value = value.get("text", ABSENT)
    return "" if value is ABSENT else value if isinstance(value, str) else None
