"""Acts on a ranked proposal: applies it by itself where that is allowed, else offers it on a branch, or says no."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.ports import CodeHost, RunTests
from app.proposal import Proposal
from app.settings import Mode, Settings
from app.store import Application, Store, find_application
from app.use_cases.apply_proposal import apply_proposal
from app.use_cases.keep_proposal import keep_proposal
from app.use_cases.landings import World
from app.use_cases.offer_proposal import offer
from app.use_cases.outcome import OutcomeKind
from app.use_cases.queue_proposal import find_block, recognise
from app.use_cases.read_window import read_window
from app.use_cases.spec_edit import SpecEdit
from diff_ux import describe_changes
from meta_agent import Verdict
from trust_tiers import RiskTier, classify_in_window


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

    @property
    def world(self) -> World:
        """Where it acts, and when."""
        return World(self.host, self.store, self.now)

    def act(self, proposal: Proposal, *, applied_already: bool, is_full: bool = False) -> Handled:
        """Do with a proposal what the settings and its judgement allow.

        At most one is applied a spec and sweep; none when a sweep `is_full`, having applied as many as it may.
        """
        with self.store.transaction() as rows:
            proposal = recognise(rows, proposal)
            blocked = find_block(rows, proposal, now=self.now)
        if blocked:
            return Handled(proposal, Fate.BLOCKED, blocked)
        if self.settings.mode is Mode.SILENT:
            return Handled(proposal, Fate.QUEUED, "mode: silent")
        reason = needs_person(proposal, self.settings.mode) or self._tell_sum(proposal)
        if reason:
            return self._offer(proposal, reason)
        if applied_already:
            reason = "one patch at a time, so that the ledger can tell their effects apart"
            return Handled(proposal, Fate.QUEUED, reason)
        if is_full:
            return Handled(proposal, Fate.QUEUED, "this sweep has applied as many as it may")
        return self.apply(proposal)

    def apply(self, proposal: Proposal) -> Handled:
        """Apply a proposal to the default branch, with its tests before and after."""
        with self.store.transaction() as rows:
            keep_proposal(rows, proposal, now=self.now)
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

    def _tell_sum(self, proposal: Proposal) -> str:
        """Return why what this and our changes before it add up to isn't of low risk any more; `""` when it is."""
        commit = self.host.default_branch().commit
        window = read_window(self.world, commit, proposal.base)
        limits = self.settings.tier_limits
        summed = classify_in_window(proposal.base, proposal.guarded.after, limits, window=window)
        if summed.tier is RiskTier.LOW:
            return ""
        return f"{summed.tier.name} risk with what was applied before: {summed.reasons[0]}"

    def _offer(self, proposal: Proposal, reason: str) -> Handled:
        offered = offer(self.world, proposal, limit=self.settings.limits.open_proposals)
        if not offered.where:
            return Handled(proposal, Fate.QUEUED, offered.reason)
        return Handled(proposal, Fate.PROPOSED, reason, offered.where)


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


def _sentences(proposal: Proposal) -> tuple[str, ...]:
    return tuple(sentence.text for sentence in describe_changes(proposal.guarded.changes))
