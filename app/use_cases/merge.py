"""The one place that merges: it takes a judgement, the commit that was tested, and nothing on trust.

Nothing else in the product calls `PullRequests.merge`. What GitHub's rules for the branch demand is left to GitHub.
"""

from dataclasses import dataclass

from app.forge import Forge, MergeKind, MergeOutcome, MergeRequest
from app.use_cases.repository_check import TestedCommit
from app.use_cases.standing import HOLD_LABEL
from trust_tiers import Decision, RiskTier


@dataclass(frozen=True, slots=True)
class Approval:
    """What is merged and why it may be: its judgement now, up to which tier that suffices, and its tested head.

    `base_branch` and `base_commit` are what it was judged and tested on. `asked_by` is the account of a person who may
    write and asked for it: then the tier is theirs to accept. 0 is nobody.
    """

    decision: Decision
    automatic: RiskTier | None
    tested: TestedCommit
    number: int
    base_branch: str
    base_commit: str
    title: str
    message: str
    asked_by: int = 0


def merge(forge: Forge, approval: Approval) -> MergeOutcome:
    """Merge the tested commit onto the base it was tested on, or say why not; having done so before will do."""
    refusal = _refuse(approval)
    if refusal:
        return MergeOutcome(MergeKind.BLOCKED, reason=refusal)
    pull = forge.pull_requests.get(approval.number)
    if pull.base_branch != approval.base_branch:
        return MergeOutcome(MergeKind.BASE_MOVED, reason="it goes to another branch now")
    if HOLD_LABEL in pull.labels and pull.merge_commit == "":
        return MergeOutcome(MergeKind.BASE_MOVED, reason=f"it has the label {HOLD_LABEL} now")
    base = forge.code.branch(approval.base_branch)
    is_moved = base is None or base.commit != approval.base_commit
    if is_moved and pull.merge_commit == "":
        return MergeOutcome(MergeKind.BASE_MOVED, reason="its base isn't what it was tested on")
    return forge.pull_requests.merge(
        MergeRequest(approval.number, approval.tested.commit, approval.title, approval.message)
    )


def _refuse(approval: Approval) -> str:
    tier, automatic = approval.decision.tier, approval.automatic
    if not approval.tested.is_green:
        return f"its tests are {approval.tested.verdict.value}"
    if approval.asked_by:
        return ""
    if tier is RiskTier.HIGH or automatic is None or tier > automatic:
        return f"{tier.name} risk: for a person"
    return ""
