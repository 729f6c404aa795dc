"""Embedded tests: a spec's `tests:` run through the engine, each assertion with its verdict and its values."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from workflow.engine.compiler import mock_imports
from workflow.engine.live import perform_mocked
from workflow.engine.program import Program
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.state import Perform
from workflow.format.spec import EmbeddedTest
from workflow.testing.trials import TestResult, Trial, break_off, conclude, judge_run


def run_embedded_tests(
    program: Program,
    perform: Perform,
    *,
    now: datetime,
    seed: int = 0,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    tests: Iterable[EmbeddedTest] | None = None,
    report: Callable[[TestResult], None] = lambda _: None,
) -> list[TestResult]:
    """Run the spec's tests in order, telling `report` after each; a test that breaks the engine is a broken test.

    `tests` is asked for the next one when the one before is done. Run N of a test (from 0) has the seed `seed` + N.
    """
    chosen = program.workflow.spec.tests if tests is None else tests
    results: list[TestResult] = []
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        for test in chosen:
            results.append(_run_test(runner, program, perform, test, now, seed))
            report(results[-1])
    return results


def _run_test(
    runner: asyncio.Runner,
    program: Program,
    perform: Perform,
    test: EmbeddedTest,
    now: datetime,
    seed: int,
) -> TestResult:
    mocked = perform_mocked(test.mocks, perform)
    program = mock_imports(program, test.mocks)
    trials: list[Trial] = []
    for repeat in range(test.repeat):
        try:
            result = runner.run(_run_once(program, mocked, test, now, seed + repeat))
        except TimeoutError:
            trials.append(out_of_time(test))
        except (Exception, SystemExit) as problem:  # it must fail this test, not the others
            return break_off(test, trials, f"{type(problem).__name__}: {problem}")
        else:
            trials.append(unanswered(result) if result.questions else judge_run(test, result))
    return conclude(test, trials)


def out_of_time(test: EmbeddedTest) -> Trial:
    """Return the trial of a run that took longer than the test gives it."""
    return Trial(error=f"no result within {test.timeout_s:g} s", latency_s=test.timeout_s)


def unanswered(result: RunResult) -> Trial:
    """Return the trial of a run that waits for a person: in a test there is none."""
    step_id = result.questions[0].step_id
    reason = f"step {step_id!r} asks a person; mock it: the mock's output is the answer"
    return Trial(error=reason, latency_s=result.latency_s, simulated=result.simulated)


async def _run_once(
    program: Program, perform: Perform, test: EmbeddedTest, now: datetime, seed: int
) -> RunResult:
    async with asyncio.timeout(test.timeout_s):
        return await run_program(
            program,
            test.input,
            perform=perform,
            run_id=f"test/{test.name}/{seed}",
            started_at=now,
            seed=seed,
        )
