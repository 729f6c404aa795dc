"""Whether a proposal still fits a version of its spec: applies, changes something, and is no riskier than it was."""

from dataclasses import dataclass

from app.errors import BadInputError
from app.ports import CodeHost
from app.settings import Settings
from app.store import Ending, ProposalRecord
from app.use_cases.put_on_branch import OfferedChange, patch_offer
from app.use_cases.read_spec import read_spec
from trust_tiers import RiskTier, classify
from workflow import (
    EditError,
    JsonPatch,
    PatchError,
    SpecError,
    Workflow,
    apply_patch,
    parse_patch,
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a proposal doesn't fit, and what that means for its pull request."""

    ending: Ending
    reason: str


def fit_offer(
    host: CodeHost, commit: str, record: ProposalRecord, settings: Settings
) -> OfferedChange | Misfit | None:
    """Return the proposal's change on a commit, or why there is none; None when the spec can't be read there now."""
    try:
        base = read_spec(host, commit, record.spec_path, allow=settings.skills.allow)
    except SpecError:
        return None
    except BadInputError:
        return Misfit(Ending.OUTDATED, "the file isn't there any more")
    return fit_version(base, record, settings)


def fit_version(
    base: Workflow, record: ProposalRecord, settings: Settings
) -> OfferedChange | Misfit:
    """Return the proposal's change on a version of its spec, or why there is none."""
    try:
        patch = parse_patch([*record.patch])
        change = patch_offer(record.id, record.title, base, patch)
    except (PatchError, EditError, SpecError):
        if _is_there(base, record):
            return Misfit(Ending.ALREADY_THERE, "what it proposes has been done")
        return Misfit(Ending.OUTDATED, "the place it changes was changed meanwhile")
    if change.after.spec_sha256 == base.spec_sha256:
        return Misfit(Ending.ALREADY_THERE, "what it proposes has been done")
    if classify(base, change.after, settings.tier_limits).tier > RiskTier[record.tier]:
        return Misfit(Ending.OUTDATED, "with what was changed meanwhile it would be riskier")
    return change


def _is_there(base: Workflow, record: ProposalRecord) -> bool:
    """Whether the patch without its own tests would change nothing."""
    try:
        patch = parse_patch([*record.patch])
        edits = JsonPatch(tuple(one for one in patch.operations if one.op != "test"))
        return apply_patch(base.document, edits) == base.document
    except PatchError:
        return False
