import json
from datetime import UTC, datetime

from workflow import (
    AgentReply,
    Program,
    SpecCoverage,
    TestResult,
    VirtualTimeLoop,
    compile_program,
    measure_coverage,
    parse_workflow,
    run_embedded_tests,
)
from workflow.engine import Call

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEP = {"uses": "agents.a"}


def ask(name: str) -> dict[str, object]:
    return {"name": name, **STEP}


def program(*tests: dict[str, object]) -> Program:
    steps = [
        ask("read"),
        {
            "kind": "conditional",
            "name": "route",
            "condition_expression": "input.way",
            "branches": {"left": [ask("a"), ask("b")], "right/wrong": [ask("c")]},
        },
        {
            "kind": "map",
            "name": "each",
            "map": {"iterable_input": "{{ input.items }}", "body": [ask("item")]},
        },
        {**ask("end"), "fallback": ask("plan_b")},
    ]
    document = {
        "agents": {"a": {"model": "sim:small"}},
        "steps": steps,
        "tests": [{"name": f"t{number}", **test} for number, test in enumerate(tests)],
    }
    return compile_program(parse_workflow(json.dumps(document)))


async def answer(call: Call) -> AgentReply:
    return AgentReply(call.plan.node.name, "fake")


def run(of: Program) -> list[TestResult]:
    return run_embedded_tests(of, answer, now=NOW, loop_factory=VirtualTimeLoop)


def measure(*tests: dict[str, object]) -> SpecCoverage:
    of = program(*tests)
    return measure_coverage(of.workflow, run(of))


def going(way: str, items: int = 0, **more: object) -> dict[str, object]:
    return {
        "input": {"way": way, "items": list(range(items))},
        "assertions": ["result.success or not result.success"],
        **more,
    }


def test_without_tests_nothing_is_reached() -> None:
    coverage = measure()
    assert (coverage.reached_steps, coverage.reached_branches) == (0, 0)
    assert (coverage.steps, coverage.branches) == (9, 2)


def test_what_no_test_reached_is_listed_in_the_order_of_the_document() -> None:
    coverage = measure(going("left"))
    assert coverage.unreached_steps == ("route/right~1wrong/c", "each/item", "end/plan_b")
    assert coverage.unreached_branches == ("route/right~1wrong",)


def test_tests_reach_together_what_any_of_them_reaches() -> None:
    failing_end = {"end": {"error": "crash"}}
    coverage = measure(going("left", 2), going("right/wrong", mocks=failing_end))
    assert coverage.unreached_steps == ()
    assert coverage.reached_branches == coverage.branches == 2


def test_a_step_that_is_only_ever_mocked_is_told() -> None:
    mocks = {"read": {"output": 1}, "end": {"output": 2}}
    coverage = measure(going("left", mocks=mocks), going("left", mocks={"read": {"output": 1}}))
    assert coverage.mocked_steps == ("read",)


def test_a_run_that_fails_reaches_no_further_than_it_came() -> None:
    coverage = measure(going("left", mocks={"route/left/a": {"error": "crash"}}))
    assert "route/left/b" in coverage.unreached_steps
    assert "route/left" not in coverage.unreached_branches
    assert "end" in coverage.unreached_steps
