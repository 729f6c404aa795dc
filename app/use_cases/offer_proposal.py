"""Offers a proposal for review: one effect has one branch and one page, brought up to date as long as it is open."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.errors import BadInputError, RepositoryError
from app.proposal import Proposal
from app.store import (
    ProposalRecord,
    Transaction,
    keep_correction,
    list_ledger,
    list_proposals,
    remember,
    set_proposal_state,
)
from app.use_cases.commit_messages import PROPOSAL_TRAILER, read_trailers
from app.use_cases.keep_proposal import branch_of, keep_proposal
from app.use_cases.landings import World
from app.use_cases.present_proposal import present
from app.use_cases.put_on_branch import commit_offer, patch_offer
from app.use_cases.read_spec import read_spec
from diff_ux import render_pr_body, render_title
from meta_agent import Correction, Memory, MemoryReason, learn_corrections
from trust_tiers import RolloutEvent, RolloutState, advance
from workflow import (
    EditError,
    PatchConflictError,
    PatchError,
    SpecError,
    apply_patch,
    parse_patch,
)

BRANCH_PREFIX = "flujo/"
_REMEMBERED_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Offered:
    """Where a person finds the offer; `""` when there is none, for `reason`."""

    where: str = ""
    reason: str = ""


def offer(world: World, proposal: Proposal, *, limit: int) -> Offered:
    """Put the patched spec on a branch, with a page that says why; at most `limit` effects are open at once.

    The branch comes first and the row last: a row without a branch means that somebody deleted it.
    """
    with world.store.transaction() as rows:
        offers, ledger = list_offers(rows), list_ledger(rows)
    known = find_offer(offers, proposal.fingerprint)
    branch = branch_of(known) if known else name_branch(proposal)
    if known is None and len(offers) >= limit:
        return Offered(reason=f"{limit} proposals are open already")
    try:
        _bring_to_branch(world, proposal, branch, known)
    except (PatchError, EditError, SpecError, RepositoryError) as error:
        return Offered(reason=f"can't be put on a branch now: {error}")
    view = present(proposal, undo=f"git branch --delete --force {branch}", ledger=ledger)
    opened = world.host.propose(branch, render_title(proposal.title), render_pr_body(view))
    with world.store.transaction() as rows:
        keep_proposal(rows, proposal, now=world.now, branch=branch)
    return Offered(where=opened.where)


def list_offers(rows: Transaction) -> tuple[ProposalRecord, ...]:
    """Return the proposals that wait on a branch for a person, oldest first."""
    proposed = list_proposals(rows, states=[RolloutState.PROPOSED])
    return tuple(record for record in proposed if branch_of(record))


def find_offer(offers: Sequence[ProposalRecord], fingerprint: str) -> ProposalRecord | None:
    """Return the offer of the same effect, which may have been made for an earlier version of the spec."""
    return next((record for record in offers if record.fingerprint == fingerprint), None)


def settle_offers(world: World) -> None:
    """Close what people have decided: a change that is in the spec is accepted, a branch that is gone was refused."""
    with world.store.transaction() as rows:
        offers = list_offers(rows)
    commit = world.host.default_branch().commit
    for record in offers:
        corrections = _learn(world, commit, record)
        event = RolloutEvent.EXPIRE if corrections else _find_end(world, commit, record)
        if event is not None:
            _close(world, record, event, corrections)


def name_branch(proposal: Proposal | ProposalRecord) -> str:
    """Return the branch for a proposal's effect: readable, and the same for every version of the spec."""
    words = re.sub(r"[^a-z0-9]+", "-", proposal.title.lower()).strip("-")[:48].strip("-")
    digest = hashlib.sha256(proposal.fingerprint.encode()).hexdigest()
    return f"{BRANCH_PREFIX}{words}-{digest[:6]}"


def _bring_to_branch(
    world: World, proposal: Proposal, branch: str, known: ProposalRecord | None
) -> None:
    """Make the branch, or add a commit to it when it offers something else than this patch by now."""
    host, head = world.host, world.host.branch(branch)
    base = read_spec(host, host.default_branch().commit, proposal.base.path)
    change = patch_offer(proposal.id, proposal.title, base, proposal.guarded.patch)
    if head is None:
        ref = commit_offer(host, change, host.default_branch().commit)
        host.create_branch(branch, ref.commit)
        return
    offered_already = known is not None and known.patch == proposal.patch.to_json()
    if offered_already or host.read_file(head.commit, proposal.base.path) == change.content:
        return
    if PROPOSAL_TRAILER not in read_trailers(host.read_message(head.commit)):
        raise RepositoryError(f"somebody else works on {branch!r}")
    host.land(branch, commit_offer(host, change, head.commit))


def _find_end(world: World, commit: str, record: ProposalRecord) -> RolloutEvent | None:
    try:
        document = read_spec(world.host, commit, record.spec_path).document
        is_accepted = apply_patch(document, parse_patch([*record.patch])) == document
    except PatchConflictError:
        return RolloutEvent.EXPIRE  # the spec isn't any longer what the patch was made for
    except (SpecError, BadInputError):
        return None  # nobody can tell now
    if is_accepted:
        return RolloutEvent.EXPIRE
    return None if world.host.branch(branch_of(record)) else RolloutEvent.DISCARD


def _learn(world: World, commit: str, record: ProposalRecord) -> tuple[Correction, ...]:
    """Return what a person merged in place of the offered values."""
    try:
        merged = read_spec(world.host, commit, record.spec_path)
        return learn_corrections(parse_patch([*record.patch]), merged)
    except (PatchError, SpecError, BadInputError):
        return ()


def _close(
    world: World,
    record: ProposalRecord,
    event: RolloutEvent,
    corrections: Sequence[Correction] = (),
) -> None:
    with world.store.transaction() as rows:
        for correction in corrections:
            keep_correction(rows, correction, at=world.now)
        set_proposal_state(rows, record.id, advance(record.state, event).state)
        if event is RolloutEvent.DISCARD:
            until = world.now + _REMEMBERED_FOR
            remember(rows, Memory(record.fingerprint, MemoryReason.REJECTED, until))
