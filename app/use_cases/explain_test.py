"""Why a test did not pass, in lines for a person: what each failing assertion saw, and how to see it again."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from policy_dsl import Failure, Unknown, Value
from workflow import (
    AssertionResult,
    EmbeddedTest,
    TestOutcome,
    TestResult,
    Workflow,
    YamlDocument,
    parse_yaml,
)

_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class TestPlace:
    """Where a test and its assertions stand in the spec; lines count from 1."""

    __test__ = False

    path: str
    line: int
    assertions: tuple[int, ...]


class TestPlaces:
    """Finds tests in the text of a spec, which is read again for it at most once."""

    __test__ = False

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._source: YamlDocument | None = None

    def find(self, test: EmbeddedTest) -> TestPlace:
        """Return where a test of the spec stands."""
        self._source = self._source or parse_yaml(self._workflow.text)
        number = self._workflow.spec.tests.index(test)
        lines = [
            self._source.position(f"/tests/{number}/assertions/{index}").line
            for index in range(len(test.assertions))
        ]
        line = self._source.position(f"/tests/{number}").line
        return TestPlace(self._workflow.path, line, tuple(lines))


def explain_test(result: TestResult, place: TestPlace) -> list[str]:
    """Return the lines that tell why a test failed, was broken or was skipped; none for one that passed."""
    if result.outcome is TestOutcome.PASSED:
        return []
    if result.outcome is TestOutcome.SKIPPED:
        return [f"skipped: {result.error}"]
    lines = list(_explain_assertions(result.assertions, place))
    if result.error:
        lines.append(f"E   {result.error}")
    return lines


def summarise_test(result: TestResult) -> str:
    """Return why a test didn't pass in one line."""
    failing = [one for one in result.assertions if not one.holds]
    if result.outcome in (TestOutcome.BROKEN, TestOutcome.SKIPPED) or not failing:
        return result.error or result.outcome
    return f"assert {failing[0].source}"


def explain_flakiness(result: TestResult) -> str:
    """Say how often a test with both outcomes passes, as far as its runs tell."""
    low, high = result.pass_rate
    return (
        f"flaky: {result.passes} of {result.repeats} runs passed,"
        f" so it passes {low:.0%} to {high:.0%} of the time"
    )


def suggest_rerun(result: TestResult, spec: str, *, seed: int = 0) -> str:
    """Return the command that runs the worst run of a test again, alone."""
    quote = "'" if '"' in result.name else '"'
    words = quote + result.name.split(quote)[0] + quote  # -k has no way to escape a quote
    again = f" --seed {seed + result.worst_run} --repeat 1" if result.repeats > 1 else ""
    return f"flujo test {shlex.quote(spec)} -k {shlex.quote(words)}{again}"


def show_value(value: Value) -> JsonValue:
    """Return a value as JSON; what is no value is told in words."""
    if isinstance(value, Failure):
        return f"failure: {value.reason}"
    return "unknown" if isinstance(value, Unknown) else value


def _explain_assertions(assertions: Sequence[AssertionResult], place: TestPlace) -> Iterator[str]:
    for assertion, line in zip(assertions, place.assertions, strict=False):
        if assertion.holds:
            continue
        yield f">   {assertion.source}    ({place.path}:{line})"
        if assertion.reason:
            yield f"E     {assertion.reason}"
        for shown in assertion.explained:
            if shown.source != assertion.source or len(assertion.explained) == 1:
                yield _shorten(f"E     {shown.source} = {_write(shown.value)}")


def _write(value: Value) -> str:
    return str(show_value(value)) if isinstance(value, Failure | Unknown) else repr(value)


def _shorten(line: str) -> str:
    return line if len(line) <= _MAX_SHOWN else line[: _MAX_SHOWN - 1] + "…"
