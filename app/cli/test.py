"""`flujo test`: run a spec's embedded tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.spec_files import open_spec
from app.bootstrap.running import choose_loop, open_performer
from app.cli.output import NO, Format, FormatOption, note, print_json, print_text, progress_bar
from workflow import TestOutcome, TestResult, compile_program, run_embedded_tests


def test(
    spec: Annotated[Path, typer.Argument(help="the spec to test", show_default=False)],
    seed: Annotated[int, typer.Option(help="chance of simulated models")] = 0,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint")] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Run the tests embedded in a spec; exit 1 when one fails."""
    program = compile_program(open_spec(spec))
    with progress_bar(f"testing {spec.name}", len(program.workflow.spec.tests)) as advance:
        results = run_embedded_tests(
            program,
            open_performer(spec, base_url=base_url),
            now=datetime.now(UTC),
            seed=seed,
            loop_factory=choose_loop(program),
            report=advance,
        )
    passed = sum(result.outcome is TestOutcome.PASSED for result in results)
    if output is Format.JSON:
        print_json(
            {
                "passed": passed,
                "failed": len(results) - passed,
                "spec_sha256": program.workflow.spec_sha256,
                "simulated": any(result.simulated for result in results),
                "tests": [_answer(result) for result in results],
            }
        )
    else:
        _print(results, passed)
    if passed < len(results):
        raise typer.Exit(NO)


def _answer(result: TestResult) -> dict[str, object]:
    return {
        "name": result.name,
        "outcome": result.outcome,
        "passes": result.passes,
        "repeats": result.repeats,
        "error": result.error,
        "assertions": [
            {
                "source": assertion.source,
                "holds": assertion.holds,
                "reason": assertion.reason,
                "values": {shown.source: _plain(shown.value) for shown in assertion.explained},
            }
            for assertion in result.assertions
        ],
    }


def _plain(value: object) -> object:
    known = value is None or isinstance(value, bool | int | float | str | list | dict)
    return value if known else str(value)


def _print(results: Sequence[TestResult], passed: int) -> None:
    for result in results:
        mark = "✓" if result.outcome is TestOutcome.PASSED else "✗"
        times = f" ({result.passes} of {result.repeats} runs)" if result.repeats > 1 else ""
        print_text(f"{mark} {result.name}{times}")
        if result.outcome is TestOutcome.PASSED:
            continue
        if result.error:
            print_text(f"    {result.error}")
        for assertion in result.assertions:
            if not assertion.holds:
                print_text(f"    assert {assertion.source}   {assertion.reason}".rstrip())
                for shown in assertion.explained:
                    print_text(f"      {shown.source} = {_plain(shown.value)!r}"[:200])
    print_text(f"{passed} passed, {len(results) - passed} failed")
    if not results:
        note("the spec has no `tests:`; add some, and patches can prove themselves")
    elif any(result.simulated for result in results):
        note("simulated: some agents are `sim:` models or mocked")
