"""What `flujo run` and `flujo resume` tell of the runs they made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from app.cli.output import Format, note, print_json, print_text
from telemetry import Outcome
from workflow import RunResult


@dataclass(frozen=True, slots=True)
class Ran:
    """Results, why no further run was started, and where the runs that paused are kept, by their id."""

    results: Sequence[RunResult]
    budget: str = ""
    kept: Mapping[str, Path] = field(default_factory=dict)


def print_ran(ran: Ran, output: Format) -> None:
    """Print the runs, as JSON or for people."""
    if output is Format.JSON:
        print_json(_answer_of(ran))
        return
    if ran.budget:
        print_text(ran.budget)
    if not ran.results:
        return
    if len(ran.results) == 1:
        _print_one(ran.results[0], ran.kept)
    else:
        _print_many(ran)
    if any(result.simulated for result in ran.results):
        note("simulated: the agents are `sim:` models, so cost, latency and quality are drawn")


def _answer_of(ran: Ran) -> dict[str, object]:
    failed = [result for result in ran.results if not result.succeeded]
    return {
        "runs": len(ran.results),
        "succeeded": len(ran.results) - len(failed),
        "failed": sum(not result.questions for result in failed),
        "waiting": sum(bool(result.questions) for result in failed),
        "total_cost_usd": float(sum(result.cost_usd for result in ran.results)),
        "simulated": any(result.simulated for result in ran.results),
        "paused": ran.budget,
        "results": [_answer(result, ran.kept) for result in ran.results],
    }


def _answer(result: RunResult, kept: Mapping[str, Path]) -> dict[str, object]:
    facts = result.facts()
    return {
        "run_id": result.run_id,
        "spec_sha256": result.spec_sha256,
        "outcome": "paused" if result.questions else result.outcome,
        "error_class": result.error_class,
        "message": result.error,
        "governor_breached": result.governor_breached,
        "simulated": result.simulated,
        "questions": [
            {
                "step_id": question.step_id,
                "message": question.message,
                "input": question.input,
                "input_schema": question.input_schema,
            }
            for question in result.questions
        ],
        "paused_run": str(kept.get(result.run_id, "")),
        "violations": [
            {
                "policy_id": found.policy_id,
                "action": found.action,
                "enforcement": found.enforcement,
                "message": found.message,
                "overridden": result.overridden.get(found.policy_id, ""),
            }
            for found in result.violations
        ],
        **{name: value for name, value in facts.items() if name != "step"},
    }


def _print_one(result: RunResult, kept: Mapping[str, Path]) -> None:
    for step in result.steps:
        mark = "✓" if step.outcome is Outcome.OK else "✗"
        tries = f"  {step.attempts} attempts" if step.attempts > 1 else ""
        cost = f"${step.cost_usd:.5f}"
        print_text(f"{mark} {step.step_id:<36} {step.latency_ms:>9.0f} ms  {cost}{tries}")
    for found in result.violations:
        why = result.overridden.get(found.policy_id)
        passed = f" (overridden: {why})" if why else ""
        print_text(f"policy {found.policy_id!r} [{found.action}]: {found.message}{passed}")
    if result.questions:
        _print_questions(result, kept)
    elif result.succeeded:
        _print_output(result)
    else:
        print_text(f"failed: {result.error} ({result.error_class})")


def _print_output(result: RunResult) -> None:
    print_text(_as_text(result.output))
    score = "" if result.score is None else f", score {result.score:g}"
    print_text(f"ok in {result.latency_s:.2f} s for ${result.cost_usd:.5f}{score}")


def _print_questions(result: RunResult, kept: Mapping[str, Path]) -> None:
    several = len(result.questions) > 1
    print_text(f"paused after {result.latency_s:.2f} s and ${result.cost_usd:.5f}:")
    for question in result.questions:
        print_text(f"? {question.step_id} asks: {question.message or 'for an answer'}")
        if question.input is not None:
            print_text(f"  about: {_as_text(question.input)}")
        if question.input_schema is not None:
            print_text(f"  answer: {_as_text(dict(question.input_schema))}")
    if result.run_id in kept:
        which = f" --step '{result.questions[0].step_id}'" if several else ""
        print_text(f"go on with: flujo resume '{kept[result.run_id]}'{which} --answer JSON")


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _print_many(ran: Ran) -> None:
    results = ran.results
    failed = [one for one in results if not one.succeeded and not one.questions]
    waiting = [one for one in results if one.questions]
    succeeded = len(results) - len(failed) - len(waiting)
    cost = sum(result.cost_usd for result in results)
    waits = f", {len(waiting)} wait for an answer" if waiting else ""
    print_text(f"{len(results)} runs, {succeeded} succeeded{waits}, ${cost:.4f} in all")
    reasons: dict[str, int] = {}
    for result in failed:
        reasons[result.error] = reasons.get(result.error, 0) + 1
    for reason, times in sorted(reasons.items(), key=lambda item: -item[1])[:5]:
        print_text(f"  {times} × {reason}")
    for result in waiting[:5]:
        print_text(f"  waits: {ran.kept.get(result.run_id, result.run_id)}")
