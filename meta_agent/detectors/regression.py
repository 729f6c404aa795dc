"""Finds regressions: this version of a spec does worse than the one before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.tell import tell_workflow
from meta_agent.detectors.window import MIN_RUNS, Window
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import benjamini_hochberg
from meta_agent.version_comparison import (
    Groups,
    Worsening,
    compare_amount,
    compare_success,
    stratify,
)
from telemetry import Run

KIND: Final = "regression"

_FALSE_DISCOVERIES = 0.05
_MORE_FAILURES = 0.01
"""A success rate must fall by more than a hundredth, and an amount rise by more than a twentieth."""
_MORE_SPENT = 1.05
_PLAUSIBLE = 0.2
_MOST_DOUBLED = 64


@dataclass(frozen=True, slots=True)
class _Term:
    name: str
    """What is compared: a prefix of the numbers' names."""
    unit: str
    found: Worsening

    @property
    def is_worse(self) -> bool:
        if self.name == "failure_rate":
            return self.found.after - self.found.before > _MORE_FAILURES
        return self.found.ratio > _MORE_SPENT


def find_regressions(window: Window) -> list[Opportunity]:
    """Return one opportunity when this version surely fails more, costs more or takes longer than the one before.

    Alike runs are compared with alike ones, by one-sided two-sample tests corrected for their number; what is worse on
    the whole must be worse within the strata too. Money and time are those of successful runs. None where the version
    before isn't known or never ran. Versions run one after the other: what else changed meanwhile counts too.
    """
    previous = window.history.previous
    before = window.history.runs_of(previous) if previous else ()
    if previous is None or previous.spec_sha256 == window.workflow.spec_sha256:
        return []
    if not before or not window.runs:
        return []
    terms = _compare(stratify(before, window.runs))
    proven = benjamini_hochberg([term.found.p_value for term in terms], q=_FALSE_DISCOVERIES)
    floor = min(len(before), len(window.runs)) >= MIN_RUNS
    sure = [term for term, proof in zip(terms, proven, strict=True) if proof and term.is_worse]
    if sure and floor:
        return [_describe(window, before, sure, missing=0)]
    likely = [term for term in terms if term.is_worse and term.found.p_value <= _PLAUSIBLE]
    return [_describe(window, before, likely, missing=_missing(window, likely))] if likely else []


def _compare(groups: Groups) -> list[_Term]:
    failures = _Term("failure_rate", "", compare_success(groups))
    cost = compare_amount(groups, lambda run: float(run.cost_usd))
    latency = compare_amount(groups, lambda run: run.latency_ms / 1000)
    return [
        failures,
        *([_Term("cost", "_usd", cost)] if cost else []),
        *([_Term("latency", "_s", latency)] if latency else []),
    ]


def _missing(window: Window, likely: Sequence[_Term]) -> int:
    """Guess how many more runs would tell: as many again, doubled until the clearest term would be sure."""
    p_value, factor = min(term.found.p_value for term in likely), 1
    while p_value > _FALSE_DISCOVERIES / 3 and factor < _MOST_DOUBLED:
        p_value, factor = p_value**2, factor * 2
    return max(1, window.missing_runs, len(window.runs) * (factor - 1))


def _describe(
    window: Window, before: Sequence[Run], terms: Sequence[_Term], *, missing: int
) -> Opportunity:
    numbers = {"runs_before": float(len(before))}
    for term in terms:
        numbers[f"{term.name}_before{term.unit}"] = term.found.before
        numbers[f"{term.name}_after{term.unit}"] = term.found.after
    step = _worst_step(before, window.runs, terms[0].name)
    where = f", most of it in {step}" if step else ""
    return tell_workflow(
        window,
        KIND,
        f"since the version before it {' and '.join(map(_say, terms))}{where}",
        numbers,
        p_value=min(term.found.p_value for term in terms),
        runs_needed=missing,
    )


def _say(term: _Term) -> str:
    before, after = term.found.before, term.found.after
    match term.name:
        case "failure_rate":
            return f"fails in {after:.1%} of its runs instead of {before:.1%}"
        case "cost":
            return f"costs ${after:.4f} a run instead of ${before:.4f}"
        case _:
            return f"takes {after:.3g} s instead of {before:.3g} s"


def _worst_step(before: Iterable[Run], after: Iterable[Run], name: str) -> str:
    """Return the step that got worse by most in a mean run; "" when none did."""
    was, now = _by_step(before, name), _by_step(after, name)
    step = max(now, key=lambda step_id: now[step_id] - was.get(step_id, 0.0), default="")
    return step if step and now[step] > was.get(step, 0.0) else ""


def _by_step(runs: Iterable[Run], name: str) -> dict[str, float]:
    """Return what each step that tried something has of a term in a mean run."""
    total: dict[str, float] = {}
    count = 0
    for run in runs:
        count += 1
        for step in run.steps:
            if step.attempts:
                match name:
                    case "failure_rate":
                        amount = float(bool(step.error_class))
                    case "cost":
                        amount = float(step.cost_usd)
                    case _:
                        amount = step.latency_ms
                total[step.step_id] = total.get(step.step_id, 0.0) + amount
    return {step_id: amount / count for step_id, amount in total.items()}
