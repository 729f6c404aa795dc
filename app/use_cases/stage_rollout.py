"""From a pull request of ours to the default branch: judged, tested on exactly that commit, then merged by itself.

Whatever isn't as expected leaves the pull request to people; nothing here closes it or overrules anybody.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from app.errors import BadInputError, LostRaceError
from app.forge import Forge, MergeKind, MergeOutcome, PullRequest, PullRequestState
from app.ports import Branch
from app.store import (
    Closing,
    ProposalRecord,
    PullRequestRecord,
    RolloutRecord,
    close,
    find_pull_request,
    find_rollout,
    list_applications,
    remember,
    save_application,
    save_pull_request,
    save_rollout,
)
from app.use_cases.commit_messages import PROPOSAL_TRAILER, write_message
from app.use_cases.judge_rollout import JudgedRollout, judge_rollout
from app.use_cases.merge import Approval, merge
from app.use_cases.put_on_branch import OfferedChange, commit_offer
from app.use_cases.record_merge import announce_merge, record_merge
from app.use_cases.repository_check import CheckVerdict, TestedCommit, judge_check
from app.use_cases.rollout_world import Progress, RolloutWorld
from app.use_cases.settle_merge import read_merge
from app.use_cases.simulate_tiers import AUTOMATIC
from app.use_cases.transitions import move_rollout, note_reason
from diff_ux import describe_changes
from meta_agent import MemoryReason, remember_effect
from trust_tiers import Decision, RiskTier, RolloutEvent, RolloutState, ShadowVerdict, judge_shadow
from workflow import diff_workflows

LANDED_A_DAY: Final = 4
"""Changes that land by themselves in a day; what a person asks for doesn't count against anybody."""

SOON: Final = timedelta(minutes=10)
CHECK_COMES_WITHIN: Final = timedelta(hours=24)
_MOST_RESTAGED: Final = 5
_DAY: Final = timedelta(days=1)


def stage_or_merge(rollouts: RolloutWorld, record: ProposalRecord) -> Progress:
    """Bring a proposal on a pull request one step nearer to the default branch, or say what it waits for."""
    forge = rollouts.forge
    assert forge is not None
    with rollouts.world.store.transaction() as rows:
        known = find_pull_request(rows, record.id)
        rollout = find_rollout(rows, record.id)
    if record.state is RolloutState.STAGED and known is not None and known.number:
        ended = _settle_ending(rollouts, forge, record, known.number)
        if ended is not None:
            return ended
    if rollouts.settings.mode not in AUTOMATIC and not rollout.asked_by:
        return _leave(rollouts, record, f"mode: {rollouts.settings.mode.value}")
    if known is None or not known.number or not known.is_open:
        return _leave(rollouts, record, "no pull request of it is open")
    return _Staging(rollouts, forge, record, known, rollout).run()


