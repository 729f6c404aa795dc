"""A workflow made ready to run: prompts read, settings merged, expressions compiled, once for any number of runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import JsonValue

from policy_dsl import Expression, Policy, compile_expression
from workflow.errors import WorkflowError
from workflow.identity import read_beside
from workflow.load import Workflow
from workflow.names import CONDITION_NAMES
from workflow.nodes import SideEffects, StepNode
from workflow.policies import at_run_time
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
    StepSpec,
)
from workflow.templates import render

Plans = tuple["StepPlan", ...]


class NotExecutableError(WorkflowError):
    """Raised for a valid spec that asks for something this engine doesn't run."""


@dataclass(frozen=True, slots=True)
class SkillRef:
    """A skill with the parameters it is called with."""

    reference: str
    params: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One step, ready: `timeout_s` per attempt (None: as long as it takes), `max_retries` after the first attempt."""

    node: StepNode
    input: JsonValue = None
    has_input: bool = False
    timeout_s: float | None = None
    max_retries: int = 0
    backoff_s: float = 0.0
    agent_name: str = ""
    agent: AgentSpec | None = None
    system_prompt: str = ""
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    skill: SkillRef | None = None
    validators: tuple[SkillRef, ...] = ()
    output_schema: Mapping[str, JsonValue] | None = None
    updates_context: bool = False
    sink_to: str = ""
    fallback: "StepPlan | None" = None
    branches: Mapping[str, Plans] = field(default_factory=dict)
    default_branch: str = ""
    body: Plans = ()
    condition: Expression | None = None
    max_loops: int = 0
    iterable: JsonValue = None
    merges_context: bool = False
    ignores_failures: bool = False
    reduce: str = ""


@dataclass(frozen=True)
class Program:
    """A workflow's plans in order, and its scorer if it declares one."""

    workflow: Workflow
    plans: Plans
    scorer: StepPlan | None = None
    score_step: str = ""

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that a finished run is judged by."""
        return at_run_time(self.workflow.spec.policies)

    @cached_property
    def leaves(self) -> Mapping[str, StepPlan]:
        """Every plan that runs an agent or a skill, by `step_id`."""
        found: dict[str, StepPlan] = {}
        pending = list(self.plans)
        while pending:
            plan = pending.pop()
            found.update({plan.node.step_id: plan} if plan.agent or plan.skill else {})
            pending += [*plan.body, *([plan.fallback] if plan.fallback else [])]
            pending += [inner for branch in plan.branches.values() for inner in branch]
        if self.scorer:
            found[self.scorer.node.step_id] = self.scorer
        return found


def compile_program(workflow: Workflow) -> Program:
    """Make a workflow ready to run; raises `NotExecutableError` naming the first step that can't be run."""
    compiler = _Compiler(workflow, iter(workflow.nodes))
    plans = compiler.sequence(workflow.spec.steps)
    score = workflow.spec.score or ""
    scorer = compiler.scorer(score) if ":" in score else None
    return Program(workflow, plans, scorer, "" if scorer else score)


