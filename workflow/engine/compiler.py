"""Makes a workflow ready to run: settings merged, prompts filled, expressions compiled, once for any number of runs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

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
from workflow.engine.step_settings import common, fill_prompt, merge_settings, patience
from workflow.errors import NotExecutableError
from workflow.load import Workflow
from workflow.names import CONDITION_NAMES
from workflow.nodes import StepNode
from workflow.references import side_effects_of
from workflow.step_spec import (
    Branch,
    ConditionalStep,
    LoopStep,
    MapStep,
    ParallelStep,
    SimpleStep,
    SkillUse,
    StepBlock,
    StepSpec,
)

SCORE_STEP_ID = "/score"
"""`step_id` of the declared scorer, which is no step of the workflow."""


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
        return StepPlan(node=node, container=container, **common(step))

    def compile_simple(self, step: SimpleStep, node: StepNode) -> StepPlan:
        if node.uses.startswith("imports."):
            raise self.refuse(node, "imported workflows")
        fallback = self.compile_one(step.fallback) if step.fallback else None
        name = node.uses.removeprefix("agents.")
        agent = self.workflow.spec.agents[name] if name != node.uses else None
        params = step.agent.params if isinstance(step.agent, SkillUse) else {}
        limits = step.usage_limits
        cost_usd = limits.total_cost_usd_limit if limits else None
        shared = common(step)
        if agent and shared["output_schema"] is None:
            shared["output_schema"] = agent.output_schema
        return StepPlan(
            node=node,
            agent_name=name if agent else "",
            agent=agent,
            system_prompt=fill_prompt(agent, self.workflow.prompts[name]) if agent else "",
            settings=merge_settings(step.config, agent) if agent else {},
            skill=None if agent else SkillRef(node.uses, params),
            validators=tuple(_refer(validator) for validator in step.validators),
            fallback=fallback,
            max_cost_usd=None if cost_usd is None else Decimal(str(cost_usd)),
            max_tokens=limits.total_tokens_limit if limits else None,
            **patience(step.config, agent),
            **shared,
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
