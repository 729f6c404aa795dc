"""Asks a model to mend failing embedded tests, by new prompts too; its answers go through the guard like all others."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from meta_agent.opportunity import Opportunity
from meta_agent.proposers.model import ModelProposals, ask_through_guard, name_of
from meta_agent.proposers.model_answer import Sieve
from meta_agent.proposers.model_budget import ModelLimits
from prompt_guard import FailingTest, Plan, build_repair_prompt
from workflow import Workflow

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def repair_with_model(
    workflow: Workflow,
    failing: Sequence[FailingTest],
    *,
    plan: Plan,
    model: "Model | str",
    canary: str,
    limits: ModelLimits | None = None,
) -> ModelProposals:
    """Ask for a patch to each planned step that could make the tests pass; `canary` is a fresh random word.

    Whether a patch does is for the tests to say.
    """
    limits = limits or ModelLimits()
    steps = plan.step_ids[: limits.max_opportunities]
    if not steps or not failing:
        return ModelProposals((), (), Decimal(0), "not asked: nothing to mend lies inside the plan")
    prompt = build_repair_prompt(plan, steps, failing, workflow, canary=canary)
    opportunities = [_describe(workflow, step_id, failing) for step_id in steps]
    source = f"model:{name_of(model)}"
    sieve = Sieve(workflow, opportunities, plan, source, prompt.template_sha256, (canary,))
    return ask_through_guard(sieve, prompt, model, limits)


def _describe(workflow: Workflow, step_id: str, failing: Sequence[FailingTest]) -> Opportunity:
    node = workflow.node(step_id)
    return Opportunity(
        kind="failing_test",
        step_id=step_id,
        yaml_path=node.yaml_path if node else "",
        spec_sha256=workflow.spec_sha256,
        summary=f"{len(failing)} embedded tests fail that run this step",
        runs=len(failing),
        numbers={"failing_tests": float(len(failing))},
    )
