"""Which steps and branches of a spec its tests reach: what none of them reached could break unseen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workflow.format.spec import EmbeddedTest
from workflow.load import Workflow
from workflow.nodes import StepNode
from workflow.testing.trials import TestResult


@dataclass(frozen=True, slots=True)
class SpecCoverage:
    """What tests reached of a spec, in document order.

    A branch is named like a step that lies in it: `route/refund`. A mocked step is one that no test ran for real.
    """

    steps: int
    branches: int
    unreached_steps: tuple[str, ...] = ()
    unreached_branches: tuple[str, ...] = ()
    mocked_steps: tuple[str, ...] = ()

    @property
    def reached_steps(self) -> int:
        """How many steps some test reached."""
        return self.steps - len(self.unreached_steps)

    @property
    def reached_branches(self) -> int:
        """How many branches some test reached."""
        return self.branches - len(self.unreached_branches)


def measure_coverage(workflow: Workflow, results: Iterable[TestResult]) -> SpecCoverage:
    """Return what the tests with these results reached."""
    by_name = {test.name: test for test in workflow.spec.tests}
    reached: set[str] = set()
    real: set[str] = set()
    for result in results:
        reached |= result.reached
        real |= result.reached - _mocks_of(by_name.get(result.name))
    branches = _branches(workflow.nodes)
    return SpecCoverage(
        steps=len(workflow.nodes),
        branches=len(branches),
        unreached_steps=tuple(
            node.step_id for node in workflow.nodes if node.step_id not in reached
        ),
        unreached_branches=tuple(
            name for name, inside in branches.items() if not reached & set(inside)
        ),
        mocked_steps=tuple(
            node.step_id
            for node in workflow.nodes
            if node.step_id in reached and node.step_id not in real
        ),
    )


def _mocks_of(test: EmbeddedTest | None) -> set[str]:
    return set(test.mocks) if test else set()


def _branches(nodes: Sequence[StepNode]) -> Mapping[str, list[str]]:
    """Return the steps that lie directly in each branch."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        if node.branch:
            own_name = node.step_id.rsplit("/", 1)[0]
            found.setdefault(own_name, []).append(node.step_id)
    return found
