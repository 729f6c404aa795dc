"""Makes a workflow ready to run: settings merged, prompts filled, expressions compiled, once for any number of runs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from policy_dsl import Policy, compile_condition, compile_expression
from workflow.engine.imported import place_nodes
from workflow.engine.leaf_plans import (
    IMPORTS,
    plan_chooser,
    plan_question,
    plan_scorer,
    plan_simple,
    refusal,
)
from workflow.engine.program import (
    Cached,
    Conditional,
    Container,
    Imported,
    Loop,
    Map,
    Parallel,
    Plans,
    Program,
    Router,
    StateMachine,
    StepPlan,
    Transition,
    leaves_of,
)
from workflow.engine.step_settings import common
from workflow.errors import NotExecutableError
from workflow.format.step_spec import (
    Branch,
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
    StepSpec,
)
from workflow.load import Workflow
from workflow.names import CONDITION_NAMES
from workflow.nodes import SideEffects, StepNode

_NOT_ON_IMPORTS = ("config", "validators", "usage_limits")


def compile_program(
    workflow: Workflow, *, organisation: Iterable[Policy] = (), mocked: Iterable[str] = ()
) -> Program:
    """Make a workflow ready to run, under the policies of an `organisation` besides its own.

    Imported workflows that are `mocked`, by the `step_id` of what imports them, become steps that answer as a whole.
    Raises `NotExecutableError` naming the first step that can't be run.
    """
    compiler = _Compiler(workflow, iter(workflow.nodes), frozenset(mocked))
    plans = compiler.compile_all(workflow.spec.steps)
    score = workflow.spec.score or ""
    is_step = workflow.node(score) is not None
    scorer = None if is_step or not score else plan_scorer(workflow, score)
    return Program(workflow, plans, scorer, score if is_step else "", tuple(organisation))


def mock_imports(program: Program, mocks: Iterable[str]) -> Program:
    """Return the program with those imported workflows that are mocked as a whole as steps that can answer."""
    nodes = (program.workflow.node(step_id) for step_id in mocks)
    mocked = [node.step_id for node in nodes if node and node.uses.startswith(IMPORTS)]
    if not mocked:
        return program
    return compile_program(program.workflow, organisation=program.organisation, mocked=mocked)


@dataclass(frozen=True)
class _Compiler:
    """Walks the model and the nodes side by side: both list steps in document order, parents first.

    `place` is where the workflow stands in the resolved document: `()`, or that of the import it is.
    """

    workflow: Workflow
    nodes: Iterator[StepNode]
    mocked: frozenset[str] = frozenset()
    place: tuple[str, ...] = ()

    def compile_all(self, steps: tuple[StepSpec, ...]) -> Plans:
        return tuple(self.compile_one(step) for step in steps)

    def compile_one(self, step: StepSpec) -> StepPlan:
        node = next(self.nodes)
        assert node.name == step.name
        if isinstance(step, SimpleStep):
            if node.uses.startswith(IMPORTS) and node.step_id not in self.mocked:
                return self.compile_import(step, node)
            fallback = self.compile_one(step.fallback) if step.fallback else None
            return plan_simple(self.workflow, step, node, fallback)
        if step.usage_limits is not None:
            raise self.refuse(
                node, f"`usage_limits` on a {node.kind}", "put them on the steps inside"
            )
        if isinstance(step, HitlStep):
            return plan_question(step, node)
        container = self.compile_container(step, node)
        return StepPlan(node=node, container=container, **common(step))

    def compile_import(self, step: SimpleStep, node: StepNode) -> StepPlan:
        given = [key for key in _NOT_ON_IMPORTS if key in step.model_fields_set]
        if given:
            what = f"`{given[0]}` on an imported workflow"
            raise self.refuse(node, what, "put it on the steps inside")
        name = node.uses.removeprefix(IMPORTS)
        imported, place = self.workflow.imported[name], (*self.place, "imports", name)
        inside = _Compiler(imported, place_nodes(imported, node, place), self.mocked, place)
        body = inside.compile_all(imported.spec.steps)
        fallback = self.compile_one(step.fallback) if step.fallback else None
        if fallback and fallback.node.step_id in {plan.node.step_id for plan in body}:
            what = f"a fallback named {fallback.node.name!r} like a step of the imported workflow"
            raise self.refuse(node, what, "rename the fallback")
        return StepPlan(node=node, container=Imported(body), fallback=fallback, **common(step))

    def compile_cached(self, step: CacheStep) -> Cached:
        wrapped = self.compile_one(step.wrapped_step)
        node = wrapped.node
        if wrapped.container is not None or wrapped.asks_person:
            what = "an imported workflow" if node.uses else f"a {node.kind}"
            raise self.refuse(node, f"{what} in a cache", "wrap an agent or a skill")
        if node.side_effects is SideEffects.EFFECT:
            raise self.refuse(
                node,
                "a skill with effects in a cache",
                "take it out: a hit would leave its effect out",
            )
        return Cached((replace(wrapped, remembers=True),))

    def compile_router(self, step: DynamicRouterStep, node: StepNode) -> Router:
        chooser = plan_chooser(self.workflow, step, node)
        return Router(chooser, self.compile_branches(step.router.branches))

    def compile_machine(self, step: StateMachineStep) -> StateMachine:
        states = self.compile_branches(step.states)
        questions = {
            name: tuple(plan.node.step_id for plan in leaves_of(plans) if plan.asks_person)
            for name, plans in states.items()
        }
        transitions = tuple(
            Transition(
                one.source,
                one.on,
                one.target,
                compile_condition(one.when, CONDITION_NAMES) if one.when else None,
            )
            for one in step.transitions
        )
        ends = frozenset(step.end_states)
        return StateMachine(step.start_state, ends, states, transitions, step.max_steps, questions)

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
                    max_concurrency=step.max_concurrency,
                )
            case LoopStep():
                return self.compile_loop(step, node)
            case MapStep():
                body = self.compile_all(step.map.body)
                return Map(body, step.map.iterable_input, step.map.max_concurrency)
            case CacheStep():
                return self.compile_cached(step)
            case DynamicRouterStep():
                return self.compile_router(step, node)
            case StateMachineStep():
                return self.compile_machine(step)
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
        return refusal(self.workflow, node, what, instead)


def _steps_of(branch: Branch) -> tuple[StepSpec, ...]:
    if isinstance(branch, tuple):
        return branch
    return branch.steps if isinstance(branch, StepBlock) else (branch,)
