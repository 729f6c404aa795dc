"""Plans of steps that hold no others: they ask an agent or a person, or call a skill."""

from decimal import Decimal

from pydantic import JsonValue

from workflow.engine.program import SkillRef, StepPlan
from workflow.engine.step_settings import answering, common, patience
from workflow.errors import NotExecutableError
from workflow.format.step_spec import DynamicRouterStep, HitlStep, SimpleStep, SkillUse
from workflow.load import Workflow
from workflow.nodes import StepNode
from workflow.registry.references import describe_step

IMPORTS = "imports."
"""What a reference to an imported workflow begins with."""

SCORE_STEP_ID = "/score"
"""`step_id` of the declared scorer, which is no step of the workflow."""

_WHAT_CAME_BEFORE = "{{ previous_step }}"


def plan_simple(
    workflow: Workflow, step: SimpleStep, node: StepNode, fallback: StepPlan | None
) -> StepPlan:
    """Plan a step that asks an agent or calls a skill."""
    params = step.agent.params if isinstance(step.agent, SkillUse) else {}
    answers = answering(workflow, node.uses, params, step.config)
    agent = answers["agent"]
    limits = step.usage_limits
    cost_usd = limits.total_cost_usd_limit if limits else None
    shared = common(step)
    if agent and shared["output_schema"] is None:
        shared["output_schema"] = agent.output_schema
    return StepPlan(
        node=node,
        validators=tuple(_refer(validator) for validator in step.validators),
        fallback=fallback,
        max_cost_usd=None if cost_usd is None else Decimal(str(cost_usd)),
        max_tokens=limits.total_tokens_limit if limits else None,
        **answers,
        **patience(step.config, agent),
        **shared,
    )


def plan_question(step: HitlStep, node: StepNode) -> StepPlan:
    """Plan a step that asks a person: what it is given is the message, and what to look at."""
    shared = common(step)
    shown = step.input if shared["has_input"] else _WHAT_CAME_BEFORE
    asked: dict[str, JsonValue] = {"message": step.message, "input": shown}
    schema, shared["input_schema"] = shared["input_schema"], None
    shared["input"], shared["has_input"] = asked, True
    return StepPlan(node=node, asks_person=True, answer_schema=schema, **shared)


def plan_chooser(workflow: Workflow, step: DynamicRouterStep, node: StepNode) -> StepPlan:
    """Plan what picks a router's branches: a step of its own, with the router's `config`."""
    reference = step.router.router_agent
    if reference.startswith(IMPORTS):
        raise refusal(workflow, node, "an imported router", "name an agent or a skill")
    raw: dict[str, JsonValue] = {"name": "router_agent", "uses": reference}
    runs = describe_step(raw, workflow.document, workflow.registry)
    answers = answering(workflow, reference, {}, step.config)
    agent = answers["agent"]
    chooser = StepNode(
        step_id=f"{node.step_id}/router_agent",
        kind="step",
        pointer=f"{node.pointer}/router/router_agent",
        yaml_path=f"{node.yaml_path}.router.router_agent",
        line=node.line,
        parent_id=node.step_id,
        uses=runs.uses,
        model=runs.model,
        side_effects=runs.side_effects,
        raw=raw,
    )
    return StepPlan(
        node=chooser,
        output_schema=agent.output_schema if agent else None,
        **answers,
        **patience(step.config, agent),
    )


def plan_scorer(workflow: Workflow, reference: str) -> StepPlan:
    """Plan the declared scorer."""
    node = StepNode(
        step_id=SCORE_STEP_ID,
        kind="score",
        pointer="/score",
        yaml_path="score",
        line=0,
        uses=reference,
        side_effects=workflow.registry.side_effects_of(reference),
    )
    return StepPlan(node=node, skill=SkillRef(reference))


def refusal(workflow: Workflow, node: StepNode, what: str, instead: str = "") -> NotExecutableError:
    """Return the error that says what of a step can't be run, where it is, and what to do instead."""
    where = f"{workflow.path}:{node.line}" if workflow.path else f"line {node.line}"
    hint = f"; {instead}" if instead else ""
    return NotExecutableError(
        f"{where}: step {node.step_id!r}: {what} can be reviewed and patched, not run yet{hint}"
    )


def _refer(skill: SkillUse | str) -> SkillRef:
    return SkillRef(skill) if isinstance(skill, str) else SkillRef(skill.id, skill.params)