@dataclass(frozen=True, slots=True)
class _Staging:
    """One look at one pull request."""

    rollouts: RolloutWorld
    forge: Forge
    record: ProposalRecord
    known: PullRequestRecord
    rollout: RolloutRecord

    def run(self) -> Progress:
        """Judge by the base as it is now; a change that isn't on top of it is put there first."""
        pull = self.forge.pull_requests.get(self.known.number)
        base = self.rollouts.world.host.default_branch()
        judged = judge_rollout(self.rollouts, self.record, base.commit)
        if isinstance(judged, str):
            return self._leave(judged)
        obstacle = (
            self._find_stranger(pull, base)
            or judged.find_obstacle(is_asked=bool(self.rollout.asked_by))
            or self._find_rule(base)
            or self._find_cap()
        )
        if obstacle:
            return self._leave(obstacle)
        stopped = self.rollouts.why_not(pull.labels)
        if stopped:
            return self._leave(stopped)
        if self.record.state is RolloutState.PROPOSED:
            self._stage(pull, judged)
            return Progress(RolloutState.STAGED, "staged", self.rollouts.now)
        if not self._is_on_top(base, pull, judged):
            return self._restage(base, pull, judged)
        return self._test(base, pull, judged)

    def _find_stranger(self, pull: PullRequest, base: Branch) -> str:
        """Say what of the pull request isn't ours, or isn't as we left it."""
        if pull.state is not PullRequestState.OPEN:
            return f"the pull request is {pull.state.value}"
        if self.known.is_left_alone or pull.is_draft:
            return "people work on it"
        if pull.is_from_fork or pull.head_branch != self.known.branch:
            return "the pull request comes from another branch"
        if pull.base_branch != base.name:
            return "it goes to another branch than the default one"
        if pull.head_commit not in {self.known.head_commit, self.known.previous_head}:
            return "somebody pushed to its branch"
        if pull.head_commit == self.rollout.given_up_head:
            return self.rollout.reason or "it was tried and left to people"
        return ""

    def _find_rule(self, base: Branch) -> str:
        """Branches whose owners want people to agree are never merged into by us, even where we could."""
        rules = self.forge.branch_rules(base.name)
        if not rules.is_known:
            return "the rules of the default branch can't be read: people merge it"
        if rules.required_approvals or rules.requires_code_owners:
            return "the default branch demands that people agree"
        return ""

    def _find_cap(self) -> str:
        if self.rollout.asked_by:
            return ""
        with self.rollouts.world.store.transaction() as rows:
            today = list_applications(rows, since=self.rollouts.now - _DAY)
        most = min(LANDED_A_DAY, self.rollouts.settings.limits.applied_per_sweep)
        return f"{len(today)} changes landed today" if len(today) >= most else ""

    def _stage(self, pull: PullRequest, judged: JudgedRollout) -> None:
        staged = replace(
            self.rollout,
            staged_head=pull.head_commit,
            staged_base=self.known.base_commit,
            staged_at=self.rollouts.now,
        )
        with self.rollouts.world.store.transaction() as rows:
            save_rollout(rows, staged)
            why = f"{judged.decision.tier.name} risk: its tests decide"
            move_rollout(rows, self.record.id, RolloutEvent.STAGE, why, at=self.rollouts.now)

    def _is_on_top(self, base: Branch, pull: PullRequest, judged: JudgedRollout) -> bool:
        """Whether the head is the base and this change, and nothing else at all."""
        found = self.forge.compare(base.commit, pull.head_commit)
        path = self.record.spec_path
        return (
            found.is_complete
            and found.merge_base == base.commit
            and [each.path for each in found.files] == [path]
            and self.forge.code.read_file(pull.head_commit, path) == judged.after.text.encode()
        )

    def _restage(self, base: Branch, pull: PullRequest, judged: JudgedRollout) -> Progress:
        """Make the commit anew on the base as it is now; the row says so before the branch moves."""
        if self.rollout.restaged >= _MOST_RESTAGED:
            return self._give_up(pull, "the default branch keeps moving")
        change = OfferedChange(self.record.id, self.record.title, judged.before, judged.after)
        try:
            ref = commit_offer(self.forge.code, change, base.commit)
        except BadInputError as error:
            return self._leave(str(error))
        moved = replace(
            self.known,
            base_commit=base.commit,
            head_commit=ref.commit,
            previous_head=pull.head_commit,
            spec_sha256_after=judged.after.spec_sha256,
            rebased_at=self.rollouts.now,
        )
        staged = replace(
            self.rollout,
            staged_head=ref.commit,
            staged_base=base.commit,
            restaged=self.rollout.restaged + 1,
        )
        with self.rollouts.world.store.transaction() as rows:
            save_pull_request(rows, moved)
            save_rollout(rows, staged)
        try:
            self.forge.move_branch(pull.head_branch, expected=pull.head_commit, to=ref.commit)
        except LostRaceError:
            return self._leave("somebody pushed to its branch")
        return self._wait("its tests run on the default branch as it is now")

    def _test(self, base: Branch, pull: PullRequest, judged: JudgedRollout) -> Progress:
        tested = judge_check(
            self.forge.checks.list(pull.head_commit),
            pull.head_commit,
            self.rollouts.settings.tests,
            our_app_id=self.rollouts.our_app_id,
        )
        check = self.rollouts.settings.tests.check
        if tested.verdict is CheckVerdict.RED:
            return self._give_up(pull, f"the check {check!r} failed on it")
        if not tested.is_green:
            since = self.rollout.staged_at or self.rollouts.now
            if self.rollouts.now - since >= CHECK_COMES_WITHIN:
                return self._give_up(pull, f"the check {check!r} never ended on it")
            return self._wait(f"the check {check!r} is {tested.verdict.value}")
        return self._shadow(judged) or self._merge(base, pull, judged, tested)

    def _shadow(self, judged: JudgedRollout) -> Progress | None:
        """Try what is of medium risk on recorded runs first; None when nothing speaks against it."""
        if judged.tier is not RiskTier.MEDIUM or self.rollout.asked_by:
            return None
        since = self.rollout.staged_at or self.rollouts.now
        assert self.rollouts.shadow is not None  # else it would have been left to people
        found = judge_shadow(
            self.rollouts.shadow(judged.before, judged.after, since),
            staged_at=since,
            now=self.rollouts.now,
            settings=self.rollouts.settings.shadow,
        )
        match found.verdict:
            case ShadowVerdict.READY:
                return None
            case ShadowVerdict.WAIT:
                return self._wait(found.reason)
        return self._leave(found.reason, give_up=self.rollout.staged_head)

    def _merge(
        self, base: Branch, pull: PullRequest, judged: JudgedRollout, tested: TestedCommit
    ) -> Progress:
        sentences = [
            sentence.text
            for sentence in describe_changes(diff_workflows(judged.before, judged.after))
        ]
        message = write_message(self.record.title, sentences, {PROPOSAL_TRAILER: self.record.id})
        title, _, rest = message.partition("\n\n")
        approval = Approval(
            judged.decision if judged.tier == judged.decision.tier else _earned(judged),
            AUTOMATIC.get(self.rollouts.settings.mode),
            tested,
            pull.number,
            base.name,
            base.commit,
            f"{title} (#{pull.number})",
            rest,
            self.rollout.asked_by,
        )
        entry, announced = announce_merge(self.rollouts, self.record, approval, judged)
        outcome = merge(self.forge, approval)
        if outcome.kind is not MergeKind.MERGED:
            with self.rollouts.world.store.transaction() as rows:
                close(rows, entry, Closing.ABANDONED)
            return self._explain(pull, outcome)
        record_merge(self.rollouts, announced, entry, outcome.commit)
        return Progress(RolloutState.APPLIED, "merged", self.rollouts.now)

    def _explain(self, pull: PullRequest, outcome: MergeOutcome) -> Progress:
        if outcome.kind in (MergeKind.BASE_MOVED, MergeKind.HEAD_MOVED):
            return self._wait(outcome.reason, at_once=True)
        reason = f"GitHub doesn't let us merge it: {outcome.kind.value}"
        return self._give_up(pull, reason)

    def _give_up(self, pull: PullRequest, reason: str) -> Progress:
        return self._leave(reason, give_up=pull.head_commit)

    def _leave(self, reason: str, *, give_up: str = "") -> Progress:
        return _leave(self.rollouts, self.record, reason, give_up=give_up)

    def _wait(self, reason: str, *, at_once: bool = False) -> Progress:
        next_at = self.rollouts.now + (timedelta(minutes=1) if at_once else SOON)
        with self.rollouts.world.store.transaction() as rows:
            note_reason(rows, self.record.id, reason, next_at=next_at)
        return Progress(self.record.state, reason, next_at)


