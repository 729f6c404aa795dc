"""Taking a landed change back by ourselves: at once, as a commit, as a pull request, or not at all and why.

The checks that make it safe are those of an automatic reverter: only our own commits, not too old, not too many a day,
never what was taken back already, and never against a person who said no.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from app.errors import (
    GitHubConflictError,
    GitHubPermissionError,
    GitHubRefusedError,
    HeldError,
    LostRaceError,
)
from app.forge import BranchRules, Forge, PullRequestDraft, PullRequestState
from app.store import (
    Application,
    ProposalRecord,
    find_application,
    find_pull_request,
    find_rollout,
    list_applications,
    save_rollout,
)
from app.use_cases.commit_messages import REVERTS_TRAILER, read_trailers
from app.use_cases.earned_autonomy import note_ending
from app.use_cases.landings import load_proposal
from app.use_cases.reverts import note_reverted, prepare_revert, revert
from app.use_cases.rollout_world import Progress, RolloutWorld
from app.use_cases.transitions import move_rollout, note_reason
from diff_ux import prose, render_title
from trust_tiers import Ending, HoldReason, RolloutEvent, RolloutState

NO_ROLLBACK_LABEL: Final = "no-auto-rollback"
"""On its pull request: whatever happens, people decide whether a change is taken back."""

REVERTS_A_DAY: Final = 4
REVERT_PULL_REQUESTS_A_DAY: Final = 10
TOO_OLD: Final = timedelta(days=14)
_DAY: Final = timedelta(days=1)
_SOON: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A wish to take a change back: what happened, and why, in a sentence; `is_asked` when a person wants it."""

    application: Application
    event: RolloutEvent
    reason: str
    is_asked: bool = False


def take_back_rollout(rollouts: RolloutWorld, record: ProposalRecord, wish: TakeBack) -> Progress:
    """Take a change back, in the way the repository allows; asked again, nothing happens twice."""
    done = _find_done(rollouts, wish.application)
    if done:
        return _note_done(rollouts, record, wish, done)
    labels = _labels_of(rollouts, record)
    objection = _object(rollouts, wish, labels)
    if objection:
        return _hold(rollouts, record, f"{wish.reason} {objection}")
    stopped = rollouts.why_not(labels)
    if stopped:
        return _wait(rollouts, record, f"{wish.reason} It isn't taken back yet: {stopped}.")
    if rollouts.forge is None or _may_commit(rollouts, rollouts.forge, wish):
        progress = _commit(rollouts, record, wish)
        if progress is not None:
            return progress
    assert rollouts.forge is not None
    return _ask_people(rollouts, rollouts.forge, record, wish)


def look_at_revert(rollouts: RolloutWorld, record: ProposalRecord) -> Progress:
    """Find out what people did about the pull request that asks them to take a change back."""
    with rollouts.world.store.transaction() as rows:
        rollout, application = find_rollout(rows, record.id), find_application(rows, record.id)
    if application is None or not rollout.revert_number or rollouts.forge is None:
        return Progress(record.state, rollout.reason)
    pull = rollouts.forge.pull_requests.get(rollout.revert_number)
    if pull.state is PullRequestState.MERGED:
        wish = TakeBack(application, RolloutEvent.UNDO, rollout.reason, is_asked=True)
        return _note_done(rollouts, record, wish, pull.merge_commit)
    return Progress(record.state, rollout.reason)


def _find_done(rollouts: RolloutWorld, application: Application) -> str:
    """Return the commit by which it was taken back already, by whomever; `""` when it wasn't.

    Told by the trailer of a revert on the default branch, or by the file being as it was before.
    """
    host = rollouts.world.host
    head = host.default_branch().commit
    if rollouts.forge is not None:
        for commit in rollouts.forge.compare(application.commit, head).commits:
            if read_trailers(commit.message).get(REVERTS_TRAILER) == application.commit:
                return commit.commit
    if host.blob_sha(head, application.path) == application.blob_before:
        return head
    return ""


def _note_done(
    rollouts: RolloutWorld, record: ProposalRecord, wish: TakeBack, commit: str
) -> Progress:
    with rollouts.world.store.transaction() as rows:
        move_rollout(rows, record.id, _event_now(record, wish), wish.reason, at=rollouts.now)
        note_reverted(rows, record.id, commit=commit, reason=wish.reason, at=rollouts.now)
        note_ending(rows, record.id, Ending.ROLLED_BACK, at=rollouts.now)
    return Progress(RolloutState.REVERTED, wish.reason)


def _event_now(record: ProposalRecord, wish: TakeBack) -> RolloutEvent:
    """A hold for people ends only by a person's undo, which is what their merge was."""
    is_held = record.state is RolloutState.HELD and record.held_because is not HoldReason.TELEMETRY
    return RolloutEvent.UNDO if is_held or wish.is_asked else wish.event


