"""Embedded tests: a spec's `tests:` run through the engine, each assertion with its verdict and its values."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from policy_dsl import Explained, Failure, compile_expression
from workflow.engine.live import perform_mocked
from workflow.engine.program import Program
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.state import Perform
from workflow.names import RESULT_NAMES
from workflow.spec import EmbeddedTest


class TestOutcome(StrEnum):
    """A test passes, fails, or is broken: then nothing can be said of the workflow."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """One assertion on one run; `explained` gives each sub-expression its value."""

    source: str
    holds: bool
    explained: tuple[Explained, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TestResult:
    """One embedded test; `passes` of `repeats` runs held every assertion, `assertions` are those of the worst run."""

    __test__ = False

    name: str
    outcome: TestOutcome
    passes: int
    repeats: int
    assertions: tuple[AssertionResult, ...]
    error: str = ""
    simulated: bool = False


def run_embedded_tests(
    program: Program,
    perform: Perform,
    *,
    now: datetime,
    seed: int = 0,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    tests: Sequence[EmbeddedTest] | None = None,
    report: Callable[[TestResult], None] = lambda _: None,
) -> list[TestResult]:
    """Run the spec's tests in order, telling `report` after each; a test that breaks the engine is a broken test."""
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
    worst: tuple[AssertionResult, ...] = ()
    passes, error, simulated = 0, "", False
    for repeat in range(test.repeat):
        try:
            result = runner.run(_run_once(program, mocked, test, now, seed + repeat))
        except TimeoutError:
            error = f"no result within {test.timeout_s:g} s"
            continue
        except Exception as problem:  # it must fail this test, not the others
            broken = f"{type(problem).__name__}: {problem}"
            return TestResult(test.name, TestOutcome.BROKEN, passes, test.repeat, (), broken)
        simulated = simulated or result.simulated
        judged = _judge(test, result)
        if all(assertion.holds for assertion in judged):
            passes += 1
            worst = worst or judged
        else:
            worst, error = judged, error or result.error
    enough = passes >= test.pass_rate * test.repeat
    outcome = TestOutcome.PASSED if enough else TestOutcome.FAILED
    told = "" if enough else error
    return TestResult(test.name, outcome, passes, test.repeat, worst, told, simulated)


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


def _judge(test: EmbeddedTest, result: RunResult) -> tuple[AssertionResult, ...]:
    names = {"result": result.facts()}
    judged = []
    for source in test.assertions:
        expression = compile_expression(source, RESULT_NAMES)
        value = expression.evaluate(names)
        holds = value is True
        reason = value.reason if isinstance(value, Failure) else ""
        explained = () if holds else expression.explain(names)
        judged.append(AssertionResult(source, holds, explained, reason))
    return tuple(judged)
