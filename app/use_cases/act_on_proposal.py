"""Acts on a ranked proposal: applies it by itself where that is allowed, else offers it on a branch, or says no."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import LostRaceError
from app.ports import CodeHost, RunTests
from app.proposal import Proposal
from app.settings import Mode, Settings
from app.store import (
    Application,
    Prediction,
    ProposalRecord,
    Store,
    find_application,
    find_proposal,
    list_ledger,
    list_memories,
    list_proposals,
    save_proposal,
)
from app.use_cases.apply_proposal import apply_proposal
from app.use_cases.commit_messages import PROPOSAL_TRAILER, write_message
from app.use_cases.outcome import OutcomeKind
from app.use_cases.present_proposal import present
from app.use_cases.read_spec import read_spec
from app.use_cases.spec_edit import SpecEdit
from diff_ux import describe_changes, render_pr_body
from meta_agent import Verdict, is_blocked
from trust_tiers import RiskTier, RolloutState
from workflow import EditError, PatchError, SpecError, patch_workflow

BRANCH_PREFIX = "flujo/"


class Fate(StrEnum):
    """What became of a proposal in a sweep."""

    APPLIED = "applied"
    REVERTED = "reverted"
    REFUSED = "refused"
    HELD = "held"
    PROPOSED = "proposed"
    QUEUED = "queued"
    BLOCKED = "blocked"


_FATES = {
    OutcomeKind.APPLIED: Fate.APPLIED,
    OutcomeKind.REVERTED: Fate.REVERTED,
    OutcomeKind.REFUSED: Fate.REFUSED,
    OutcomeKind.HELD: Fate.HELD,
}


@dataclass(frozen=True, slots=True)
class Handled:
    """A proposal and its fate, why, and where to look."""

    proposal: Proposal
    fate: Fate
    reason: str = ""
    where: str = ""
    application: Application | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """What acting takes; every effect goes through `host` and `store`."""

    host: CodeHost
    store: Store
    settings: Settings
    open_tests: Callable[[str], RunTests]
    now: datetime

    def act(self, proposal: Proposal, *, applied_already: bool) -> Handled:
        """Do with a proposal what the settings and its judgement allow; at most one is applied a spec and sweep."""
        blocked = self._find_block(proposal)
        if blocked:
            return Handled(proposal, Fate.BLOCKED, blocked)
        if self.settings.mode is Mode.SILENT:
            return Handled(proposal, Fate.QUEUED, "mode: silent")
        reason = needs_person(proposal, self.settings.mode)
        if reason:
            return self._offer(proposal, reason)
        if applied_already:
            reason = "one patch at a time, so that the ledger can tell their effects apart"
            return Handled(proposal, Fate.QUEUED, reason)
        return self.apply(proposal)

    def apply(self, proposal: Proposal) -> Handled:
        """Apply a proposal to the default branch, with its tests before and after."""
        self._save(proposal, offered=False)
        path, after = proposal.base.path, proposal.guarded.after
        commit = self.host.default_branch().commit
        if self.host.read_file(commit, path) != proposal.base.text.encode():
            return Handled(proposal, Fate.REFUSED, f"{path} changed since this was proposed")
        edit = SpecEdit(
            proposal_id=proposal.id,
            blob_before=self.host.blob_sha(commit, path) or "",
            content=after.text.encode(),
            spec_sha256_after=after.spec_sha256,
            sentences=_sentences(proposal),
        )
        outcome = apply_proposal(
            self.host, self.store, edit, run_tests=self.open_tests(path), now=self.now
        )
        with self.store.transaction() as rows:
            application = find_application(rows, proposal.id)
        reason = "; ".join(outcome.reasons)
        return Handled(proposal, _FATES[outcome.kind], reason, outcome.commit, application)

    def _find_block(self, proposal: Proposal) -> str:
        if proposal.behind:
            return f"waits for {proposal.behind!r}, which touches the same place"
        if proposal.roi is not None and proposal.roi.mid <= 0:
            return "not expected to pay for its review"
        if proposal.blocks_merge:
            return "; ".join(proposal.violations)
        with self.store.transaction() as rows:
            memories = list_memories(rows, now=self.now)
            known = find_proposal(rows, proposal.id)
        if is_blocked([proposal.fingerprint], memories, self.now):
            return "remembered: this effect was taken back or refused before"
        if known and known.state is not RolloutState.STAGED:
            return f"decided before: {known.state.value}"
        return ""

    def _offer(self, proposal: Proposal, reason: str) -> Handled:
        """Offer a branch with the patched spec and a Markdown body."""
        branch = f"{BRANCH_PREFIX}{_slug(proposal.title)}-{proposal.id[:6]}"
        is_new = self.host.branch(branch) is None
        limit = self.settings.limits.open_proposals
        if is_new and self._count_offers() >= limit:
            return Handled(proposal, Fate.QUEUED, f"{limit} proposals are open already")
        try:
            if is_new:
                self._branch_off(proposal, branch)
        except (PatchError, EditError, SpecError, LostRaceError) as error:
            return Handled(proposal, Fate.QUEUED, f"can't be put on a branch now: {error}")
        with self.store.transaction() as rows:
            view = present(
                proposal, undo=f"git branch --delete --force {branch}", ledger=list_ledger(rows)
            )
        opened = self.host.propose(branch, proposal.title, render_pr_body(view))
        self._save(proposal, offered=True)
        return Handled(proposal, Fate.PROPOSED, reason, opened.where)

    def _branch_off(self, proposal: Proposal, branch: str) -> None:
        head, path = self.host.default_branch(), proposal.base.path
        after = patch_workflow(read_spec(self.host, head.commit, path), proposal.guarded.patch)
        ref = self.host.prepare_commit(
            parent=head.commit,
            path=path,
            content=after.text.encode(),
            message=write_message(
                proposal.title, _sentences(proposal), {PROPOSAL_TRAILER: proposal.id}
            ),
        )
        self.host.create_branch(branch, ref.commit)

    def _count_offers(self) -> int:
        with self.store.transaction() as rows:
            staged = list_proposals(rows, states=[RolloutState.STAGED])
        return sum(record.facts.get("offered") is True for record in staged)

    def _save(self, proposal: Proposal, *, offered: bool) -> None:
        with self.store.transaction() as rows:
            if find_proposal(rows, proposal.id) is None:
                save_proposal(rows, _record(proposal, self.now, offered=offered))


def needs_person(proposal: Proposal, mode: Mode) -> str:
    """Return why a proposal may not be applied by itself; `""` when it may."""
    if mode is not Mode.AUTO_LOW and mode is not Mode.AUTO_MEDIUM:
        return f"mode: {mode.value}"
    if proposal.decision.tier is not RiskTier.LOW:
        return f"{proposal.decision.tier.name} risk: {proposal.decision.reasons[0]}"
    if proposal.needs_approval:
        return "; ".join(proposal.violations)
    if proposal.evidence.verdict not in (Verdict.BETTER, Verdict.NOT_WORSE):
        return f"{proposal.evidence.verdict.value}: {proposal.evidence.reason}"
    return "no estimate yet" if proposal.roi is None else ""


def _record(proposal: Proposal, now: datetime, *, offered: bool) -> ProposalRecord:
    roi = proposal.roi
    return ProposalRecord(
        id=proposal.id,
        spec_path=proposal.base.path,
        spec_sha256=proposal.base.spec_sha256,
        fingerprint=proposal.fingerprint,
        title=proposal.title,
        source=proposal.candidate.source,
        patch_class=proposal.candidate.patch_class,
        tier=proposal.decision.tier.name,
        patch=proposal.patch.to_json(),
        created_at=now,
        rationale=proposal.candidate.rationale,
        prediction=Prediction(roi.low, roi.mid, roi.high) if roi else None,
        basis=roi.basis if roi else "",
        facts={
            "offered": offered,
            "verdict": proposal.evidence.verdict.value,
            "reasons": list(proposal.decision.reasons),
            "runs_per_month": proposal.runs_per_month,
            "fixed_usd": roi.costs.total_usd if roi else 0.0,
        },
    )


def _sentences(proposal: Proposal) -> tuple[str, ...]:
    return tuple(sentence.text for sentence in describe_changes(proposal.guarded.changes))


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:48].strip("-")
