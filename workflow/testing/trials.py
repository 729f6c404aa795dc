"""What a test's runs say: each run is a trial, and its trials together are the test's result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy_dsl import Explained, Expression, Failure, compile_expression
from telemetry import Outcome
from workflow.engine.result import RunResult
from workflow.format.spec import EmbeddedTest
from workflow.governance.result_facts import facts_about
from workflow.names import RESULT_NAMES
from workflow.testing.rates import rate_interval


class TestOutcome(StrEnum):
    """A test passes or fails; of the workflow, a broken one and a skipped one say nothing."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """One assertion on one run; `explained` gives each sub-expression its value."""

    source: str
    holds: bool
    explained: tuple[Explained, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a test; `reached` are the `step_id`s of what ran, `drawn` counts answers from other recordings."""

    assertions: tuple[AssertionResult, ...] = ()
    error: str = ""
    latency_s: float = 0.0
    reached: frozenset[str] = frozenset()
    simulated: bool = False
    drawn: int = 0

    @property
    def failing(self) -> int:
        """How many assertions don't hold; a run without a result holds none."""
        return sum(not one.holds for one in self.assertions)

    @property
    def passed(self) -> bool:
        """Whether there was a result, and every assertion held."""
        return bool(self.assertions) and not self.failing


@dataclass(frozen=True, slots=True)
class TestResult:
    """One embedded test; `passes` of `repeats` runs held every assertion, `assertions` are those of the worst run.

    `worst_run` numbers that run from 0, so that the seed it ran with is known; `latency_s` adds up all runs on the
    engine's clock; `reached` are the steps that ran in any of them.
    """

    __test__ = False

    name: str
    outcome: TestOutcome
    passes: int
    repeats: int
    assertions: tuple[AssertionResult, ...]
    error: str = ""
    simulated: bool = False
    worst_run: int = 0
    latency_s: float = 0.0
    reached: frozenset[str] = frozenset()
    drawn: int = 0

    @property
    def is_flaky(self) -> bool:
        """Whether some runs passed and others didn't, whatever the verdict; nobody knows of a broken test."""
        judged = self.outcome in (TestOutcome.PASSED, TestOutcome.FAILED)
        return judged and 0 < self.passes < self.repeats

    @property
    def pass_rate(self) -> tuple[float, float]:
        """Between which bounds the pass rate lies, with 95 % confidence."""
        return rate_interval(self.passes, self.repeats)


def judge_run(test: EmbeddedTest, result: RunResult, *, drawn: int = 0) -> Trial:
    """Evaluate a test's assertions on one finished run."""
    ran = (step.step_id for step in result.steps if step.outcome is not Outcome.CANCELLED)
    expressions = [compile_expression(source, RESULT_NAMES) for source in test.assertions]
    mentioned = frozenset[str]().union(*(expression.names for expression in expressions))
    names = {"result": facts_about(result, mentioned)}
    return Trial(
        assertions=tuple(_judge(expression, names) for expression in expressions),
        error=result.error,
        latency_s=result.latency_s,
        reached=frozenset(ran),
        simulated=result.simulated,
        drawn=drawn,
    )


def conclude(test: EmbeddedTest, trials: Sequence[Trial]) -> TestResult:
    """Sum up a test's trials: it passes when at least `pass_rate` of them did."""
    passes = sum(trial.passed for trial in trials)
    enough = passes / len(trials) >= test.pass_rate  # divided: 0.55 * 20 is more than 11
    worst = max(range(len(trials)), key=lambda number: (_badness(trials[number]), -number))
    errors = [trial.error for trial in trials if trial.error and not trial.passed]
    return TestResult(
        name=test.name,
        outcome=TestOutcome.PASSED if enough else TestOutcome.FAILED,
        passes=passes,
        repeats=len(trials),
        assertions=trials[worst].assertions,
        error=errors[0] if errors and not enough else "",
        simulated=any(trial.simulated for trial in trials),
        worst_run=worst,
        latency_s=sum(trial.latency_s for trial in trials),
        reached=frozenset[str]().union(*(trial.reached for trial in trials)),
        drawn=sum(trial.drawn for trial in trials),
    )


def break_off(test: EmbeddedTest, trials: Sequence[Trial], reason: str) -> TestResult:
    """Return the result of a test that broke the engine: that it ran says nothing of the workflow."""
    passes = sum(trial.passed for trial in trials)
    return TestResult(
        test.name,
        TestOutcome.BROKEN,
        passes,
        test.repeat,
        (),
        reason,
        worst_run=len(trials),
        reached=frozenset[str]().union(*(trial.reached for trial in trials)),
    )


def skip(test: EmbeddedTest, reason: str) -> TestResult:
    """Return the result of a test that could not be run; `error` says why."""
    return TestResult(test.name, TestOutcome.SKIPPED, 0, 0, (), reason)


def _badness(trial: Trial) -> int:
    """Rank trials by what they have to show: a run without a result is less telling than a failed assertion."""
    return 2 * trial.failing if trial.assertions else 1


def _judge(expression: Expression, names: Mapping[str, object]) -> AssertionResult:
    value = expression.evaluate(names)
    if value is True:
        return AssertionResult(expression.source, True)
    reason = value.reason if isinstance(value, Failure) else ""
    return AssertionResult(expression.source, False, expression.explain(names), reason)