def _labels_of(rollouts: RolloutWorld, record: ProposalRecord) -> Collection[str]:
    with rollouts.world.store.transaction() as rows:
        known = find_pull_request(rows, record.id)
    if rollouts.forge is None or known is None or not known.number:
        return ()
    return rollouts.forge.pull_requests.get(known.number).labels


def _object(rollouts: RolloutWorld, wish: TakeBack, labels: Collection[str]) -> str:
    """Return why people have to decide; `""` when we may."""
    if wish.is_asked:
        return ""
    if NO_ROLLBACK_LABEL in labels:
        return f"The label `{NO_ROLLBACK_LABEL}` leaves it to you."
    if rollouts.now - wish.application.applied_at > TOO_OLD:
        return f"It landed more than {TOO_OLD.days} days ago, so it is for a person to take back."
    if _count_reverts(rollouts) >= REVERT_PULL_REQUESTS_A_DAY:
        return "Too much was taken back today, so something else may be wrong: please look."
    return ""


def _count_reverts(rollouts: RolloutWorld) -> int:
    """Return how many changes were taken back in the last day; a local repository's own tests aren't limited."""
    if rollouts.forge is None:
        return 0
    since = rollouts.now - _DAY
    with rollouts.world.store.transaction() as rows:
        applied = list_applications(rows)
    return sum(one.reverted_at is not None and one.reverted_at > since for one in applied)


def _may_commit(rollouts: RolloutWorld, forge: Forge, wish: TakeBack) -> bool:
    rules = forge.branch_rules(rollouts.world.host.default_branch().name)
    return _allows_commits(rules) and (wish.is_asked or _count_reverts(rollouts) < REVERTS_A_DAY)


def _allows_commits(rules: BranchRules) -> bool:
    demands = (rules.requires_pull_request, rules.required_approvals, rules.required_checks)
    return rules.is_known and not any(demands) and not rules.requires_code_owners


def _commit(rollouts: RolloutWorld, record: ProposalRecord, wish: TakeBack) -> Progress | None:
    """Land the revert; None when the host doesn't allow it after all.

    What it means for the class is kept first: whoever dies in between has taken back no less.
    """
    with rollouts.world.store.transaction() as rows:
        note_reason(rows, record.id, wish.reason)
        note_ending(rows, record.id, Ending.ROLLED_BACK, at=rollouts.now)
    try:
        revert(rollouts.world, wish.application, _event_now(record, wish), wish.reason)
    except HeldError as error:
        return _hold(rollouts, record, f"{wish.reason} {error.reason}.")
    except LostRaceError as error:
        return _wait(rollouts, record, str(error))
    except (GitHubPermissionError, GitHubRefusedError, GitHubConflictError):
        return None
    return Progress(RolloutState.REVERTED, wish.reason)


def _ask_people(
    rollouts: RolloutWorld, forge: Forge, record: ProposalRecord, wish: TakeBack
) -> Progress:
    """Open the pull request that takes it back; a second time, find it."""
    branch = f"flujo/revert-{record.id}"
    try:
        if forge.code.branch(branch) is None:
            landing = prepare_revert(rollouts.world, wish.application, wish.reason)
            forge.code.create_branch(branch, landing.ref.commit)
    except HeldError as error:
        return _hold(rollouts, record, f"{wish.reason} {error.reason}.")
    base = forge.code.default_branch().name
    title = render_title(f"Take back: {record.title}")
    pull = forge.pull_requests.open(PullRequestDraft(branch, base, title, _describe(wish)))
    with rollouts.world.store.transaction() as rows:
        save_rollout(rows, replace(find_rollout(rows, record.id), revert_number=pull.number))
    asked = f"{wish.reason} Merge #{pull.number} to take it back."
    return _hold(rollouts, record, asked)


def _describe(wish: TakeBack) -> str:
    commit = wish.application.commit[:12]
    return (
        f"{prose(wish.reason)}\n\nThis takes back {commit}: the spec is as it was before."
        " It is a pull request because the default branch takes no commits of ours, or because"
        " enough was taken back by itself today.\n"
    )


def _hold(rollouts: RolloutWorld, record: ProposalRecord, reason: str) -> Progress:
    with rollouts.world.store.transaction() as rows:
        if load_proposal(rows, record.id).state is RolloutState.HELD:
            note_reason(rows, record.id, reason)
        else:
            move_rollout(rows, record.id, RolloutEvent.CONFLICT, reason, at=rollouts.now)
    return Progress(RolloutState.HELD, reason)


def _wait(rollouts: RolloutWorld, record: ProposalRecord, reason: str) -> Progress:
    next_at = rollouts.now + _SOON
    with rollouts.world.store.transaction() as rows:
        note_reason(rows, record.id, reason, next_at=next_at)
    return Progress(record.state, reason, next_at)
