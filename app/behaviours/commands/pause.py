"""`/flujo pause` and `/flujo resume`: stops and starts proposals for a whole repository."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from app.behaviours.commands.command import ACCEPTED, Answer, Asked, refuse
from app.behaviours.onboard_repository import invite_again
from app.store import RepositoryState, find_repository, has_later_answer, save_repository

PAUSE_USAGE: Final = "[7d]"
_USUAL_DAYS: Final = 7
_MOST_DAYS: Final = 365


def pause(asked: Asked) -> Answer:
    """Propose and apply nothing for so many days, counted from the comment; checks go on."""
    words = asked.arguments or (f"{_USUAL_DAYS}d",)
    found = re.fullmatch(r"([1-9][0-9]{0,2})d", words[0])
    if found is None or len(words) > 1 or int(found[1]) > _MOST_DAYS:
        return refuse(f"I read a number of days up to {_MOST_DAYS}: `/flujo pause 14d`.")
    return _pause_until(asked, asked.comment.created_at + timedelta(days=int(found[1])))


def resume(asked: Asked) -> Answer:
    """Go on at once; where the pull request that sets us up was closed, offer another one."""
    if asked.arguments:
        return refuse("`/flujo resume` takes nothing more.")
    if asked.place.repository.state is RepositoryState.OPTED_OUT:
        invite_again(asked.place)
        return ACCEPTED
    return _pause_until(asked, None)


def _pause_until(asked: Asked, until: datetime | None) -> Answer:
    with asked.place.store.transaction() as rows:
        if has_later_answer(rows, asked.comment.id, ("pause", "resume")):
            return ACCEPTED  # somebody has decided otherwise since
        known = find_repository(rows, asked.place.repository.id)
        if known is not None and known.paused_until != until:
            save_repository(rows, replace(known, paused_until=until))
    return ACCEPTED
