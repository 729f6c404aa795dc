"""The format: every kind of step reads, and what it says is where it belongs."""

import pytest
from pydantic import JsonValue, ValidationError

from workflow import WorkflowSpec
from workflow.format.step_spec import (
    AgenticLoopStep,
    CacheStep,
    ConditionalStep,
    DynamicRouterStep,
    HitlStep,
    LoopStep,
    MapStep,
    ParallelStep,
    SimpleStep,
    StateMachineStep,
    StepBlock,
    TreeSearchStep,
)

STEP: JsonValue = {"name": "inner", "uses": "a:b"}


def read(*steps: JsonValue) -> WorkflowSpec:
    return WorkflowSpec.model_validate({"steps": list(steps)}, strict=False)


@pytest.mark.parametrize(
    ("fields", "model"),
    [
        ({"uses": "a:b"}, SimpleStep),
        ({"kind": "step", "agent": {"id": "a:b", "params": {"x": 1}}}, SimpleStep),
        ({"kind": "conditional", "condition_expression": "x", "branches": {"a": STEP}}, ConditionalStep),
        ({"kind": "parallel", "branches": {"a": [STEP]}}, ParallelStep),
        ({"kind": "loop", "loop": {"body": [STEP]}}, LoopStep),
        ({"kind": "map", "map": {"iterable_input": "xs", "body": [STEP]}}, MapStep),
        ({"kind": "hitl", "message": "ok?"}, HitlStep),
        ({"kind": "cache", "wrapped_step": STEP}, CacheStep),
        ({"kind": "dynamic_router", "router": {"router_agent": "a:b", "branches": {"a": STEP}}}, DynamicRouterStep),
        ({"kind": "agentic_loop", "planner": "agents.p", "registry": {}}, AgenticLoopStep),
        ({"kind": "tree_search", "proposer": "agents.p", "evaluator": "agents.e"}, TreeSearchStep),
        ({"kind": "StateMachine", "start_state": "s", "states": {"s": [STEP]}}, StateMachineStep),
    ],
)  # fmt: skip
def test_every_kind_reads_as_its_model(fields: dict[str, JsonValue], model: type) -> None:
    assert type(read({"name": "s", **fields}).steps[0]) is model


def test_a_branch_is_a_list_one_step_or_a_block() -> None:
    (step,) = read(
        {
            "name": "p",
            "kind": "parallel",
            "branches": {"list": [STEP], "one": STEP, "block": {"steps": [STEP]}},
        }
    ).steps
    assert isinstance(step, ParallelStep)
    as_list, one, block = step.branches.values()
    assert isinstance(as_list, tuple)
    assert isinstance(block, StepBlock)
    assert as_list == (one,) == block.steps


def test_a_step_may_be_named_with_step_as_in_the_public_format() -> None:
    assert read({"step": "s", "uses": "a:b"}).steps[0].name == "s"


def test_a_spec_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read(STEP).name = "other"  # type: ignore[misc]
