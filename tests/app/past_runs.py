"""Builds runs as telemetry tells them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from telemetry import Attempt, ErrorClass, Outcome, Run, StepRun

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def past_run(
    cost_usd: str = "0.01",
    *,
    days_ago: float = 1,
    error_class: ErrorClass = ErrorClass.NONE,
    score: float | None = None,
    path: str = "s.flow.yaml",
) -> Run:
    attempt = Attempt(1, Outcome.OK, ErrorClass.NONE, 10, Decimal(cost_usd), "sim:small", 7, 3)
    step = StepRun(
        *("ask", "steps[0]", "step", Outcome.OK, ErrorClass.NONE),
        *(10, Decimal(cost_usd), (attempt,)),
    )
    return Run(
        run_id=f"{cost_usd}/{days_ago}",
        spec_sha256="0" * 64,
        spec_path=path,
        started_at=NOW - timedelta(days=days_ago),
        outcome=Outcome.ERROR if error_class else Outcome.OK,
        error_class=error_class,
        latency_ms=10,
        cost_usd=Decimal(cost_usd),
        steps=(step,),
        score=score,
        simulated=True,
    )