def _settle_ending(
    rollouts: RolloutWorld, forge: Forge, record: ProposalRecord, number: int
) -> Progress | None:
    """Follow people who merged or closed what was being tried; None while it is open."""
    pull = forge.pull_requests.get(number)
    if pull.state is PullRequestState.OPEN:
        return None
    application = None
    if pull.state is PullRequestState.MERGED:
        merged = read_merge(rollouts.world, pull.merge_commit, record, rollouts.settings)
        application = merged.application
    with rollouts.world.store.transaction() as rows:
        if application is not None:
            save_application(rows, application)
            event, why = RolloutEvent.APPLY, "a person merged it"
        elif pull.state is PullRequestState.MERGED:
            event, why = RolloutEvent.EXPIRE, "a person merged something else in its place"
        else:
            event, why = RolloutEvent.DISCARD, "a person closed it"
            refused = remember_effect(record.fingerprint, MemoryReason.NOT_NOW, rollouts.now)
            remember(rows, refused)
        state = move_rollout(rows, record.id, event, why, at=rollouts.now)
    return Progress(state, why, rollouts.now)


def _earned(judged: JudgedRollout) -> Decision:
    """The judgement, as the tier that its class has earned."""
    return replace(judged.decision, tier=judged.tier)


def _leave(
    rollouts: RolloutWorld, record: ProposalRecord, reason: str, *, give_up: str = ""
) -> Progress:
    """Leave the pull request to people; nothing about it changes on GitHub."""
    with rollouts.world.store.transaction() as rows:
        if give_up:
            save_rollout(rows, replace(find_rollout(rows, record.id), given_up_head=give_up))
        if record.state is RolloutState.STAGED:
            move_rollout(rows, record.id, RolloutEvent.UNSTAGE, reason, at=rollouts.now)
        else:
            note_reason(rows, record.id, reason)
    return Progress(RolloutState.PROPOSED, reason)
