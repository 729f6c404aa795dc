"""Applies an accepted proposal: test the commit, land exactly that commit, test it again, take it back if it fails."""

from dataclasses import dataclass
from datetime import datetime

from app.errors import LostRaceError
from app.ports import Branch, CodeHost, CommitRef, RunTests
from app.store import Application, ProposalRecord, Step, Store, find_application, remember
from app.use_cases.commit_messages import PROPOSAL_TRAILER, write_message
from app.use_cases.landings import (
    Landing,
    World,
    land,
    load_proposal,
    move_proposal,
    record_application,
)
from app.use_cases.outcome import Outcome, OutcomeKind
from app.use_cases.recover import settle_journal
from app.use_cases.spec_edit import SpecEdit
from app.use_cases.verification import judge, verify
from meta_agent import MemoryReason, remember_effect
from trust_tiers import RolloutEvent, RolloutState

_ATTEMPTS = 3


def apply_proposal(
    host: CodeHost, store: Store, edit: SpecEdit, *, run_tests: RunTests, now: datetime
) -> Outcome:
    """Apply a stored proposal to the default branch; asked again, return how it ended and do nothing.

    Raises `DirtyRepositoryError` and the like when the repository can't be changed now; the proposal stays as it was.
    """
    with store.exclusively():
        return apply_under_lock(World(host, store, now), edit, run_tests)


def apply_under_lock(world: World, edit: SpecEdit, run_tests: RunTests) -> Outcome:
    """Do what `apply_proposal` describes, under the caller's lock."""
    with world.store.transaction() as rows:
        spec_path = load_proposal(rows, edit.proposal_id).spec_path
    settle_journal(world, run_tests, spec_path=spec_path)
    with world.store.transaction() as rows:
        proposal = load_proposal(rows, edit.proposal_id)
        application = find_application(rows, edit.proposal_id)
    if application is not None:
        return _tell(application, proposal.state)
    if proposal.state not in (RolloutState.PROPOSED, RolloutState.STAGED):
        return _refuse(proposal, f"it is {proposal.state.value} already")
    return _Attempt(world, proposal, edit, run_tests).run()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One application in progress."""

    world: World
    proposal: ProposalRecord
    edit: SpecEdit
    run_tests: RunTests

    def run(self) -> Outcome:
        """Try again with a new commit, tested anew, when somebody else lands one first."""
        for _ in range(_ATTEMPTS):
            try:
                return self._apply(self.world.host.default_branch())
            except LostRaceError:
                continue
        return _refuse(self.proposal, "the branch keeps moving; try again later")

    def _apply(self, branch: Branch) -> Outcome:
        world, path = self.world, self.proposal.spec_path
        if world.host.blob_sha(branch.commit, path) != self.edit.blob_before:
            return _refuse(self.proposal, f"{path} changed since this was proposed")
        ref = self._prepare(branch)
        verdict = judge(world.host, ref.commit, self.run_tests)
        if not verdict.passed:
            return self._discard(verdict.reasons or ("an embedded test failed",))
        hashes = (self.proposal.spec_sha256, self.edit.spec_sha256_after)
        landing = Landing(branch.name, ref, *hashes)
        landed = land(world, self.proposal.id, Step.LAND, landing)
        entry = record_application(world, self.proposal.id, landing, landed)
        with world.store.transaction() as rows:
            application = find_application(rows, self.proposal.id)
        assert application is not None
        return verify(world, application, entry, self.run_tests)

    def _prepare(self, branch: Branch) -> CommitRef:
        return self.world.host.prepare_commit(
            parent=branch.commit,
            path=self.proposal.spec_path,
            content=self.edit.content,
            message=write_message(
                self.proposal.title, self.edit.sentences, {PROPOSAL_TRAILER: self.proposal.id}
            ),
        )

    def _discard(self, reasons: tuple[str, ...]) -> Outcome:
        with self.world.store.transaction() as rows:
            move_proposal(rows, self.proposal.id, RolloutEvent.DISCARD)
            failed = MemoryReason.FAILED_TESTS
            remember(rows, remember_effect(self.proposal.fingerprint, failed, self.world.now))
        return _refuse(self.proposal, *reasons)


def _refuse(proposal: ProposalRecord, *reasons: str) -> Outcome:
    return Outcome(proposal.id, OutcomeKind.REFUSED, reasons=reasons)


def _tell(application: Application, state: RolloutState) -> Outcome:
    if not application.stands:
        kind = OutcomeKind.REVERTED
    elif state is RolloutState.HELD:
        kind = OutcomeKind.HELD
    else:
        kind = OutcomeKind.APPLIED
    reasons = (application.reason,) if application.reason else ()
    return Outcome(
        application.proposal_id, kind, application.commit, application.reverted_commit, reasons
    )
