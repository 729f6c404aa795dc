"""Risk: judging a patch by its semantic changes, and the life of an accepted proposal."""

from trust_tiers.autonomy import (
    Autonomy,
    ClassOutcome,
    Ending,
    Rung,
    ceiling_of,
    earn_autonomy,
    tier_after,
)
from trust_tiers.baking import (
    BakeDecision,
    BakePlan,
    BakeProgress,
    BakeSettings,
    BakeVerdict,
    Baseline,
    Guard,
    RunOutcome,
    Visible,
    count_expected_runs,
    describe_visible,
    find_visible,
    judge_bake,
    measure_baseline,
    plan_bake,
    take_run,
    take_runs,
)
from trust_tiers.classification import classify
from trust_tiers.decision import Decision, RiskTier
from trust_tiers.errors import RolloutError, TrustTiersError
from trust_tiers.limits import TierLimits
from trust_tiers.patch_class import EARNING_CLASSES, name_class
from trust_tiers.rollout import (
    TERMINAL,
    TRANSITIONS,
    HoldReason,
    RolloutEvent,
    RolloutState,
    Standing,
    Transition,
    advance,
)
from trust_tiers.rollout_picture import draw_rollout
from trust_tiers.shadow import (
    ShadowDecision,
    ShadowedRun,
    ShadowSettings,
    ShadowVerdict,
    judge_shadow,
)
from trust_tiers.simulation import Simulated, WouldHave, simulate_tier
from trust_tiers.window import classify_in_window

__all__ = [
    "EARNING_CLASSES",
    "TERMINAL",
    "TRANSITIONS",
    "Autonomy",
    "BakeDecision",
    "BakePlan",
    "BakeProgress",
    "BakeSettings",
    "BakeVerdict",
    "Baseline",
    "ClassOutcome",
    "Decision",
    "Ending",
    "Guard",
    "HoldReason",
    "RiskTier",
    "RolloutError",
    "RolloutEvent",
    "RolloutState",
    "RunOutcome",
    "Rung",
    "ShadowDecision",
    "ShadowSettings",
    "ShadowVerdict",
    "ShadowedRun",
    "Simulated",
    "Standing",
    "TierLimits",
    "Transition",
    "TrustTiersError",
    "Visible",
    "WouldHave",
    "advance",
    "ceiling_of",
    "classify",
    "classify_in_window",
    "count_expected_runs",
    "describe_visible",
    "draw_rollout",
    "earn_autonomy",
    "find_visible",
    "judge_bake",
    "judge_shadow",
    "measure_baseline",
    "name_class",
    "plan_bake",
    "simulate_tier",
    "take_run",
    "take_runs",
    "tier_after",
]
