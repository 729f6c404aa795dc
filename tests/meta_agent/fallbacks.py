"""A workflow with one step and its fallback, and runs of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from telemetry import Attempt, Outcome, Run, StepRun
from tests.meta_agent.builders import MakeAttempt
from workflow import Workflow, parse_workflow

_SPEC = """\
version: "0.1"
name: answer
agents:
  first: {{model: "sim:small", system_prompt: "Answer."}}
  second: {{model: "sim:large", system_prompt: "Answer."}}
steps:
  - name: ask
    uses: agents.first
    config: {{max_retries: {retries}}}
    fallback: {{name: backup, uses: agents.second{more}}}
  - name: send
    uses: flujo.value.pass
    input: "{{{{ steps.ask.output }}}}"
"""
_STARTED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def make_fallback_workflow(*, retries: int = 0, more: str = "") -> Workflow:
    """Return a workflow whose step `ask` has the fallback `backup`; `more` is appended to it."""
    return parse_workflow(_SPEC.format(retries=retries, more=more), path="answer.flow.yaml")


def make_fallback_runs(
    workflow: Workflow,
    count: int,
    *,
    ask: MakeAttempt,
    backup: MakeAttempt,
    retries: int = 0,
    seed: int = 0,
) -> list[Run]:
    """Return runs in which `backup` runs when `ask` has failed, retries included."""
    random = Random(seed)
    return [
        _run(workflow, number, _execute(ask, backup, random, retries)) for number in range(count)
    ]


def _execute(ask: MakeAttempt, backup: MakeAttempt, random: Random, retries: int) -> list[StepRun]:
    attempts = [ask(random, 1)]
    while attempts[-1].error_class and len(attempts) <= retries:
        attempts.append(ask(random, len(attempts) + 1))
    first = _step("ask", "steps[0]", attempts)
    if first.outcome is Outcome.OK:
        return [first]
    return [first, _step("ask/backup", "steps[0].fallback", [backup(random, 1)])]


def _step(step_id: str, yaml_path: str, attempts: list[Attempt]) -> StepRun:
    last = attempts[-1]
    return StepRun(
        step_id=step_id,
        yaml_path=yaml_path,
        kind="step",
        outcome=last.outcome,
        error_class=last.error_class,
        latency_ms=sum(tried.latency_ms for tried in attempts),
        cost_usd=sum((tried.cost_usd for tried in attempts), Decimal(0)),
        attempts=tuple(attempts),
    )


def _run(workflow: Workflow, number: int, steps: list[StepRun]) -> Run:
    last = steps[-1]
    return Run(
        run_id=f"run-{number}",
        spec_sha256=workflow.spec_sha256,
        spec_path=workflow.path,
        started_at=_STARTED_AT + number * timedelta(hours=1),
        outcome=last.outcome,
        error_class=last.error_class,
        latency_ms=sum(step.latency_ms for step in steps),
        cost_usd=sum((step.cost_usd for step in steps), Decimal(0)),
        steps=tuple(steps),
    )
