"""Collects the tests of `*.flow.yaml` specs in pytest: each is an item, and fails with what its assertions saw.

Installed as the plugin `flujo`; `-p no:flujo` switches it off. What it needs is imported when a spec is collected.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

    from app.use_cases.explain_test import TestPlaces
    from workflow import EmbeddedTest, Perform, Program, TestResult

_ENDINGS = (".flow.yaml", ".flow.yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--flujo-seed`, the chance of simulated models."""
    parser.getgroup("flujo").addoption(
        "--flujo-seed", type=int, default=0, help="chance of simulated models in specs' tests"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "SpecFile | None":
    """Collect specs by the ending of their name."""
    if not file_path.name.endswith(_ENDINGS):
        return None
    collected: SpecFile = SpecFile.from_parent(parent, path=file_path)
    return collected


class FailedTestError(Exception):
    """Raised by an item whose test failed or was broken; carries the lines that say why."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__(lines[0] if lines else "")


class SpecFile(pytest.File):
    """A spec whose tests are items; models and skills are opened once for all of them."""

    def collect(self) -> Iterator["SpecTest"]:
        """Give an item for each test; a spec that isn't valid is an error of collection, in one line a problem."""
        from app.errors import AppError
        from workflow import SpecError, WorkflowError

        try:
            tests = self.program.workflow.spec.tests
        except SpecError as error:
            problems = "\n".join(str(found) for found in error.diagnostics)
            raise self.CollectError(problems) from None
        except (WorkflowError, AppError) as error:
            raise self.CollectError(str(error)) from None
        for test in tests:
            item: SpecTest = SpecTest.from_parent(self, name=test.name, test=test)
            yield item

    @cached_property
    def program(self) -> "Program":
        """The compiled spec, under the policies that govern it."""
        from app.adapters.spec_files import open_spec
        from app.bootstrap.governing import open_governance
        from workflow import compile_program

        organisation = open_governance(self.path).organisation
        return compile_program(open_spec(self.path), organisation=organisation)

    @cached_property
    def perform(self) -> "Perform":
        """What makes attempts, with one copy of the user's skills."""
        from app.bootstrap.running import open_performer

        return open_performer(self.path)

    @cached_property
    def places(self) -> "TestPlaces":
        """Where the tests stand in the file."""
        from app.use_cases.explain_test import TestPlaces

        return TestPlaces(self.program.workflow)


class SpecTest(pytest.Item):
    """One test of a spec; its tags are markers' names for `-k`."""

    def __init__(self, *, test: "EmbeddedTest", **rest: Any) -> None:
        super().__init__(**rest)
        self.test = test
        self.extra_keyword_matches.update(test.tags)

    def runtest(self) -> None:
        """Run the test; raises `FailedTestError`."""
        from app.use_cases.explain_test import explain_flakiness, explain_test
        from workflow import TestOutcome

        result = self._run()
        if result.is_flaky:
            self.add_report_section("call", "flujo", explain_flakiness(result))
        if result.outcome is not TestOutcome.PASSED:
            raise FailedTestError(explain_test(result, self._spec.places.find(self.test)))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> "str | TerminalRepr":
        """Show the assertions with their values instead of our own code."""
        if isinstance(excinfo.value, FailedTestError):
            return "\n".join(excinfo.value.lines)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test stands; pytest counts lines from 0."""
        return self.path, self._spec.places.find(self.test).line - 1, self.name

    @property
    def _spec(self) -> SpecFile:
        assert isinstance(self.parent, SpecFile)
        return self.parent

    def _run(self) -> "TestResult":
        from app.bootstrap.running import choose_loop
        from workflow import run_embedded_tests

        spec = self._spec
        (result,) = run_embedded_tests(
            spec.program,
            spec.perform,
            now=datetime.now(UTC),
            seed=self.config.getoption("--flujo-seed"),
            loop_factory=choose_loop(spec.program),
            tests=[self.test],
        )
        return result
