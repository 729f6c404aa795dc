"""Every shipped example passes the guard and is judged at the tier it claims."""

from typing import Any

import pytest

from prompt_guard import (
    FewShot,
    GuardedPatch,
    Rejection,
    check_patch,
    expand_references,
    load_few_shots,
    number_references,
    plan_for,
)
from tests.prompt_guard.specs import parse_document
from trust_tiers import TierLimits, classify
from workflow import Workflow

SHOTS = load_few_shots()


def _build(shot: FewShot) -> Workflow:
    """A workflow in which things stand as the example says, with names of its own."""
    agents: dict[str, Any] = {"other": {"model": "sim:large"}}
    steps: list[dict[str, Any]] = []
    for reference, current in shot.current.items():
        if reference.startswith("agent_"):
            agents["writer"] = {"model": current["model"]}
        else:
            uses = "agents.writer" if "agent" in current else "skills:fetch"
            step = {"name": f"work-{reference}", "uses": uses, "config": current["config"]}
            steps.append({key: value for key, value in step.items() if value})
    return parse_document({"agents": agents, "steps": steps})


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.title)
def test_an_example_passes_the_guard_and_reaches_its_tier(shot: FewShot) -> None:
    workflow = _build(shot)
    ids = [node.step_id for node in workflow.nodes]
    plan = plan_for(workflow, ids, models=["sim:small"])
    operations = expand_references(list(shot.operations), number_references(plan, workflow))
    assert not isinstance(operations, Rejection)
    guarded = check_patch(workflow, operations, plan=plan)
    assert isinstance(guarded, GuardedPatch), guarded
    limits = TierLimits(allowed_models=("sim:small", "sim:large"))
    assert classify(workflow, guarded.after, limits).tier.name == shot.tier


def test_there_are_five_examples_of_more_than_one_tier() -> None:
    assert len(SHOTS) == 5
    assert {shot.tier for shot in SHOTS} == {"LOW", "MEDIUM"}


def test_examples_come_in_the_same_order_every_time() -> None:
    assert load_few_shots() == SHOTS


@pytest.mark.parametrize(
    ("data", "index"),
    [
        ("text", -1),
        (["text"], 0),
        ([{"op": "add", "path": "/step_1/config", "value": {}}, {"op": "add", "path": "x"}], 1),
        ([{"op": "add", "path": "/steps/0/uses", "value": "x"}], 0),
        ([{"op": "add", "path": "/step_9/config", "value": {}}], 0),
        ([{"op": "add", "path": "", "value": {}}], 0),
        ([{"op": "move", "path": "/step_1/config", "from": "/policies"}], 0),
        ([{"op": "add", "path": ["step_1"], "value": {}}], 0),
    ],
)
def test_paths_that_start_with_no_reference_are_refused(data: Any, index: int) -> None:
    workflow = _build(SHOTS[0])
    plan = plan_for(workflow, ["work-step_1"])
    refused = expand_references(data, number_references(plan, workflow))
    assert isinstance(refused, Rejection)
    assert refused.index == index
