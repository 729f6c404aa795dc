"""Takes an applied proposal back: a new commit that restores the spec byte for byte, or a clear refusal."""

from datetime import datetime

from app.ports import CodeHost
from app.store import Application, Store
from app.use_cases.landings import World
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

    Raises `HeldError` when the file was edited since or the commit isn't ours, and as `CodeHost.land` does.
    """
    with store.exclusively():
        return revert(World(host, store, now), application, event, reason)
