"""What to do with a change that bakes, at any time one cares to look."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trust_tiers.baking.bake import BakePlan, BakeProgress, threshold
from trust_tiers.baking.guard import Guard

_MOST_UNJUDGED = 0.5


class BakeVerdict(StrEnum):
    """What to do: take the change back, keep it, go on, or ask a person."""

    BREACH = "breach"
    BAKED = "baked"
    CONTINUE = "continue"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class BakeDecision:
    """A verdict and why, in sentences for a person; `guards` are those that were breached."""

    verdict: BakeVerdict
    reasons: tuple[str, ...]
    guards: tuple[Guard, ...] = ()


_WORSE = {
    Guard.FAILURES: "more runs fail than before",
    Guard.COST: "runs cost more than before",
    Guard.LATENCY: "runs take longer than before",
}


def judge_bake(plan: BakePlan, progress: BakeProgress, *, now: datetime) -> BakeDecision:
    """Decide by all that was seen so far; missing telemetry holds, and never passes for success."""
    breached = tuple(
        guard for guard in Guard if progress.peaks[guard] >= threshold(guard, plan.settings)
    )
    if breached:
        reasons = tuple(f"{_WORSE[guard]}, after {progress.runs} runs" for guard in breached)
        return BakeDecision(BakeVerdict.BREACH, reasons, breached)
    missing = _find_missing(plan, progress, now)
    if missing:
        return BakeDecision(BakeVerdict.HOLD, (missing,))
    waiting = _find_waiting(plan, progress, now)
    if waiting:
        return BakeDecision(BakeVerdict.CONTINUE, (waiting,))
    hours = _hours(now - plan.started_at)
    reason = f"{progress.runs} runs in {hours:.0f} h, and nothing shows that it does worse"
    return BakeDecision(BakeVerdict.BAKED, (reason,))


def _find_missing(plan: BakePlan, progress: BakeProgress, now: datetime) -> str:
    settings, runs = plan.settings, progress.runs
    if not plan.routes:
        return "there are no runs of the version before to compare with"
    silent = _hours(now - (progress.last_at or plan.started_at))
    if silent >= settings.max_silence_hours:
        return f"no telemetry for {silent:.0f} h"
    if runs < settings.min_runs:
        late = _hours(now - plan.started_at) >= settings.max_hours
        return f"only {runs} runs in {settings.max_hours:.0f} h" if late else ""
    if progress.unjudged > _MOST_UNJUDGED * runs:
        return f"{progress.unjudged} of {runs} runs took a route that none took before"
    return _find_missing_figures(plan, progress)


def _find_missing_figures(plan: BakePlan, progress: BakeProgress) -> str:
    """A figure that was known before and isn't any more can't be shown to be no worse."""
    routes, most = plan.routes.values(), _MOST_UNJUDGED * progress.runs
    if any(route.baseline.costs_usd for route in routes) and progress.without_cost > most:
        return f"{progress.without_cost} of {progress.runs} runs don't say what they cost"
    if any(route.baseline.latencies_ms for route in routes) and progress.without_latency > most:
        return f"{progress.without_latency} of {progress.runs} runs don't say how long they took"
    return ""


def _find_waiting(plan: BakePlan, progress: BakeProgress, now: datetime) -> str:
    settings = plan.settings
    hours = _hours(now - plan.started_at)
    if progress.runs >= settings.min_runs and hours >= settings.min_hours:
        return ""
    return (
        f"{progress.runs} of {settings.min_runs} runs"
        f" and {max(0.0, hours):.0f} of {settings.min_hours:.0f} h so far"
    )


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)
