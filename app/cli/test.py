"""`flujo test`: run a spec's embedded tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.junit_file import write_junit
from app.adapters.spec_files import open_spec
from app.adapters.telemetry_files import read_recordings
from app.bootstrap.governing import open_governance
from app.bootstrap.running import choose_loop, open_performer
from app.cli.output import NO, Format, FormatOption, note, print_json, progress_bar
from app.cli.tested import Tested, answer_of, junit_cases, print_tested
from app.errors import BadInputError
from app.use_cases.run_tests import TestRun, run_tests
from app.use_cases.select_tests import select_tests
from workflow import (
    EmbeddedTest,
    Program,
    TestOutcome,
    TestResult,
    compile_program,
    measure_coverage,
    replay_embedded_tests,
)


class Mode(StrEnum):
    """Whether the workflow runs, or its recordings are re-enacted."""

    LIVE = "live"
    REPLAY = "replay"


def test(
    spec: Annotated[Path, typer.Argument(help="the spec to test", show_default=False)],
    words: Annotated[
        str, typer.Option("-k", metavar="EXPR", help="names and tags: refund and not slow")
    ] = "",
    repeat: Annotated[
        int | None, typer.Option(min=1, max=1000, help="runs of each test, whatever it says")
    ] = None,
    mode: Annotated[Mode, typer.Option(help="run the workflow, or only recordings")] = Mode.LIVE,
    recordings: Annotated[
        list[Path] | None, typer.Option(help="folder of recordings to replay; repeatable")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="write JUnit XML here")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, max=64, help="tests at a time")] = 1,
    seed: Annotated[int, typer.Option(help="chance of simulated models")] = 0,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint")] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Run the tests embedded in a spec; exit 1 when one fails, or when none could run."""
    if (mode is Mode.REPLAY) != bool(recordings):
        raise BadInputError("--mode replay needs --recordings, and they are of no use without it")
    governance = open_governance(spec)
    program = compile_program(open_spec(spec), organisation=governance.organisation)
    chosen = _choose(program, words, repeat)
    with progress_bar(f"testing {spec.name}", len(chosen)) as advance:
        if recordings:
            results = replay_embedded_tests(
                program, read_recordings(recordings), seed=seed, tests=chosen, report=advance
            )
        else:
            results = run_tests(
                program,
                TestRun(chosen, datetime.now(UTC), seed, jobs),
                open_performer=lambda: open_performer(spec, base_url=base_url),
                loop_factory=choose_loop(program),
                report=advance,
            )
    coverage = measure_coverage(program.workflow, results)
    tested = Tested(program.workflow, str(spec), mode, seed, tuple(results), coverage)
    if junit:
        write_junit(junit, program.workflow.path, junit_cases(tested))
    _tell(tested, output, partly=bool(words))
    if not _is_fine(results):
        raise typer.Exit(NO)


def _choose(program: Program, words: str, repeat: int | None) -> tuple[EmbeddedTest, ...]:
    tests = program.workflow.spec.tests
    chosen = select_tests(tests, words) if words else tests
    if repeat is None:
        return chosen
    return tuple(test.model_copy(update={"repeat": repeat}) for test in chosen)


def _tell(tested: Tested, output: Format, *, partly: bool) -> None:
    if output is Format.JSON:
        print_json(answer_of(tested))
        return
    print_tested(tested)
    if not tested.results:
        note("the spec has no `tests:`; add some, and patches can prove themselves")
    elif any(result.simulated for result in tested.results):
        note("simulated: some agents are `sim:` models or mocked")
    if partly:
        note("coverage counts the chosen tests only")


def _is_fine(results: Sequence[TestResult]) -> bool:
    """Nothing failed, and something ran if there was something to run."""
    outcomes = [result.outcome for result in results]
    fine = {TestOutcome.PASSED, TestOutcome.SKIPPED}
    return set(outcomes) <= fine and (not outcomes or TestOutcome.PASSED in outcomes)
