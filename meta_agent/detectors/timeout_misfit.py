"""Finds timeouts that don't fit the step: too patient with hangs, too strict with healthy attempts, or missing."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.window import StepSample, Window
from meta_agent.latencies import AttemptLatencies, measure_latencies
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import benjamini_hochberg, binomial_tail, wilson_bounds

KIND: Final = "timeout_misfit"

_TOLERATED_RATE = 0.001
"""A hang or a needless cut in a thousand attempts is life."""
_FALSE_DISCOVERIES = 0.05
_FAR = 3.0
"""A timeout this many times the healthy 99th percentile waits for nothing."""


@dataclass(frozen=True, slots=True)
class _Misfit:
    sample: StepSample
    latencies: AttemptLatencies
    problem: str
    hits: int
    """Attempts that show the problem."""
    wasted_s: float

    @property
    def p_value(self) -> float:
        return binomial_tail(self.hits, self.latencies.count, _TOLERATED_RATE)


def find_timeout_misfits(window: Window) -> list[Opportunity]:
    """Return steps whose timeout loses time or healthy attempts, in document order.

    Surely in more than one attempt of a thousand, by a binomial test corrected for the number of steps; else `enough`
    is false.
    """
    looked_at = [_look_at(sample) for sample in window.samples]
    proven = benjamini_hochberg([one.p_value for one in looked_at], q=_FALSE_DISCOVERIES)
    return [
        _describe(one, window, enough=window.enough and sure)
        for one, sure in zip(looked_at, proven, strict=True)
        if one.problem
    ]


def _look_at(sample: StepSample) -> _Misfit:
    latencies = measure_latencies(sample)
    if sample.timeout_s is None:
        return _missing(sample, latencies)
    p99_s = latencies.healthy_quantile_s(0.99)
    slow = latencies.merely_slow(sample.timeout_s)
    if slow >= latencies.cut_off / 2 and latencies.cut_off and latencies.tail:
        problem = f"its timeout of {sample.timeout_s:g} s stops attempts that are merely slow"
        wasted_s = latencies.cut_off * sample.timeout_s
        return _Misfit(sample, latencies, problem, latencies.cut_off, wasted_s)
    if latencies.cut_off and latencies.tail and sample.timeout_s >= _FAR * p99_s:
        problem = (
            f"hangs burn {sample.timeout_s:g} s each, healthy attempts end within {p99_s:.3g} s"
        )
        wasted_s = latencies.cut_off * (sample.timeout_s - p99_s)
        return _Misfit(sample, latencies, problem, latencies.cut_off, wasted_s)
    return _Misfit(sample, latencies, "", 0, 0.0)


def _missing(sample: StepSample, latencies: AttemptLatencies) -> _Misfit:
    hang_s = latencies.hang_s
    hanging = [
        latency_s
        for ascending in (latencies.healthy_s, latencies.failed_s)
        for latency_s in ascending[bisect_right(ascending, hang_s) :]
    ]
    if not hanging:
        return _Misfit(sample, latencies, "", 0, 0.0)
    p99_s = latencies.tail.quantile(0.99) if latencies.tail else 0.0
    wasted_s = sum(latency_s - p99_s for latency_s in hanging)
    problem = f"no timeout, and some attempts hang for up to {max(hanging):.3g} s"
    return _Misfit(sample, latencies, problem, len(hanging), wasted_s)


def _describe(found: _Misfit, window: Window, *, enough: bool) -> Opportunity:
    node = found.sample.node
    return Opportunity(
        kind=KIND,
        step_id=node.step_id,
        yaml_path=node.yaml_path,
        spec_sha256=window.workflow.spec_sha256,
        summary=f"{node.step_id}: {found.problem}",
        runs=len(window.runs),
        numbers=_numbers(found, len(window.runs)),
        enough=enough,
        runs_needed=0
        if enough
        else window.more_runs(found.hits, found.latencies.count, _TOLERATED_RATE),
        confidence=1 - found.p_value,
    )


def _numbers(found: _Misfit, runs: int) -> dict[str, float]:
    latencies = found.latencies
    return {
        "timeout_s": found.sample.timeout_s or 0.0,
        "attempts": float(latencies.count),
        "affected_rate": found.hits / latencies.count,
        "affected_rate_low": wilson_bounds(found.hits, latencies.count)[0],
        "healthy_p50_s": latencies.healthy_quantile_s(0.5),
        "healthy_p99_s": latencies.healthy_quantile_s(0.99),
        "wasted_s_per_run": found.wasted_s / runs,
    }
