"""How not to be a nuisance: how many pull requests at once and an hour, in which order, and when to fall silent."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.settings import Caps
from app.store import Ending, PullRequestRecord

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

SILENCE: Final = timedelta(days=365)
"""How long we are silent where nobody answers, unless somebody asks us to go on."""

_BETTER: Final = 1.5
"""How much more than an offered proposal another one must be worth to take its place."""


@dataclass(frozen=True, slots=True)
class Openings:
    """Which proposals to offer now, the best first; `next_at` is when the hour's limit lets in another one."""

    now: tuple[str, ...] = ()
    next_at: datetime | None = None


def plan_openings(
    waiting: Sequence[str],
    known: Iterable[PullRequestRecord],
    caps: Caps,
    now: datetime,
    wanted: Collection[str] = (),
) -> Openings:
    """Choose of the `waiting` proposals, given in the order of their worth, what may be offered at `now`.

    What people have `wanted` to see is offered whatever the limits, before all else.
    What is limited by how many are open waits until one of them ends, whenever that is.
    """
    asked_for = tuple(each for each in waiting if each in wanted)
    if asked_for:
        return Openings(asked_for)
    pull_requests = list(known)
    recent = sorted(each.opened_at for each in pull_requests if now - each.opened_at < HOUR)
    room = max(0, caps.open_proposals - sum(each.is_open for each in pull_requests))
    this_hour = max(0, caps.prs_per_hour - len(recent))
    chosen = tuple(waiting[: min(room, this_hour)])
    is_more = len(chosen) < min(len(waiting), room)
    return Openings(chosen, _find_next(recent, len(chosen), caps, now) if is_more else None)


def is_worn_out(known: Iterable[PullRequestRecord], caps: Caps) -> bool:
    """Whether the last ones all ended with nobody saying anything, again as many as are ignored before a pause."""
    ended = [each for each in known if each.ended_at is not None]
    ended.sort(key=lambda each: (each.ended_at or each.opened_at, each.proposal_id), reverse=True)
    ignored = 0
    for each in ended:
        if each.ending is not Ending.STALE:
            break
        ignored += 1
    limit = caps.ignored_before_pause
    return limit > 0 and ignored > 0 and ignored % limit == 0


def is_stale(since: datetime, caps: Caps, now: datetime) -> bool:
    """Whether nobody has said anything for too long."""
    return now - since >= timedelta(days=caps.stale_days)


def may_rebase(pull_request: PullRequestRecord, now: datetime, *, conflicts: bool) -> bool:
    """Whether the branch may be moved again: once a day, and at once when it can't be merged as it is."""
    last = pull_request.rebased_at
    return conflicts or last is None or now - last >= DAY


def takes_the_place(better_usd: float, offered_usd: float) -> bool:
    """Whether a proposal is worth so much more than an offered one that this one should go; both net a month."""
    return better_usd > 0 and better_usd >= _BETTER * max(offered_usd, 0.0)


def _find_next(
    recent: Sequence[datetime], opening: int, caps: Caps, now: datetime
) -> datetime | None:
    """Return when the last hour will hold one fewer than it may; None where it may hold none."""
    if not caps.prs_per_hour:
        return None
    in_the_hour = [*recent, *([now] * opening)]
    return in_the_hour[len(in_the_hour) - caps.prs_per_hour] + HOUR
