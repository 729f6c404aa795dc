"""Bake-in: whether a change does worse on real traffic, by tests that stay valid when looked at after every run."""

from trust_tiers.baking.bake import BakePlan, BakeProgress, plan_bake, take_run, take_runs
from trust_tiers.baking.baseline import Baseline, RunOutcome, measure_baseline
from trust_tiers.baking.guard import Guard
from trust_tiers.baking.power import (
    Visible,
    count_expected_runs,
    describe_visible,
    find_visible,
)
from trust_tiers.baking.settings import BakeSettings
from trust_tiers.baking.verdict import BakeDecision, BakeVerdict, judge_bake

__all__ = [
    "BakeDecision",
    "BakePlan",
    "BakeProgress",
    "BakeSettings",
    "BakeVerdict",
    "Baseline",
    "Guard",
    "RunOutcome",
    "Visible",
    "count_expected_runs",
    "describe_visible",
    "find_visible",
    "judge_bake",
    "measure_baseline",
    "plan_bake",
    "take_run",
    "take_runs",
]