@dataclass
class _Compiler:
    """Walks the model and the nodes side by side: both list steps in document order, parents first."""

    workflow: Workflow
    nodes: "object"

    def sequence(self, steps: tuple[StepSpec, ...]) -> Plans:
        return tuple(self.step(step) for step in steps)

    def branches(self, branches: Mapping[str, Branch]) -> dict[str, Plans]:
        return {name: self.sequence(_steps_of(branch)) for name, branch in branches.items()}

    def step(self, step: StepSpec) -> StepPlan:
        node: StepNode = next(self.nodes)  # type: ignore[call-overload]
        match step:
            case SimpleStep():
                return self.simple(step, node)
            case ConditionalStep():
                return self.conditional(step, node)
            case ParallelStep():
                return _plan(
                    step,
                    node,
                    branches=self.branches(step.branches),
                    merges_context=step.merge_strategy == "context_update",
                    ignores_failures=step.on_branch_failure == "ignore",
                    reduce=step.reduce or "",
                )
            case LoopStep():
                return self.loop(step, node)
            case MapStep():
                body = self.sequence(step.map.body)
                return _plan(step, node, body=body, iterable=step.map.iterable_input)
        raise NotExecutableError(
            f"{self.where(node)}: steps of kind {node.kind!r} can be reviewed and patched, not run yet"
        )

    def simple(self, step: SimpleStep, node: StepNode) -> StepPlan:
        if node.uses.startswith("imports."):
            raise NotExecutableError(f"{self.where(node)}: imported workflows can't be run yet")
        fallback = self.step(step.fallback) if step.fallback else None
        validators = tuple(_skill_ref(validator) for validator in step.validators)
        if not node.uses.startswith("agents."):
            params = step.agent.params if isinstance(step.agent, SkillUse) else {}
            skill = SkillRef(node.uses, params)
            return _plan(step, node, skill=skill, validators=validators, fallback=fallback)
        name = node.uses.removeprefix("agents.")
        agent = self.workflow.spec.agents[name]
        return _plan(
            step,
            node,
            agent_name=name,
            agent=agent,
            system_prompt=self.prompt(agent, name),
            settings=_settings(step, agent),
            validators=validators,
            fallback=fallback,
        )

    def conditional(self, step: ConditionalStep, node: StepNode) -> StepPlan:
        if step.condition_expression is None:
            raise NotExecutableError(
                f"{self.where(node)}: `condition:` functions can't be run yet; use `condition_expression`"
            )
        return _plan(
            step,
            node,
            branches=self.branches(step.branches),
            default_branch=step.default_branch or "",
            condition=compile_expression(step.condition_expression, CONDITION_NAMES),
        )

    def loop(self, step: LoopStep, node: StepNode) -> StepPlan:
        if step.loop.exit_condition is not None:
            raise NotExecutableError(
                f"{self.where(node)}: `exit_condition:` functions can't be run yet; use `exit_expression`"
            )
        exit_expression = step.loop.exit_expression
        return _plan(
            step,
            node,
            body=self.sequence(step.loop.body),
            max_loops=step.loop.max_loops,
            condition=compile_expression(exit_expression, CONDITION_NAMES)
            if exit_expression
            else None,
        )

    def scorer(self, reference: str) -> StepPlan:
        side_effects: SideEffects = side_effects_of(reference, self.workflow.read)
        node = StepNode(
            step_id=SCORE_STEP_ID,
            kind="score",
            pointer="/score",
            yaml_path="score",
            line=0,
            uses=reference,
            side_effects=side_effects,
        )
        return StepPlan(node=node, skill=SkillRef(reference))

    def prompt(self, agent: AgentSpec, name: str) -> str:
        prompt = agent.system_prompt
        if not isinstance(prompt, PromptFile):
            return prompt
        pointer = f"/agents/{name}/system_prompt/from_file"
        text = read_beside(prompt.from_file, pointer, self.workflow.read)
        for key, value in prompt.variables.items():
            text = text.replace("{{ " + key + " }}", str(render(value, {})))
        return text

    def where(self, node: StepNode) -> str:
        return f"{self.workflow.path}:{node.line}" if self.workflow.path else f"line {node.line}"


SCORE_STEP_ID = "/score"
"""`step_id` of the declared scorer, which is no step of the workflow."""


def _plan(step: StepSpec, node: StepNode, **rest: object) -> StepPlan:
    agent = rest.get("agent")
    defaults = agent if isinstance(agent, AgentSpec) else None
    config = step.config
    timeout_s, max_retries = config.timeout_s, config.max_retries
    if defaults:
        timeout_s = defaults.timeout if timeout_s is None else timeout_s
        max_retries = defaults.max_retries if max_retries is None else max_retries
    schema = step.output_schema or (defaults.output_schema if defaults else None)
    return StepPlan(
        node=node,
        input=step.input,
        has_input="input" in step.model_fields_set,
        timeout_s=timeout_s,
        max_retries=max_retries or 0,
        backoff_s=config.backoff_s or 0.0,
        output_schema=schema,
        updates_context=step.updates_context,
        sink_to=(step.sink_to or "").removeprefix("context."),
        **rest,  # type: ignore[arg-type]
    )


def _settings(step: SimpleStep, agent: AgentSpec) -> dict[str, JsonValue]:
    knobs = ("temperature", "top_p", "max_tokens")
    chosen = {
        knob: getattr(step.config, knob)
        if getattr(step.config, knob) is not None
        else getattr(agent.model_settings, knob)
        for knob in knobs
    }
    return {knob: value for knob, value in chosen.items() if value is not None}


def _steps_of(branch: Branch) -> tuple[StepSpec, ...]:
    if isinstance(branch, tuple):
        return branch
    return branch.steps if isinstance(branch, StepBlock) else (branch,)


def _skill_ref(validator: SkillUse | str) -> SkillRef:
    return (
        SkillRef(validator)
        if isinstance(validator, str)
        else SkillRef(validator.id, validator.params)
    )
