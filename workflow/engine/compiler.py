"""Makes a workflow ready to run: settings merged, prompts filled, expressions compiled, once for any number of runs."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

from pydantic import JsonValue

from policy_dsl import Policy, compile_condition, compile_expression
from workflow.engine.program import (
    Conditional,
    Container,
    Loop,
    Map,
    Parallel,
    Plans,
    Program,
    SkillRef,
    StepPlan,
)
from workflow.errors import NotExecutableError
from workflow.load import Workflow
from workflow.names import CONDITION_NAMES
from workflow.nodes import StepNode
from workflow.references import side_effects_of
from workflow.spec import (
    AgentSpec,
    Branch,
    ConditionalStep,
    LoopStep,
    MapStep,
    ParallelStep,
    PromptFile,
    SimpleStep,
    SkillUse,
    StepBlock,
    StepConfig,
    StepSpec,
)
from workflow.templates import to_text

SCORE_STEP_ID = "/score"
"""`step_id` of the declared scorer, which is no step of the workflow."""

_VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


def compile_program(workflow: Workflow, *, organisation: Iterable[Policy] = ()) -> Program:
    """Make a workflow ready to run, under the policies of an `organisation` besides its own.

    Raises `NotExecutableError` naming the first step that can't be run.
    """
    plans = _Compiler(workflow, iter(workflow.nodes)).compile_all(workflow.spec.steps)
    score = workflow.spec.score or ""
    is_step = workflow.node(score) is not None
    scorer = None if is_step or not score else _plan_scorer(workflow, score)
    return Program(workflow, plans, scorer, score if is_step else "", tuple(organisation))


@dataclass(frozen=True)
class _Compiler:
    """Walks the model and the nodes side by side: both list steps in document order, parents first."""

    workflow: Workflow
    nodes: Iterator[StepNode]

    def compile_all(self, steps: tuple[StepSpec, ...]) -> Plans:
        return tuple(self.compile_one(step) for step in steps)

    def compile_one(self, step: StepSpec) -> StepPlan:
        node = next(self.nodes)
        assert node.name == step.name
        if isinstance(step, SimpleStep):
            return self.compile_simple(step, node)
        if step.usage_limits is not None:
            raise self.refuse(
                node, f"`usage_limits` on a {node.kind}", "put them on the steps inside"
            )
        container = self.compile_container(step, node)
        return StepPlan(node=node, container=container, **_common(step))

    def compile_simple(self, step: SimpleStep, node: StepNode) -> StepPlan:
        if node.uses.startswith("imports."):
            raise self.refuse(node, "imported workflows")
        fallback = self.compile_one(step.fallback) if step.fallback else None
        name = node.uses.removeprefix("agents.")
        agent = self.workflow.spec.agents[name] if name != node.uses else None
        params = step.agent.params if isinstance(step.agent, SkillUse) else {}
        limits = step.usage_limits
        cost_usd = limits.total_cost_usd_limit if limits else None
        common = _common(step)
        if agent and common["output_schema"] is None:
            common["output_schema"] = agent.output_schema
        return StepPlan(
            node=node,
            agent_name=name if agent else "",
            agent=agent,
            system_prompt=_fill_prompt(agent, self.workflow.prompts[name]) if agent else "",
            settings=_merge_settings(step.config, agent) if agent else {},
            skill=None if agent else SkillRef(node.uses, params),
            validators=tuple(_refer(validator) for validator in step.validators),
            fallback=fallback,
            max_cost_usd=None if cost_usd is None else Decimal(str(cost_usd)),
            max_tokens=limits.total_tokens_limit if limits else None,
            **_patience(step.config, agent),
            **common,
        )

    def compile_container(self, step: StepSpec, node: StepNode) -> Container:
        match step:
            case ConditionalStep():
                return self.compile_conditional(step, node)
            case ParallelStep():
                return Parallel(
                    branches=self.compile_branches(step.branches),
                    merges_context=step.merge_strategy == "context_update",
                    ignores_failures=step.on_branch_failure == "ignore",
                    reduce=step.reduce or "",
                )
            case LoopStep():
                return self.compile_loop(step, node)
            case MapStep():
                return Map(self.compile_all(step.map.body), step.map.iterable_input)
        raise self.refuse(node, f"steps of kind {node.kind!r}")

    def compile_conditional(self, step: ConditionalStep, node: StepNode) -> Conditional:
        if step.condition_expression is None:
            raise self.refuse(node, "`condition:` functions", "use `condition_expression`")
        return Conditional(
            condition=compile_expression(step.condition_expression, CONDITION_NAMES),
            branches=self.compile_branches(step.branches),
            default_branch=step.default_branch or "",
        )

    def compile_loop(self, step: LoopStep, node: StepNode) -> Loop:
        if step.loop.exit_condition is not None:
            raise self.refuse(node, "`exit_condition:` functions", "use `exit_expression`")
        source = step.loop.exit_expression
        exit_expression = compile_condition(source, CONDITION_NAMES) if source else None
        return Loop(self.compile_all(step.loop.body), step.loop.max_loops, exit_expression)

    def compile_branches(self, branches: Mapping[str, Branch]) -> dict[str, Plans]:
        return {name: self.compile_all(_steps_of(branch)) for name, branch in branches.items()}

    def refuse(self, node: StepNode, what: str, instead: str = "") -> NotExecutableError:
        path = self.workflow.path
        where = f"{path}:{node.line}" if path else f"line {node.line}"
        hint = f"; {instead}" if instead else ""
        return NotExecutableError(
            f"{where}: step {node.step_id!r}: {what} can be reviewed and patched, not run yet{hint}"
        )


class _Common(TypedDict):
    input: JsonValue
    has_input: bool
    input_schema: Mapping[str, JsonValue] | None
    output_schema: Mapping[str, JsonValue] | None
    updates_context: bool
    sink_to: str


class _Patience(TypedDict):
    timeout_s: float | None
    max_retries: int
    backoff_s: float


def _common(step: StepSpec) -> _Common:
    return {
        "input": step.input,
        "has_input": "input" in step.model_fields_set,
        "input_schema": step.input_schema,
        "output_schema": step.output_schema,
        "updates_context": step.updates_context,
        "sink_to": (step.sink_to or "").removeprefix("context."),
    }


def _patience(config: StepConfig, agent: AgentSpec | None) -> _Patience:
    timeout_s, max_retries = config.timeout_s, config.max_retries
    if agent:
        timeout_s = agent.timeout if timeout_s is None else timeout_s
        max_retries = agent.max_retries if max_retries is None else max_retries
    return {
        "timeout_s": timeout_s,
        "max_retries": max_retries or 0,
        "backoff_s": config.backoff_s or 0.0,
    }


def _merge_settings(config: StepConfig, agent: AgentSpec) -> dict[str, JsonValue]:
    settings = agent.model_settings
    merged: dict[str, JsonValue] = {
        "temperature": settings.temperature if config.temperature is None else config.temperature,
        "top_p": settings.top_p if config.top_p is None else config.top_p,
        "max_tokens": settings.max_tokens if config.max_tokens is None else config.max_tokens,
    }
    return {knob: value for knob, value in merged.items() if value is not None}


def _fill_prompt(agent: AgentSpec, text: str) -> str:
    """Put a prompt file's variables in; what looks like one and isn't declared stays as it is."""
    if not isinstance(agent.system_prompt, PromptFile):
        return text
    variables = agent.system_prompt.variables

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        return to_text(variables[name]) if name in variables else match.group()

    return _VARIABLE.sub(fill, text)


def _plan_scorer(workflow: Workflow, reference: str) -> StepPlan:
    node = StepNode(
        step_id=SCORE_STEP_ID,
        kind="score",
        pointer="/score",
        yaml_path="score",
        line=0,
        uses=reference,
        side_effects=side_effects_of(reference, workflow.read),
    )
    return StepPlan(node=node, skill=SkillRef(reference))


def _steps_of(branch: Branch) -> tuple[StepSpec, ...]:
    if isinstance(branch, tuple):
        return branch
    return branch.steps if isinstance(branch, StepBlock) else (branch,)


def _refer(skill: SkillUse | str) -> SkillRef:
    return SkillRef(skill) if isinstance(skill, str) else SkillRef(skill.id, skill.params)
