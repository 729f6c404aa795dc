"""A merge in the journal: announced before it is asked for, recorded when GitHub says that it happened."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from pydantic import JsonValue, TypeAdapter

from app.forge import PullRequestState
from app.store import (
    Application,
    Closing,
    Ending,
    JournalEntry,
    ProposalRecord,
    Step,
    announce,
    close,
    find_application,
    find_pull_request,
    list_entries,
    save_application,
    save_proposal,
    save_pull_request,
)
from app.use_cases.judge_rollout import JudgedRollout
from app.use_cases.landings import load_proposal
from app.use_cases.merge import Approval
from app.use_cases.rollout_world import RolloutWorld
from app.use_cases.transitions import move_rollout
from trust_tiers import RolloutEvent


@dataclass(frozen=True, slots=True)
class AnnouncedMerge:
    """What is about to be merged, and what the file was and is to be."""

    proposal_id: str
    number: int
    head: str
    path: str
    blob_before: str
    blob_after: str
    spec_sha256_before: str
    spec_sha256_after: str
    patch_class: str


_MERGES = TypeAdapter(AnnouncedMerge)


def announce_merge(
    rollouts: RolloutWorld, record: ProposalRecord, approval: Approval, judged: JudgedRollout
) -> tuple[int, AnnouncedMerge]:
    """Announce a merge; return its entry."""
    host, path = rollouts.world.host, record.spec_path
    announced = AnnouncedMerge(
        record.id,
        approval.number,
        approval.tested.commit,
        path,
        host.blob_sha(approval.base_commit, path) or "",
        host.blob_sha(approval.tested.commit, path) or "",
        judged.before.spec_sha256,
        judged.after.spec_sha256,
        judged.patch_class,
    )
    detail = cast("Mapping[str, JsonValue]", _MERGES.dump_python(announced, mode="json"))
    with rollouts.world.store.transaction() as rows:
        return announce(rows, record.id, Step.MERGE, detail, at=rollouts.now), announced


def record_merge(
    rollouts: RolloutWorld, announced: AnnouncedMerge, entry: int, commit: str
) -> None:
    """Note that a proposal is on the default branch by `commit`, which we made."""
    host, path = rollouts.world.host, announced.path
    parent = host.first_parent(commit)
    blob_before = host.blob_sha(parent, path) if parent else None
    blob_after = host.blob_sha(commit, path) or ""
    is_as_tested = blob_after == announced.blob_after
    application = Application(
        proposal_id=announced.proposal_id,
        commit=commit,
        path=path,
        blob_before=blob_before or announced.blob_before,
        blob_after=blob_after,
        spec_sha256_before=announced.spec_sha256_before,
        spec_sha256_after=announced.spec_sha256_after,
        applied_at=rollouts.now,
    )
    with rollouts.world.store.transaction() as rows:
        if find_application(rows, announced.proposal_id) is not None:
            close(rows, entry, Closing.DONE)
            return
        proposal = load_proposal(rows, announced.proposal_id)
        facts: dict[str, JsonValue] = {
            **proposal.facts,
            "class": announced.patch_class,
            "as_tested": is_as_tested,
        }
        save_proposal(rows, replace(proposal, facts=facts))
        save_application(rows, application)
        known = find_pull_request(rows, announced.proposal_id)
        if known is not None and known.is_open:
            ended = replace(known, ending=Ending.MERGED, ended_at=rollouts.now)
            save_pull_request(rows, ended)
        why = f"merged as {commit[:12]}, its tests having passed on {announced.head[:12]}"
        move_rollout(rows, announced.proposal_id, RolloutEvent.APPLY, why, at=rollouts.now)
        close(rows, entry, Closing.DONE)


def settle_merges(rollouts: RolloutWorld, proposal_id: str) -> None:
    """Find out of every merge that was announced and not closed whether it happened."""
    with rollouts.world.store.transaction() as rows:
        entries = list_entries(rows, proposal_id)
    for entry in entries:
        if entry.step is Step.MERGE and entry.closing is None:
            _settle(rollouts, entry)


def _settle(rollouts: RolloutWorld, entry: JournalEntry) -> None:
    assert rollouts.forge is not None
    announced = _MERGES.validate_python(entry.detail)
    pull = rollouts.forge.pull_requests.get(announced.number)
    if pull.state is PullRequestState.MERGED and pull.head_commit == announced.head:
        record_merge(rollouts, announced, entry.id, pull.merge_commit)
        return
    with rollouts.world.store.transaction() as rows:
        close(rows, entry.id, Closing.ABANDONED)
