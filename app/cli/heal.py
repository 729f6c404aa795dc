"""`flujo heal`: what would make the failing tests of a spec pass?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.settings_files import settings_beside
from app.adapters.spec_files import open_spec
from app.bootstrap.improving import open_ask_repair
from app.bootstrap.running import choose_loop, open_performer
from app.cli.output import NO, Format, FormatOption, note, print_json, print_text
from app.use_cases.heal import Healed, Healing, RunAll
from app.use_cases.heal import heal as heal_spec
from app.use_cases.run_tests import TestRun, run_tests
from diff_ux import describe_changes
from workflow import TestResult, Workflow, compile_program


def heal(
    spec: Annotated[Path, typer.Argument(help="the spec to mend", show_default=False)],
    model: Annotated[str, typer.Option("--model", help="ask this one, such as openai:gpt-4o-mini")],
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint")] = None,
    seed: Annotated[int, typer.Option(help="chance of simulated models")] = 0,
    output: FormatOption = Format.TEXT,
) -> None:
    """Ask a model to mend a spec whose embedded tests fail; print the patches that do. Nothing is written."""
    settings = settings_beside(spec)
    ask = open_ask_repair(model, base_url, max_usd=settings.models.max_usd_per_sweep)
    done = heal_spec(
        open_spec(spec),
        run_all=run_all_of(spec, seed),
        ask_repair=ask,
        limits=settings.tier_limits,
    )
    if output is Format.JSON:
        print_json(healing_to_json(done))
    else:
        _print(done)
    if done.failing and not done.healed:
        raise typer.Exit(NO)


def healing_to_json(done: Healing) -> dict[str, object]:
    """Return what came of it as the command line's contract has it (docs/reference/cli.md)."""
    return {
        "spec": done.workflow.path,
        "spec_sha256": done.workflow.spec_sha256,
        "failing": list(done.failing),
        "patches": [_healed_to_json(one) for one in done.healed],
        "dropped": [{"title": title, "reason": reason} for title, reason in done.rejected],
        "note": done.note,
        "spent_usd": done.spent_usd,
    }


def _healed_to_json(one: Healed) -> dict[str, object]:
    return {
        "title": one.candidate.title,
        "patch": one.patch.to_json(),
        "tier": one.decision.tier.name,
        "reasons": list(one.decision.reasons),
        "why": one.candidate.rationale,
        "mends": list(one.mends),
        "spec_sha256": one.guarded.after.spec_sha256,
        "model": one.candidate.source.removeprefix("model:"),
        "template_sha256": one.candidate.template_sha256,
    }


def run_all_of(spec: Path, seed: int) -> RunAll:
    """Build what runs all tests of a version as `flujo test` does, with the skills beside the spec."""

    def run_all(workflow: Workflow) -> list[TestResult]:
        program = compile_program(workflow)
        return run_tests(
            program,
            TestRun(workflow.spec.tests, datetime.now(UTC), seed),
            open_performer=lambda: open_performer(spec),
            loop_factory=choose_loop(program),
        )

    return run_all


def _print(done: Healing) -> None:
    if not done.failing:
        print_text("nothing to mend: no test fails")
        return
    note(f"{done.note}; spent ${done.spent_usd:.4f}")
    for title, reason in done.rejected:
        note(f"dropped {title!r}: {reason}")
    for one in done.healed:
        print_text(f"{one.candidate.title} [{one.decision.tier.name}]")
        for name in one.mends:
            print_text(f"  ✓ {name}")
        for sentence in describe_changes(one.guarded.changes):
            print_text(f"  {sentence.text}")
        print_text(f"  {one.decision.reasons[0]}")
    if not done.healed:
        print_text("no patch makes a failing test pass without breaking another")
