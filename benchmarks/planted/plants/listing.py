"""All plants and all traps, by class."""

from collections.abc import Mapping
from typing import Final

from benchmarks.planted.planting import Planter
from benchmarks.planted.plants import (
    dead_step,
    easy_step,
    fallback_mostly,
    false_kills,
    futile_retries,
    hangs,
    idle_judge,
    idle_loops,
    judge_order,
    missing_retry,
    repeats,
    runaway_answers,
    series,
    unchecked_answer,
)

PLANTERS: Final[Mapping[str, Planter]] = {
    "easy_step": easy_step.plant,
    "missing_retry": missing_retry.plant,
    "futile_retries": futile_retries.plant,
    "hangs": hangs.plant,
    "false_kills": false_kills.plant,
    "unchecked_answer": unchecked_answer.plant,
    "judge_order": judge_order.plant,
    "idle_judge": idle_judge.plant,
    "series": series.plant,
    "repeats": repeats.plant,
    "idle_loops": idle_loops.plant,
    "dead_step": dead_step.plant,
    "runaway_answers": runaway_answers.plant,
    "fallback_mostly": fallback_mostly.plant,
}
"""What is worth improving."""

TRAPPERS: Final[Mapping[str, Planter]] = {
    "hard_step": easy_step.trap,
    "retried_already": missing_retry.trap_retried,
    "permanent_failure": missing_retry.trap_permanent,
    "failing_effect": missing_retry.trap_effect,
    "retries_that_pay": futile_retries.trap,
    "slow_but_needed": hangs.trap,
    "kills_that_pay": false_kills.trap,
    "own_failures": unchecked_answer.trap,
    "judges_in_order": judge_order.trap,
    "rare_but_dear_flaw": idle_judge.trap,
    "hidden_dependency": series.trap,
    "repeated_effect": repeats.trap_effect,
    "repeats_across_runs": repeats.trap_across_runs,
    "loops_that_improve": idle_loops.trap,
    "unread_effect": dead_step.trap,
    "long_for_a_reason": runaway_answers.trap,
    "fallback_at_times": fallback_mostly.trap,
}
"""What only looks like it."""
