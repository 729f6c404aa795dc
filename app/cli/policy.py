"""`flujo policy`: what would policies have done?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.spec_files import open_spec
from app.adapters.telemetry_files import read_telemetry
from app.bootstrap.governing import open_governance
from app.cli.output import Format, FormatOption, note, print_json, print_text
from app.use_cases.simulate_policies import (
    Effect,
    PolicyOutcome,
    PolicySimulation,
    simulate_policies,
)
from workflow import policies_in_force

policy = typer.Typer(no_args_is_help=True, help="Try policies out on past runs.")

_SHOWN = {
    Effect.BLOCKED: "would have been blocked",
    Effect.UNDECIDED: "can't be judged: it depends on outputs, which telemetry doesn't hold",
    Effect.HELD: "would have been marked for a person's approval",
    Effect.WARNED: "would have been warned of",
    Effect.CLEAN: "would have passed",
}


@policy.callback()
def _policy() -> None:
    """Try policies out on past runs."""


@policy.command()
def simulate(
    spec: Annotated[Path, typer.Argument(help="the spec with the policies", show_default=False)],
    telemetry: Annotated[
        list[Path], typer.Option("--telemetry", help="OTLP JSON-lines file; repeatable")
    ],
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="how far to look back")] = 30.0,
    output: FormatOption = Format.TEXT,
) -> None:
    """Tell what the policies in force would have blocked, held or changed; the answer is never an exit code."""
    workflow = open_spec(spec)
    policies = policies_in_force(workflow.spec, open_governance(spec).organisation)
    read = read_telemetry(telemetry)
    for line in read.bad_lines:
        note(f"skipped {line}")
    found = simulate_policies(
        workflow, policies, read.assembled.runs, now=datetime.now(UTC), days=days
    )
    if output is Format.JSON:
        print_json({**_answer(found), "skipped_lines": len(read.bad_lines)})
        return
    for text in _describe(found, days):
        print_text(text)
    if found.simulated:
        note("simulated: some runs were made with `sim:` models")


def _answer(found: PolicySimulation) -> dict[str, object]:
    return {
        "since": found.since.isoformat(),
        "runs": found.runs,
        "failed_before": found.failed_before,
        **{effect.value: found.effects.get(effect, 0) for effect in Effect},
        "newly_blocked": found.newly_blocked,
        "newly_passed": found.newly_passed,
        "simulated": found.simulated,
        "policies": [_answer_one(outcome) for outcome in found.outcomes],
        "before_merge": list(found.before_merge),
        "lints": [
            {
                "policy_id": lint.policy_id,
                "kind": lint.kind,
                "message": lint.message,
                "expression": lint.expression,
            }
            for lint in found.lints
        ],
    }


def _answer_one(outcome: PolicyOutcome) -> dict[str, object]:
    return {
        "id": outcome.policy.id,
        "action": outcome.policy.action,
        "enforcement": outcome.policy.enforcement,
        "applied": outcome.applied,
        "violated": outcome.violated,
        "undecided": outcome.undecided,
        "examples": list(outcome.examples),
    }


def _describe(found: PolicySimulation, days: float) -> Iterator[str]:
    yield f"{found.runs} runs in the last {days:g} days"
    if found.failed_before:
        yield f"{found.failed_before:>8} failed by themselves; policies judge what ends well"
    for effect, words in _SHOWN.items():
        if found.effects.get(effect, 0):
            yield f"{found.effects[effect]:>8} {words}"
    if found.runs:
        yield (
            f"changed against what happened: {found.newly_blocked} more blocked, "
            f"{found.newly_passed} no longer blocked"
        )
    for outcome in found.outcomes:
        yield from _describe_one(outcome)
    if found.before_merge:
        yield f"judged before a merge, not on runs: {', '.join(found.before_merge)}"
    for lint in found.lints:
        yield f"! {lint.policy_id} {lint.kind}: {lint.message} ({lint.expression})"


def _describe_one(outcome: PolicyOutcome) -> Iterator[str]:
    rule = outcome.policy
    open_ = f", {outcome.undecided} can't be judged" if outcome.undecided else ""
    counts = f"applies to {outcome.applied}, violated by {outcome.violated}{open_}"
    yield f"{rule.id} [{rule.action}, {rule.enforcement}]: {counts}"
    if outcome.examples:
        yield f"    latest: {', '.join(outcome.examples)}"
