"""What `flujo test` found, as text for people, as JSON for programs and as JUnit for CI."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from app.adapters.junit_file import JunitCase
from app.cli.output import print_text
from app.use_cases.explain_test import (
    TestPlace,
    TestPlaces,
    explain_flakiness,
    explain_test,
    show_value,
    suggest_rerun,
    summarise_test,
)
from workflow import EmbeddedTest, SpecCoverage, TestOutcome, TestResult, Workflow

_MARKS = {
    TestOutcome.PASSED: "✓",
    TestOutcome.FAILED: "✗",
    TestOutcome.BROKEN: "✗",
    TestOutcome.SKIPPED: "-",
}
_JUNIT = {
    TestOutcome.PASSED: "",
    TestOutcome.FAILED: "failure",
    TestOutcome.BROKEN: "error",
    TestOutcome.SKIPPED: "skipped",
}
_FAILING = (TestOutcome.FAILED, TestOutcome.BROKEN)
_SHOWN = 8


@dataclass(frozen=True)
class Tested:
    """The results of some tests of a spec, in order, with what they reached of it."""

    __test__ = False

    workflow: Workflow
    spec: str
    mode: str
    seed: int
    results: tuple[TestResult, ...]
    coverage: SpecCoverage

    def count(self, *outcomes: TestOutcome) -> int:
        """Count the results of these outcomes."""
        return sum(result.outcome in outcomes for result in self.results)

    def place(self, result: TestResult) -> TestPlace:
        """Return where the test stands in the spec."""
        return self._places.find(self._tests[result.name])

    @cached_property
    def _places(self) -> TestPlaces:
        return TestPlaces(self.workflow)

    @cached_property
    def _tests(self) -> dict[str, EmbeddedTest]:
        return {test.name: test for test in self.workflow.spec.tests}


def answer_of(tested: Tested) -> dict[str, object]:
    """Return everything as plain data."""
    coverage = tested.coverage
    return {
        "passed": tested.count(TestOutcome.PASSED),
        "failed": tested.count(*_FAILING),
        "skipped": tested.count(TestOutcome.SKIPPED),
        "mode": tested.mode,
        "seed": tested.seed,
        "spec_sha256": tested.workflow.spec_sha256,
        "simulated": any(result.simulated for result in tested.results),
        "coverage": {
            "steps": coverage.steps,
            "reached_steps": coverage.reached_steps,
            "branches": coverage.branches,
            "reached_branches": coverage.reached_branches,
            "unreached_steps": list(coverage.unreached_steps),
            "unreached_branches": list(coverage.unreached_branches),
            "mocked_steps": list(coverage.mocked_steps),
        },
        "tests": [_answer(tested, result) for result in tested.results],
    }


def _answer(tested: Tested, result: TestResult) -> dict[str, object]:
    low, high = result.pass_rate
    return {
        "name": result.name,
        "outcome": result.outcome,
        "passes": result.passes,
        "repeats": result.repeats,
        "flaky": result.is_flaky,
        "pass_rate_low": low,
        "pass_rate_high": high,
        "worst_run": result.worst_run,
        "latency_s": result.latency_s,
        "drawn": result.drawn,
        "line": tested.place(result).line,
        "error": result.error,
        "assertions": [
            {
                "source": assertion.source,
                "holds": assertion.holds,
                "reason": assertion.reason,
                "values": {shown.source: show_value(shown.value) for shown in assertion.explained},
            }
            for assertion in result.assertions
        ],
    }


def junit_cases(tested: Tested) -> list[JunitCase]:
    """Return one case a test; times are the engine's, simulated waiting included."""
    return [
        JunitCase(
            name=result.name,
            time_s=result.latency_s,
            line=tested.place(result).line,
            kind=_JUNIT[result.outcome],
            message="" if result.outcome is TestOutcome.PASSED else summarise_test(result),
            details="\n".join(explain_test(result, tested.place(result))),
        )
        for result in tested.results
    ]


def print_tested(tested: Tested) -> None:
    """Print a line a test, then what failed and why, what no test reached, and the sum."""
    for result in tested.results:
        times = f" ({result.passes} of {result.repeats} runs)" if result.repeats > 1 else ""
        drawn = f", {result.drawn} answers drawn" if result.drawn else ""
        print_text(f"{_MARKS[result.outcome]} {result.name}{times}{drawn}")
        if result.is_flaky:
            print_text(f"    {explain_flakiness(result)}")
    for result in tested.results:
        if result.outcome is not TestOutcome.PASSED:
            _print_failure(tested, result)
    for line in _describe_coverage(tested.coverage) if tested.results else ():
        print_text(line)
    skipped = tested.count(TestOutcome.SKIPPED)
    more = f", {skipped} skipped" if skipped else ""
    passed, failed = tested.count(TestOutcome.PASSED), tested.count(*_FAILING)
    print_text(f"{passed} passed, {failed} failed{more}")


def _print_failure(tested: Tested, result: TestResult) -> None:
    place = tested.place(result)
    print_text(f"\n── {result.name} ({place.path}:{place.line}) {result.outcome} ──")
    for line in explain_test(result, place):
        print_text(f"  {line}")
    if result.outcome in _FAILING and tested.mode == "live":
        print_text(f"  {suggest_rerun(result, tested.spec, seed=tested.seed)}")


def _describe_coverage(coverage: SpecCoverage) -> Iterator[str]:
    yield (
        f"\nreached {coverage.reached_steps} of {coverage.steps} steps"
        + (
            f", {coverage.reached_branches} of {coverage.branches} branches"
            * bool(coverage.branches)
        )
    )
    for what, names in (
        ("no test reaches the branch", coverage.unreached_branches),
        ("no test reaches the step", coverage.unreached_steps),
        ("only ever mocked", coverage.mocked_steps),
    ):
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            yield f"  {what}: {', '.join(names[:_SHOWN])}{more}"
