"""What a model is shown of a workflow: the schema of the fields it may change, and their values. No free text."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from prompt_guard.fields import AGENT_FIELDS, PROMPT_FIELD, PROMPT_SCHEMA, STEP_FIELDS
from prompt_guard.plan import Plan
from prompt_guard.references import References
from workflow import StepNode, Workflow

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,79}")
_KINDS = frozenset(
    {
        "StateMachine",
        "agentic_loop",
        "cache",
        "conditional",
        "dynamic_router",
        "hitl",
        "loop",
        "map",
        "parallel",
        "step",
        "tree_search",
    }
)


Fields = dict[str, dict[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class InjectedSchema:
    """`fields`: of a step and of an agent, each path with its JSON Schema; `current`: values by reference."""

    fields: Fields
    current: Fields

    def to_json(self) -> str:
        """Return it as compact JSON, as the budget counts it."""
        return json.dumps({"fields": self.fields, "current": self.current}, separators=(",", ":"))


def inject_schema(
    workflow: Workflow, plan: Plan, references: References, *, max_chars: int = 8_000
) -> InjectedSchema:
    """Describe as many of the plan's steps, in their order, as fit `max_chars` of JSON."""
    injected = InjectedSchema(_describe_fields(plan), {})
    for reference, value in _current_values(workflow, references).items():
        longer = InjectedSchema(injected.fields, {**injected.current, reference: value})
        if len(longer.to_json()) > max_chars:
            break
        injected = longer
    return injected


def _describe_fields(plan: Plan) -> Fields:
    models: list[JsonValue] = [model for model in plan.models if _PLAIN_NAME.fullmatch(model)]
    agent: dict[str, JsonValue] = {
        "/".join(field): dict(rule) for field, rule in AGENT_FIELDS.items()
    }
    agent["model"] = {"enum": models}
    if plan.prompts:
        agent["/".join(PROMPT_FIELD)] = dict(PROMPT_SCHEMA)
    step: dict[str, JsonValue] = {
        "/".join(field): dict(rule) for field, rule in STEP_FIELDS.items()
    }
    return {"step": step, "agent": agent}


def _current_values(workflow: Workflow, references: References) -> Fields:
    """Return the described steps and agents, each agent before the first step that uses it."""
    values: Fields = {}
    for reference, step_id in references.steps.items():
        node = workflow.node(step_id)
        if node is None:
            continue
        agent = references.to_agent(node.uses.removeprefix("agents."))
        if agent and agent not in values:
            values[agent] = _describe_agent(workflow, references.agents[agent])
        values[reference] = _describe_step(node, agent)
    return values


def _describe_step(node: StepNode, agent: str) -> dict[str, JsonValue]:
    described: dict[str, JsonValue] = {
        "kind": node.kind if node.kind in _KINDS else "other",
        "may_be_repeated": node.is_repeatable,
        "config": _numbers_of(node.raw.get("config")),
    }
    return {**described, "agent": agent} if agent else described


def _describe_agent(workflow: Workflow, name: str) -> dict[str, JsonValue]:
    agent = workflow.spec.agents[name]
    settings = agent.model_settings.model_dump(exclude_none=True)
    return {
        "model": agent.model if _PLAIN_NAME.fullmatch(agent.model) else "unlisted",
        "model_settings": _numbers_of(settings),
        "timeout_s": agent.timeout,
        "max_retries": agent.max_retries,
    }


def _numbers_of(value: JsonValue | Mapping[str, object]) -> dict[str, JsonValue]:
    """Return the numbers of an object whose names are fields we know."""
    known = {field[-1] for field in (*STEP_FIELDS, *AGENT_FIELDS)}
    fields = value.items() if isinstance(value, Mapping) else ()
    return {
        key: number for key, number in fields if key in known and isinstance(number, int | float)
    }
