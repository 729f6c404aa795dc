"""What a step is run with: its own settings, over those of its agent, over none."""

import re
from collections.abc import Mapping
from typing import TypedDict

from pydantic import JsonValue

from workflow.engine.program import SkillRef
from workflow.format.spec import AgentSpec, PromptFile
from workflow.format.step_spec import StepConfig, StepSpec
from workflow.load import Workflow
from workflow.templates import to_text

_VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


class Common(TypedDict):
    """The parts of a plan that every kind of step has."""

    input: JsonValue
    has_input: bool
    input_schema: Mapping[str, JsonValue] | None
    output_schema: Mapping[str, JsonValue] | None
    updates_context: bool
    sink_to: str


class Patience(TypedDict):
    """How long and how often a step is tried."""

    timeout_s: float | None
    max_retries: int
    backoff_s: float


class Answering(TypedDict):
    """Who answers for a step: an agent, or a skill."""

    agent_name: str
    agent: AgentSpec | None
    system_prompt: str
    settings: Mapping[str, JsonValue]
    skill: SkillRef | None


def common(step: StepSpec) -> Common:
    """Return the parts of a plan that every kind of step has."""
    return {
        "input": step.input,
        "has_input": "input" in step.model_fields_set,
        "input_schema": step.input_schema,
        "output_schema": step.output_schema,
        "updates_context": step.updates_context,
        "sink_to": (step.sink_to or "").removeprefix("context."),
    }


def patience(config: StepConfig, agent: AgentSpec | None) -> Patience:
    """Return a step's patience; where it says nothing its agent's holds."""
    timeout_s, max_retries = config.timeout_s, config.max_retries
    if agent:
        timeout_s = agent.timeout if timeout_s is None else timeout_s
        max_retries = agent.max_retries if max_retries is None else max_retries
    return {
        "timeout_s": timeout_s,
        "max_retries": max_retries or 0,
        "backoff_s": config.backoff_s or 0.0,
    }


def answering(
    workflow: Workflow, reference: str, params: Mapping[str, JsonValue], config: StepConfig
) -> Answering:
    """Look up who answers for a step that refers to `agents.NAME` or to a skill."""
    name = reference.removeprefix("agents.")
    agent = workflow.spec.agents[name] if name != reference else None
    return {
        "agent_name": name if agent else "",
        "agent": agent,
        "system_prompt": fill_prompt(agent, workflow.prompts[name]) if agent else "",
        "settings": merge_settings(config, agent) if agent else {},
        "skill": None if agent else SkillRef(reference, params),
    }


def merge_settings(config: StepConfig, agent: AgentSpec) -> dict[str, JsonValue]:
    """Return the sampling settings of an agent as a step overrides them."""
    settings = agent.model_settings
    merged: dict[str, JsonValue] = {
        "temperature": settings.temperature if config.temperature is None else config.temperature,
        "top_p": settings.top_p if config.top_p is None else config.top_p,
        "max_tokens": settings.max_tokens if config.max_tokens is None else config.max_tokens,
    }
    return {knob: value for knob, value in merged.items() if value is not None}


def fill_prompt(agent: AgentSpec, text: str) -> str:
    """Put a prompt file's variables in; what looks like one and isn't declared stays as it is."""
    if not isinstance(agent.system_prompt, PromptFile):
        return text
    variables = agent.system_prompt.variables

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        return to_text(variables[name]) if name in variables else match.group()

    return _VARIABLE.sub(fill, text)
