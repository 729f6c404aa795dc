"""Builders of spans, attempts, step runs and runs, every field with a default."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from telemetry import (
    Attempt,
    AttributeValue,
    ErrorClass,
    Outcome,
    Run,
    Span,
    SpanKind,
    SpanRole,
    SpanStatus,
    StepRun,
    attributes,
)

SHA256 = "9f" * 32
STARTED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
START_NS = int(STARTED_AT.timestamp()) * 10**9


def make_span(
    number: int,
    *,
    trace: int = 1,
    parent: int = 0,
    role: SpanRole | None = None,
    step_id: str = "",
    start_ms: float = 0.0,
    latency_ms: float = 1.0,
    more: Mapping[str, AttributeValue] | None = None,
) -> Span:
    """Return span `number` of a trace; with a `role` it carries the contract's attributes."""
    start_ns = START_NS + round(start_ms * 1e6)
    return Span(
        trace_id=f"{trace:032x}",
        span_id=f"{number:016x}",
        parent_span_id=f"{parent:016x}" if parent else "",
        name=step_id or "span",
        kind=SpanKind.INTERNAL,
        start_ns=start_ns,
        end_ns=start_ns + round(latency_ms * 1e6),
        status=SpanStatus.UNSET,
        attributes={**(_contract(role, trace, step_id) if role else {}), **(more or {})},
    )


def _contract(role: SpanRole, trace: int, step_id: str) -> dict[str, AttributeValue]:
    return {
        attributes.SPAN_ROLE: role.value,
        attributes.SPEC_SHA256: SHA256,
        attributes.SPEC_PATH: "flows/triage.flow.yaml",
        attributes.YAML_PATH: f"steps.{step_id}",
        attributes.STEP_ID: step_id,
        attributes.STEP_KIND: "step",
        attributes.RUN_ID: f"run-{trace}",
        attributes.OUTCOME: "ok",
        attributes.ATTEMPT: 1,
        attributes.ERROR_CLASS: "",
        attributes.SCORE: None,
        attributes.BRANCH: "",
        attributes.ITERATION: 0,
        attributes.INPUT_HASH: "ab" * 16,
    }


def make_run_spans(trace: int = 1) -> list[Span]:
    """Return a run of two steps; the second fails once and then succeeds."""
    rate_limited: dict[str, AttributeValue] = {
        attributes.OUTCOME: "error",
        attributes.ERROR_CLASS: "rate_limited",
        attributes.COST_USD: "0.001",
    }
    asked: dict[str, AttributeValue] = {
        attributes.ATTEMPT: 2,
        attributes.REQUEST_MODEL: "sim:small",
        attributes.INPUT_TOKENS: 100,
        attributes.OUTPUT_TOKENS: 20,
        attributes.COST_USD: 0.0025,
    }
    step, attempt = SpanRole.STEP, SpanRole.ATTEMPT
    return [
        make_span(1, trace=trace, role=SpanRole.RUN, step_id="/", latency_ms=1000),
        make_span(2, trace=trace, parent=1, role=step, step_id="classify", latency_ms=200),
        make_span(3, trace=trace, parent=2, role=attempt, step_id="classify", latency_ms=200),
        make_span(
            4, trace=trace, parent=1, role=step, step_id="draft", start_ms=250, latency_ms=700
        ),
        make_span(5, trace=trace, parent=4, role=attempt, step_id="draft", more=rate_limited),
        make_span(6, trace=trace, parent=4, role=attempt, step_id="draft", more=asked),
    ]


def make_attempt(
    number: int = 1,
    *,
    error_class: ErrorClass = ErrorClass.NONE,
    latency_s: float = 1.0,
    cost_usd: str = "0",
    model: str = "",
    tokens: tuple[int, int] = (0, 0),
) -> Attempt:
    """Return an attempt that succeeded unless it has an error class."""
    outcome = Outcome.ERROR if error_class else Outcome.OK
    if error_class is ErrorClass.TIMEOUT:
        outcome = Outcome.TIMEOUT
    return Attempt(
        number, outcome, error_class, latency_s * 1000, Decimal(cost_usd), model, *tokens
    )


def make_step_run(step_id: str, attempts: Sequence[Attempt]) -> StepRun:
    """Return an execution that ended as its last attempt did."""
    last = attempts[-1]
    return StepRun(
        step_id=step_id,
        yaml_path=f"steps.{step_id}",
        kind="step",
        outcome=last.outcome,
        error_class=last.error_class,
        latency_ms=sum(attempt.latency_ms for attempt in attempts),
        cost_usd=sum((attempt.cost_usd for attempt in attempts), Decimal(0)),
        attempts=tuple(attempts),
    )


def make_run(
    steps: Sequence[StepRun],
    *,
    run_id: str = "run-1",
    spec_sha256: str = SHA256,
    started_at: datetime = STARTED_AT,
) -> Run:
    """Return a run that ended as its last step did."""
    last = steps[-1]
    return Run(
        run_id=run_id,
        spec_sha256=spec_sha256,
        spec_path="flows/triage.flow.yaml",
        started_at=started_at,
        outcome=last.outcome,
        error_class=last.error_class,
        latency_ms=sum(step.latency_ms for step in steps),
        cost_usd=sum((step.cost_usd for step in steps), Decimal(0)),
        steps=tuple(steps),
    )
