"""`/flujo reject`: closes a proposal and keeps why, so that the same effect isn't proposed again until then.

Of what a person wrote, one of our own reasons and a date are kept: no word of it can ever come before a model.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from app.behaviours.commands.command import ACCEPTED, Answer, Asked, refuse
from app.behaviours.commands.proposal_of import NO_PROPOSAL, find_proposal_of
from app.forge import PullRequestState
from app.store import remember
from meta_agent import MemoryReason, remember_effect

_REASONS: Final = {
    "not-now": MemoryReason.NOT_NOW,
    "too-risky": MemoryReason.TOO_RISKY,
    "wrong-metric": MemoryReason.WRONG_METRIC,
    "bad-evidence": MemoryReason.BAD_EVIDENCE,
    "policy": MemoryReason.POLICY,
}
REJECT_USAGE: Final = f"[reason:{'|'.join(_REASONS)}] [until:YYYY-MM-DD]"
_LONGEST: Final = timedelta(days=730)


def reject(asked: Asked) -> Answer:
    """Remember the refusal, then close the pull request."""
    record = find_proposal_of(asked)
    if record is None or asked.pull is None:
        return refuse(NO_PROPOSAL)
    said_at = asked.comment.created_at
    reason, until = MemoryReason.REJECTED, None
    for word in asked.arguments:
        name, _, value = word.partition(":")
        if name == "reason" and value in _REASONS:
            reason = _REASONS[value]
        elif name == "until" and (until := _read_date(value)) is not None:
            if not said_at < until <= said_at + _LONGEST:
                return refuse("`until:` is a day to come, at most two years away.")
        else:
            return refuse(f"I read `/flujo reject {REJECT_USAGE}`.")
    with asked.place.store.transaction() as rows:
        remember(rows, remember_effect(record.fingerprint, reason, said_at, until=until))
    if asked.pull.state is PullRequestState.OPEN:
        asked.place.forge.pull_requests.close(asked.number)
    return ACCEPTED


def _read_date(text: str) -> datetime | None:
    """Return the end of a day in UTC."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
