"""Finds steps that take most of a run's money."""

from decimal import Decimal
from typing import Final

from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import quantile

KIND: Final = "costly_step"

_MIN_SHARE = 0.30


def find_costly_steps(window: Window) -> list[Opportunity]:
    """Return one opportunity per step that spends 30 % or more of what the runs cost, in document order."""
    total_usd = sum((run.cost_usd for run in window.runs), Decimal(0))
    if not total_usd:
        return []
    shares = [(sample, float(sample.cost_usd / total_usd)) for sample in window.samples]
    return [_describe(sample, share, window) for sample, share in shares if share >= _MIN_SHARE]


def _describe(sample: StepSample, share: float, window: Window) -> Opportunity:
    node = sample.node
    runs = len(window.runs)
    per_run_usd = float(sample.cost_usd) / runs
    model = f" on {node.model}" if node.model else ""
    return Opportunity(
        kind=KIND,
        step_id=node.step_id,
        yaml_path=node.yaml_path,
        spec_sha256=window.workflow.spec_sha256,
        summary=f"{node.step_id} takes {share:.0%} of the money{model}: ${per_run_usd:.4f} a run",
        runs=runs,
        numbers={"share": share, "cost_per_run_usd": per_run_usd, **_usage(sample)},
        enough=window.enough,
        runs_needed=window.missing_runs,
    )


def _usage(sample: StepSample) -> dict[str, float]:
    attempts = sample.attempts
    count = len(attempts)
    outputs = sample.output_tokens
    return {
        "attempts": float(count),
        "cost_per_attempt_usd": float(sample.cost_usd) / count,
        "mean_input_tokens": sum(attempt.input_tokens for attempt in attempts) / count,
        "mean_output_tokens": sum(outputs) / count,
        "p99_output_tokens": float(quantile(outputs, 0.99)) if outputs else 0.0,
    }
