"""Builders of a small workflow and of windows of its runs, all seeded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from telemetry import Attempt, ErrorClass, Outcome, Run, StepRun
from workflow import Workflow, parse_workflow

_SPEC = """\
version: "0.1"
name: triage
agents:
  classifier: {{model: "sim:small", system_prompt: "Classify."}}
  writer: {{model: "sim:large", system_prompt: "Write."{agent}}}
steps:
  - name: classify
    uses: agents.classifier
  - name: lookup
    uses: {lookup}{lookup_config}
  - name: draft
    uses: agents.writer{draft_config}
"""

_STARTED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

MakeAttempt = Callable[[Random, int], Attempt]
"""What a step's attempt of that number (from 1) does."""


def make_workflow(
    *,
    agent: str = "",
    lookup: str = "flujo.http.get",
    lookup_config: str = "",
    draft_config: str = "",
) -> Workflow:
    """Return a workflow of three steps: `classify` (small model), `lookup` (skill), `draft` (large model)."""
    text = _SPEC.format(
        agent=agent,
        lookup=lookup,
        lookup_config=lookup_config and f"\n    config: {lookup_config}",
        draft_config=draft_config and f"\n    config: {draft_config}",
    )
    return parse_workflow(text, path="triage.flow.yaml")


def attempt(
    number: int,
    *,
    error_class: ErrorClass = ErrorClass.NONE,
    latency_s: float = 1.0,
    cost_usd: float = 0.0,
    model: str = "",
    tokens: tuple[int, int] = (0, 0),
) -> Attempt:
    """Return one attempt, successful unless it has an error class."""
    outcome = Outcome.ERROR if error_class else Outcome.OK
    if error_class is ErrorClass.TIMEOUT:
        outcome = Outcome.TIMEOUT
    cost = Decimal(str(round(cost_usd, 9)))
    return Attempt(number, outcome, error_class, latency_s * 1000, cost, model, *tokens)


def succeed(latency_s: float = 1.0) -> MakeAttempt:
    """Return a step that never fails and takes about that long."""
    return lambda random, number: attempt(
        number, latency_s=latency_s * random.lognormvariate(0, 0.4)
    )


def ask(model: str, *, usd_per_token: float, tokens: tuple[int, int] = (400, 100)) -> MakeAttempt:
    """Return a model call whose output length varies and whose price is linear in its tokens."""

    def ask_once(random: Random, number: int) -> Attempt:
        used = (
            round(tokens[0] * random.uniform(0.5, 1.5)),
            round(tokens[1] * random.uniform(0.5, 1.5)),
        )
        cost_usd = usd_per_token * (used[0] + 4 * used[1])
        return attempt(
            number,
            latency_s=random.lognormvariate(0, 0.4),
            cost_usd=cost_usd,
            model=model,
            tokens=used,
        )

    return ask_once


def fail_at_times(
    rate: float, error_class: ErrorClass = ErrorClass.UNAVAILABLE, latency_s: float = 0.2
) -> MakeAttempt:
    """Return a step each of whose attempts fails with that probability."""

    def try_once(random: Random, number: int) -> Attempt:
        failed = random.random() < rate
        kind = error_class if failed else ErrorClass.NONE
        return attempt(
            number, error_class=kind, latency_s=latency_s * random.lognormvariate(0, 0.4)
        )

    return try_once


def answer_under(
    timeout_s: float | None, *, hang_rate: float = 0.0, median_s: float = 1.0, hang_s: float = 600.0
) -> MakeAttempt:
    """Return a step with log-normal latency that hangs at times and is stopped by its timeout."""

    def try_once(random: Random, number: int) -> Attempt:
        hangs = random.random() < hang_rate
        latency_s = hang_s if hangs else median_s * random.lognormvariate(0, 0.5)
        if timeout_s is not None and latency_s > timeout_s:
            return attempt(number, error_class=ErrorClass.TIMEOUT, latency_s=timeout_s)
        return attempt(number, latency_s=latency_s)

    return try_once


def make_runs(
    workflow: Workflow,
    count: int,
    *,
    classify: MakeAttempt | None = None,
    lookup: MakeAttempt | None = None,
    draft: MakeAttempt | None = None,
    max_retries: int = 0,
    seed: int = 0,
    every: timedelta = timedelta(hours=1),
) -> list[Run]:
    """Return runs of the workflow, one every hour; a step that isn't given succeeds at no cost."""
    random = Random(seed)
    steps = {"classify": classify, "lookup": lookup, "draft": draft}
    return [
        _make_run(
            [
                _make_step(name, make or succeed(), random, max_retries)
                for name, make in steps.items()
            ],
            f"run-{number}",
            workflow,
            _STARTED_AT + number * every,
        )
        for number in range(count)
    ]


def _make_step(step_id: str, make: MakeAttempt, random: Random, max_retries: int) -> StepRun:
    attempts = [make(random, 1)]
    while attempts[-1].error_class and len(attempts) <= max_retries:
        attempts.append(make(random, len(attempts) + 1))
    last = attempts[-1]
    return StepRun(
        step_id=step_id,
        yaml_path=step_id,
        kind="step",
        outcome=last.outcome,
        error_class=last.error_class,
        latency_ms=sum(tried.latency_ms for tried in attempts),
        cost_usd=sum((tried.cost_usd for tried in attempts), Decimal(0)),
        attempts=tuple(attempts),
    )


def _make_run(steps: list[StepRun], run_id: str, workflow: Workflow, started_at: datetime) -> Run:
    worst = next((step for step in steps if step.error_class), steps[-1])
    return Run(
        run_id=run_id,
        spec_sha256=workflow.spec_sha256,
        spec_path=workflow.path,
        started_at=started_at,
        outcome=worst.outcome,
        error_class=worst.error_class,
        latency_ms=sum(step.latency_ms for step in steps),
        cost_usd=sum((step.cost_usd for step in steps), Decimal(0)),
        steps=tuple(steps),
    )
