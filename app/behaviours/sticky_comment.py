"""One comment for each purpose in a thread, kept up to date: written when there is something new to say, else left.

Whoever may speak takes a turn before reading anything. A later turn has seen more, so an earlier one never speaks over
it, however late it comes.
"""

import hashlib
import re
from typing import Final

from app.behaviours.workplace import Workplace
from app.forge import Comment
from app.store import Turn, find_last_said, mark_said, take_turn

_LONGEST: Final = 65_000
"""Characters of a comment; GitHub takes 65,536, the marker among them."""

_SEQUENCE: Final = re.compile(r"^<!-- flujo:[a-z_]+ head=[0-9a-f]* seq=(\d{1,18}) -->\n")


def take_sticky_turn(place: Workplace, number: int, purpose: str) -> Turn:
    """Take a turn to speak in a thread; to be done before reading what the comment will be about."""
    assert re.fullmatch(r"[a-z_]+", purpose)
    with place.store.transaction() as rows:
        return take_turn(rows, number, purpose)


def say(place: Workplace, turn: Turn, text: str, *, head_commit: str = "") -> None:
    """Make the comment say `text`, with `""` that it isn't there; nothing when it does, or a later turn has spoken.

    A comment that a person deleted comes back only with something new to say.
    """
    text = text[:_LONGEST].strip()
    digest = hashlib.sha256(text.encode()).hexdigest() if text else ""
    with place.store.snapshot() as rows:
        told, known = find_last_said(rows, turn)
    if told > turn.sequence:
        return
    if known != digest:
        _write(place, turn, text, head_commit)
    with place.store.transaction() as rows:
        mark_said(rows, turn, digest)


def _write(place: Workplace, turn: Turn, text: str, head_commit: str) -> None:
    ours = _list_ours(place, turn)
    if ours and _read_sequence(ours[0]) > turn.sequence:
        return
    if not text:
        for comment in ours:
            place.forge.comments.delete(comment.id)
        return
    if len(ours) == 1 and _read_text(ours[0]) == text:
        return
    marker = f"{_marker(turn)}head={head_commit} seq={turn.sequence} -->\n"
    place.forge.comments.write(turn.number, marker=_marker(turn), body=marker + text)


def _list_ours(place: Workplace, turn: Turn) -> list[Comment]:
    me = place.forge.people.me().id
    return [
        comment
        for comment in place.forge.comments.list(turn.number)
        if comment.author.id == me and comment.body.startswith(_marker(turn))
    ]


def _marker(turn: Turn) -> str:
    return f"<!-- flujo:{turn.purpose} "


def _read_sequence(comment: Comment) -> int:
    found = _SEQUENCE.match(comment.body)
    return int(found[1]) if found else 0


def _read_text(comment: Comment) -> str:
    return _SEQUENCE.sub("", comment.body.replace("\r\n", "\n"), count=1).strip()
