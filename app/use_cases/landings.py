"""Landing a commit under the journal: announced before it happens, closed when its end is known.

Everything here runs while its caller holds `store.exclusively()`. A process may die between any two lines: what was
announced and not closed is picked up by `app.use_cases.recover`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pydantic import JsonValue, TypeAdapter

from app.errors import AppError, BadInputError, RepositoryError
from app.ports import CodeHost, CommitRef
from app.store import (
    Application,
    Closing,
    ProposalRecord,
    Step,
    Store,
    Transaction,
    announce,
    close,
    find_proposal,
    save_application,
    set_proposal_state,
)
from trust_tiers import RolloutEvent, RolloutState, advance


@dataclass(frozen=True, slots=True)
class World:
    """Where a change happens, and at what time."""

    host: CodeHost
    store: Store
    now: datetime


@dataclass(frozen=True, slots=True)
class Landing:
    """A commit on its way to a branch, as the journal keeps it.

    The hashes are those of the spec an application changes; the reason is that of a revert.
    """

    branch: str
    ref: CommitRef
    spec_sha256_before: str = ""
    spec_sha256_after: str = ""
    reason: str = ""


_LANDINGS = TypeAdapter(Landing)


def land(world: World, proposal_id: str, step: Step, landing: Landing) -> int:
    """Announce and land a commit; return the entry, which the caller closes with what it records.

    Raises what `CodeHost.land` raises; the entry stays open only if nobody can tell what happened.
    """
    detail = cast("dict[str, JsonValue]", _LANDINGS.dump_python(landing, mode="json"))
    with world.store.transaction() as rows:
        entry = announce(rows, proposal_id, step, detail, at=world.now)
    try:
        world.host.land(landing.branch, landing.ref)
    except RepositoryError:
        abandon(world, entry)
        raise
    except AppError:
        if not world.host.settle(landing.branch, landing.ref):
            abandon(world, entry)
            raise
    return entry


def abandon(world: World, entry: int) -> None:
    """Close an entry whose effect never happened."""
    with world.store.transaction() as rows:
        close(rows, entry, Closing.ABANDONED)


def read_landing(detail: Mapping[str, JsonValue]) -> Landing:
    """Return the landing an entry announces."""
    return _LANDINGS.validate_python(detail)


def record_application(world: World, proposal_id: str, landing: Landing, entry: int) -> int:
    """Note that a proposal is on its branch, whatever was planned; return the entry that announces testing it there."""
    ref = landing.ref
    application = Application(
        proposal_id=proposal_id,
        commit=ref.commit,
        path=ref.path,
        blob_before=ref.blob_before or "",
        blob_after=ref.blob_after,
        spec_sha256_before=landing.spec_sha256_before,
        spec_sha256_after=landing.spec_sha256_after,
        applied_at=world.now,
    )
    with world.store.transaction() as rows:
        save_application(rows, application)
        set_proposal_state(rows, proposal_id, RolloutState.APPLIED)
        close(rows, entry, Closing.DONE)
        return announce(rows, proposal_id, Step.VERIFY, {"commit": ref.commit}, at=world.now)


def move_proposal(rows: Transaction, proposal_id: str, event: RolloutEvent) -> None:
    """Let an event happen to a proposal; raises `RolloutError` when it can't."""
    proposal = load_proposal(rows, proposal_id)
    way = advance(proposal.state, event, hold=proposal.held_because)
    set_proposal_state(rows, proposal_id, way.state, way.hold)


def load_proposal(rows: Transaction, proposal_id: str) -> ProposalRecord:
    """Return a proposal; raises `BadInputError` when there is none of that id."""
    proposal = find_proposal(rows, proposal_id)
    if proposal is None:
        raise BadInputError(f"there is no proposal {proposal_id!r}")
    return proposal
