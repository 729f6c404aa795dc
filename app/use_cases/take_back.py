"""Takes an applied proposal back: a new commit that restores the spec byte for byte, or a clear refusal."""

from datetime import datetime

from app.errors import HeldError
from app.ports import CodeHost
from app.store import Application, Store, find_application
from app.use_cases.landings import World
from app.use_cases.recover import settle_landings
from app.use_cases.reverts import revert
from trust_tiers import RolloutEvent


def take_back(
    host: CodeHost,
    store: Store,
    application: Application,
    reason: str,
    now: datetime,
    *,
    event: RolloutEvent = RolloutEvent.UNDO,
) -> str:
    """Return the commit that restores the file; `event` says who asks (`BREACH`: the bake-in does).

    What counts is the application as stored now, which may be newer than the one given.

    Raises `HeldError` when the file was edited since or the commit isn't ours, and as `CodeHost.land` does.
    """
    with store.exclusively():
        world = World(host, store, now)
        settle_landings(world)
        with store.transaction() as rows:
            stored = find_application(rows, application.proposal_id)
        if stored is None:
            raise HeldError(application.proposal_id, "it was never applied")
        return revert(world, stored, event, reason)
