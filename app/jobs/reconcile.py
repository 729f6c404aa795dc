"""The jobs of the server itself: making up for what was lost on the way, and forgetting what nobody needs any more."""

import logging
from datetime import timedelta
from typing import Final

from app.forge import AppForge, HookDelivery
from app.jobs.handlers import Context, Handler, Later
from app.store import (
    RepositoryState,
    Work,
    ask,
    drop_deliveries,
    drop_done_work,
    list_known_deliveries,
    list_repositories,
)

REVIEW: Final = "review"
"""The kind of work that reads a repository's open proposals anew; there is one such row a repository."""

GITHUB_KEEPS: Final = timedelta(days=3)
"""How long GitHub can send a delivery again.

Source: https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
"""

WE_KEEP: Final = timedelta(days=30)
"""How long deliveries and finished work are kept: longer than anything can come back."""

_MOST: Final = 50
"""Deliveries that are asked for again at a time; there is another time soon."""

_REFUSED_FOR_GOOD: Final = frozenset({400, 401, 413})
"""Answers of ours that the same bytes would get again; a wrong secret is for a person to set right."""

_LOG: Final = logging.getLogger(__name__)


def make_reconcile(forge: AppForge | None) -> Handler:
    """Return the job that has lost deliveries sent again and every active repository's proposals read anew.

    Without an App (`None`) there is nobody to ask for deliveries.
    """

    def reconcile(context: Context, _: str) -> Later | None:
        if forge is not None:
            replay_deliveries(context, forge)
        _ask_for_reviews(context)
        return None

    return reconcile


def tidy_up(context: Context, _: str) -> None:
    """Forget deliveries and finished work that are older than anything that could come back."""
    before = context.now - WE_KEEP
    with context.store.transaction() as rows:
        drop_deliveries(rows, before=before)
        drop_done_work(rows, before=before)


def replay_deliveries(context: Context, forge: AppForge) -> int:
    """Have failed deliveries sent again that never arrived; returns how many."""
    failed = _find_failed(forge.deliveries(context.now - GITHUB_KEEPS))
    with context.store.snapshot() as rows:
        known = list_known_deliveries(rows, tuple(failed))
    lost = [delivery for guid, delivery in failed.items() if guid not in known][:_MOST]
    for delivery in lost:
        forge.redeliver(delivery.id)
        _LOG.info("delivery_asked_again guid=%r event=%r", delivery.guid, delivery.event)
    return len(lost)


def _find_failed(deliveries: tuple[HookDelivery, ...]) -> dict[str, HookDelivery]:
    """Return by guid the last attempt of what no attempt delivered and another one might, oldest first."""
    ok = {delivery.guid for delivery in deliveries if delivery.is_ok}
    latest_first = [delivery for delivery in deliveries if delivery.guid not in ok]
    failed = {delivery.guid: delivery for delivery in reversed(latest_first)}
    return {
        guid: delivery
        for guid, delivery in failed.items()
        if delivery.status_code not in _REFUSED_FOR_GOOD
    }


def _ask_for_reviews(context: Context) -> None:
    with context.store.transaction() as rows:
        for found in list_repositories(rows, states=(RepositoryState.ACTIVE,)):
            work = Work(found.key, REVIEW, "", found.installation_id)
            ask(rows, work, at=context.now)
