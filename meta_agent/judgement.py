"""From pairs of runs to a verdict: one candidate by itself, or many together.

"Worse" is said whenever one test on all pairs says so: that way an error is on the safe side. "Better" and "not worse"
are claims in favour of a patch, so they must hold on runs that no proposer saw, however often one has looked, and among
all candidates that were judged at the same time.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from meta_agent.evidence import ArmSummary, Evidence, EvidenceSettings, Verdict
from meta_agent.looks import charge_for_looking
from meta_agent.paired_tests import (
    Floats,
    bootstrap_means,
    correct_for_many,
    either,
    flip_test,
    inferiority_test,
    sign_test,
    value_of,
)
from meta_agent.roi import Pair, RunOutcome
from meta_agent.roi_settings import RoiSettings
from meta_agent.statistics import wilson_bounds


def measure_pairs(
    pairs: Sequence[Pair],
    *,
    unseen: int,
    planned: int,
    roi: RoiSettings,
    settings: EvidenceSettings,
    rng: np.random.Generator,
) -> Evidence:
    """Compare the arms of pairs that aren't none; the first `unseen` of them, or all if 0, carry the claims.

    `planned` is how many pairs those claims could rest on in the end.
    """
    values = np.array([value_of(pair.head, roi) - value_of(pair.base, roi) for pair in pairs])
    means = bootstrap_means(values, settings.resamples, rng)
    low, high = np.quantile(means, [settings.alpha, 1 - settings.alpha])
    wins, losses = count_discordant(pairs)
    p_better, p_not_worse = _test_claims(pairs[: unseen or None], values, settings, rng)
    looked = unseen or len(pairs)
    return Evidence(
        verdict=Verdict.CANT_TELL,
        reason="",
        pairs=len(pairs),
        wins=wins,
        losses=losses,
        p_better=charge_for_looking(p_better, looked, planned),
        p_worse=sign_test(losses, wins),
        p_not_worse=charge_for_looking(p_not_worse, looked, planned),
        value_usd_per_run=(float(low), float(values.mean()), float(high)),
        held_out=unseen,
        before=_summarise([pair.base for pair in pairs]),
        after=_summarise([pair.head for pair in pairs]),
    )


def count_discordant(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Return how many runs only the patched and how many only the base version completes."""
    wins = sum(pair.head.succeeded and not pair.base.succeeded for pair in pairs)
    losses = sum(pair.base.succeeded and not pair.head.succeeded for pair in pairs)
    return wins, losses


def settle(found: Evidence, settings: EvidenceSettings) -> Evidence:
    """Give evidence its verdict, with the reason and how many more pairs it would take to tell."""
    verdict, reason, needed = _verdict(found, settings)
    return replace(found, verdict=verdict, reason=reason, needed=needed)


def judge_together(findings: Sequence[Evidence], settings: EvidenceSettings) -> list[Evidence]:
    """Settle the evidence of candidates that were weighed one by one as one family of claims, in order, once."""
    judged = [index for index, found in enumerate(findings) if found.is_judged]
    better = correct_for_many([findings[index].p_better for index in judged])
    not_worse = correct_for_many([findings[index].p_not_worse for index in judged])
    together = list(findings)
    for index, p_better, p_not_worse in zip(judged, better, not_worse, strict=True):
        corrected = replace(
            findings[index], p_better=p_better, p_not_worse=p_not_worse, among=len(judged)
        )
        together[index] = settle(corrected, settings)
    return together


def _test_claims(
    pairs: Sequence[Pair],
    values: Floats,
    settings: EvidenceSettings,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return the p-values of "better" (more runs succeed, or each is worth more) and of "not worse"."""
    wins, losses = count_discordant(pairs)
    gained = flip_test(values[: len(pairs)], settings.resamples, rng)
    better = either(sign_test(wins, losses), gained)
    return better, inferiority_test(losses, wins, len(pairs), margin=settings.success_margin)


def _verdict(found: Evidence, settings: EvidenceSettings) -> tuple[Verdict, str, int]:
    if found.noise_floor > settings.max_mismatch:
        share = f"{found.noise_floor:.0%}"
        return Verdict.INVALID, f"the base doesn't reproduce {share} of its own recordings", 0
    if found.pairs < settings.min_pairs:
        needed = settings.min_pairs - found.pairs
        return Verdict.CANT_TELL, f"{found.pairs} recorded runs are too few", needed
    if found.stood_in:
        return Verdict.CANT_TELL, _who_stands_in(found), settings.min_pairs
    if found.p_worse <= settings.alpha:
        return Verdict.WORSE, f"{found.losses} runs fail that didn't, {found.wins} recover", 0
    if found.value_usd_per_run[2] < 0:
        return Verdict.WORSE, "every plausible effect costs value", 0
    return _claim(found, settings)


def _who_stands_in(found: Evidence) -> str:
    reason = "recorded answers stand in for the changed step's own"
    return f"{reason}; {found.model_sample}" if found.model_sample else reason


def _claim(found: Evidence, settings: EvidenceSettings) -> tuple[Verdict, str, int]:
    if found.held_out and found.hold_out_uses > found.hold_out_max_uses:
        asked = f"its held-out runs were asked {found.hold_out_max_uses} times already"
        return Verdict.CANT_TELL, f"{asked}; another version has new ones", settings.min_pairs
    if found.p_better <= settings.alpha:
        return Verdict.BETTER, f"{found.wins} runs recover, {found.losses} are lost", 0
    if found.p_not_worse <= settings.alpha:
        return Verdict.NOT_WORSE, "no more failures, within the margin", 0
    pairs = found.held_out or found.pairs
    discordance = max((found.wins + found.losses) / found.pairs, 1 / pairs)
    # ≈ 80 % power for non-inferiority at one-sided 5 %: (1.645 + 0.842)² ≈ 6.2.
    wanted = math.ceil(6.2 * discordance / settings.success_margin**2)
    more = max(1, wanted - pairs)
    if found.held_out:
        more = math.ceil(more * found.pairs / found.held_out)
    return Verdict.CANT_TELL, "too few runs came out differently", more


def _summarise(outcomes: Sequence[RunOutcome]) -> ArmSummary:
    count = len(outcomes)
    successes = sum(outcome.succeeded for outcome in outcomes)
    low, high = wilson_bounds(successes, count)
    return ArmSummary(
        success=successes / count,
        success_low=low,
        success_high=high,
        cost_usd=sum(outcome.cost_usd for outcome in outcomes) / count,
        latency_s=sum(outcome.latency_s for outcome in outcomes) / count,
    )
