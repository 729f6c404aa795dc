"""Judges a staged change anew, right before it lands: by the base as it is now, and never by anything it brings itself.

Policies, tests, limits and settings are those of the base branch. The change is judged by itself and by what it adds up
to with those that we applied before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import BadInputError, SettingsError
from app.store import ProposalRecord
from app.use_cases.earned_autonomy import is_demoted, model_of, read_autonomy
from app.use_cases.judge_before_merge import judge_before_merge
from app.use_cases.read_organisation import read_organisation
from app.use_cases.read_spec import read_spec
from app.use_cases.read_window import read_window
from app.use_cases.rollout_world import RolloutWorld
from app.use_cases.simulate_tiers import AUTOMATIC
from meta_agent import Verdict
from policy_dsl import Action
from trust_tiers import Decision, RiskTier, classify_in_window, name_class, tier_after
from workflow import (
    EditError,
    PatchError,
    SpecError,
    Workflow,
    before_merge,
    diff_workflows,
    parse_patch,
    patch_workflow,
    policies_in_force,
)

_PROVEN = frozenset({Verdict.BETTER.value, Verdict.NOT_WORSE.value})


@dataclass(frozen=True, slots=True)
class JudgedRollout:
    """A change, its judgement, and what stands in its way: `forbidden` for anybody, `doubts` for us alone.

    `tier` is what it is handled as, which its class may have earned.
    """

    before: Workflow
    after: Workflow
    decision: Decision
    tier: RiskTier
    patch_class: str
    forbidden: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def find_obstacle(self, *, is_asked: bool) -> str:
        """Return the first thing in the way, `""` when nothing is; a person who asks accepts the doubts."""
        return next(iter(self.forbidden if is_asked else self.forbidden + self.doubts), "")


def judge_rollout(
    rollouts: RolloutWorld, record: ProposalRecord, base_commit: str
) -> JudgedRollout | str:
    """Apply a proposal's patch to the spec of `base_commit` and judge it there; says why that can't be done."""
    host, settings = rollouts.world.host, rollouts.settings
    try:
        before = read_spec(host, base_commit, record.spec_path, allow=settings.skills.allow)
        after = patch_workflow(before, parse_patch([*record.patch]))
        organisation = read_organisation(host, settings, base_commit)
    except (SpecError, PatchError, EditError, BadInputError, SettingsError) as error:
        return f"it can't be judged as things are: {_first_line(error)}"
    changes = diff_workflows(before, after)
    if not changes:
        return "what it would change is there already"
    window = read_window(rollouts.world, base_commit, before)
    decision = classify_in_window(before, after, settings.tier_limits, window=window)
    policies = before_merge(policies_in_force(before.spec, organisation))
    broken = judge_before_merge(policies, operations=len(record.patch), decision=decision)
    forbidden = tuple(one.message for one in broken if one.action is Action.BLOCK_MERGE)
    approvals = [one.message for one in broken if one.action is Action.REQUIRE_APPROVAL]
    patch_class = name_class(changes)
    tier, demoted = _ask_autonomy(rollouts, record, patch_class, decision)
    doubts = (*_doubt(rollouts, record, decision, tier), *approvals, *demoted)
    return JudgedRollout(before, after, decision, tier, patch_class, forbidden, tuple(doubts))


def _ask_autonomy(
    rollouts: RolloutWorld, record: ProposalRecord, patch_class: str, decision: Decision
) -> tuple[RiskTier, tuple[str, ...]]:
    model = model_of(record.facts.get("provenance"))
    with rollouts.world.store.transaction() as rows:
        earned = read_autonomy(
            rows, patch_class, mode=rollouts.settings.mode, now=rollouts.now, model=model
        )
        demoted = is_demoted(rows, patch_class, earned)
    return tier_after(decision.tier, earned), (earned.reason,) if demoted else ()


def _doubt(
    rollouts: RolloutWorld, record: ProposalRecord, decision: Decision, tier: RiskTier
) -> Iterator[str]:
    """Give what only a person may overlook."""
    automatic = AUTOMATIC.get(rollouts.settings.mode)
    if automatic is None:
        yield f"mode: {rollouts.settings.mode.value}"
    elif tier is RiskTier.HIGH or tier > automatic:
        yield f"{decision.tier.name} risk: {decision.reasons[0]}"
    if tier is RiskTier.MEDIUM and rollouts.shadow is None:
        yield "MEDIUM risk, and no recorded runs to try it on: for a person"
    if record.facts.get("verdict") not in _PROVEN:
        yield f"the evidence says: {record.facts.get('verdict') or 'nothing'}"
    if record.prediction is None:
        yield "no estimate of its worth yet"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
