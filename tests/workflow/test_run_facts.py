"""A run's facts are the same whether it has just ended or telemetry tells of it, outputs apart."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from telemetry import ErrorClass, Run, assemble_runs
from workflow import (
    AgentReply,
    AttemptError,
    RunResult,
    SpanCollector,
    VirtualTimeLoop,
    compile_program,
    facts_of_run,
    parse_workflow,
    run_program,
)
from workflow.engine import Call

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT: dict[str, JsonValue] = {"uses": "agents.a", "config": {"max_retries": 2}}
SPEC: dict[str, JsonValue] = {
    "agents": {"a": {"model": "sim:small"}},
    "steps": [
        {"name": "read", **AGENT},
        {
            "kind": "conditional",
            "name": "route",
            "condition_expression": "context.way",
            "default_branch": "left",
            "branches": {
                "left": [{"name": "a/b", **AGENT}, {"name": "b", **AGENT}],
                "right": [{"name": "c", **AGENT, "fallback": {"name": "d", **AGENT}}],
            },
        },
        {
            "kind": "loop",
            "name": "again",
            "loop": {"body": [{"name": "x", **AGENT}, {"name": "y", **AGENT}], "max_loops": 2},
        },
        {"name": "grade", **AGENT},
    ],
    "score": "grade",
}


def run(way: str, failing: set[int]) -> tuple[RunResult, Run]:
    calls = iter(range(1_000))

    async def perform(_: Call) -> AgentReply:
        number = next(calls)
        await asyncio.sleep(0.25)
        if number in failing:
            raise AttemptError(ErrorClass.UNAVAILABLE, "away", cost_usd=Decimal("0.001"))
        return AgentReply(0.5, "m", 10, 5, Decimal("0.01"), simulated=True)

    spans = SpanCollector()
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:
        result = runner.run(
            run_program(
                compile_program(parse_workflow(json.dumps(SPEC))),
                {"way": way},
                perform=perform,
                run_id="r",
                started_at=NOW,
                listeners=[spans],
            )
        )
    (told,) = assemble_runs(spans.take()).runs
    return result, told


def without_outputs(facts: dict[str, JsonValue]) -> dict[str, object]:
    steps = [
        {key: value for key, value in step.items() if key != "output"}
        for step in facts["steps"]  # type: ignore[union-attr]
        if isinstance(step, dict)
    ]
    by_id = {str(step["step_id"]): step for step in steps}
    rest = {key: value for key, value in facts.items() if key != "output"}
    return {**rest, "steps": steps, "step": by_id}


def rounded(value: object) -> object:
    """Spans count whole nanoseconds."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return {key: rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


@given(st.sampled_from(["left", "right"]), st.sets(st.integers(0, 14), max_size=8))
@settings(deadline=None, max_examples=40)
def test_telemetry_tells_the_same_facts(way: str, failing: set[int]) -> None:
    result, told = run(way, failing)
    assert rounded(facts_of_run(told)) == rounded(without_outputs(result.facts()))


def test_what_telemetry_does_not_know_is_what_the_caller_says() -> None:
    _, told = run("left", set())
    facts = facts_of_run(told, {"output": "?", "pii": "!"})
    assert (facts["output"], facts["pii"]) == ("?", "!")
    assert {step["output"] for step in facts["steps"]} == {"?"}  # type: ignore[attr-defined]
    assert "output" not in facts_of_run(told)
