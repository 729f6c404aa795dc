"""The control flow of a workflow as plain data: what may run after what, and what lies inside what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from pydantic import JsonValue

from workflow.load import Workflow
from workflow.nodes import StepNode


class EdgeKind(StrEnum):
    """Why one step may run after another."""

    SEQUENCE = "sequence"
    BRANCH = "branch"
    ENTER = "enter"
    REPEAT = "repeat"
    FALLBACK = "fallback"
    TRANSITION = "transition"


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A step in the graph; `children` are the `step_id`s directly inside it, in document order."""

    step_id: str
    name: str
    kind: str
    parent_id: str
    branch: str
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` may run after `source`; `label` is the branch or state chosen, if any."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes in document order, edges in the order they are met; both without repetition."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]

    def node(self, step_id: str) -> GraphNode | None:
        """Return the node of that identity."""
        return self._by_id.get(step_id)

    @cached_property
    def _by_id(self) -> dict[str, GraphNode]:
        return {node.step_id: node for node in self.nodes}


def build_graph(workflow: Workflow) -> Graph:
    """Return the graph: branches fan out of their container and join at what follows, loops lead back to theirs."""
    children: dict[str, list[StepNode]] = {}
    for node in workflow.nodes:
        children.setdefault(node.parent_id, []).append(node)
    nodes = tuple(
        GraphNode(
            node.step_id,
            node.name,
            node.kind,
            node.parent_id,
            node.branch,
            tuple(child.step_id for child in children.get(node.step_id, ())),
        )
        for node in workflow.nodes
    )
    flow = _Flow(children)
    flow.sequence(children.get("", []))
    return Graph(nodes, tuple(dict.fromkeys(flow.edges)))


class _Flow:
    """Collects edges; every method returns the steps after which control leaves what it was given."""

    def __init__(self, children: Mapping[str, list[StepNode]]) -> None:
        self._children = children
        self.edges: list[Edge] = []

    def sequence(self, steps: list[StepNode]) -> list[str]:
        exits: list[str] = []
        for step in steps:
            self._connect(exits, step, EdgeKind.SEQUENCE)
            exits = self._through(step)
        return exits

    def _through(self, step: StepNode) -> list[str]:
        inside = self._children.get(step.step_id, [])
        if not inside:
            return [step.step_id]
        match step.kind:
            case "loop" | "map":
                return self._repeat(step, inside)
            case "conditional" | "parallel" | "dynamic_router":
                return self._fan_out(step, inside)
            case "StateMachine":
                return self._states(step, inside)
            case "cache":
                self._connect([step.step_id], inside[0], EdgeKind.ENTER)
                return self.sequence(inside)
            case _:
                self._connect([step.step_id], inside[0], EdgeKind.FALLBACK)
                return [step.step_id, *self.sequence(inside)]

    def _repeat(self, step: StepNode, body: list[StepNode]) -> list[str]:
        self._connect([step.step_id], body[0], EdgeKind.ENTER)
        self._connect(self.sequence(body), step, EdgeKind.REPEAT)
        return [step.step_id]

    def _fan_out(self, step: StepNode, inside: list[StepNode]) -> list[str]:
        exits: list[str] = []
        for name, branch in _by_branch(inside).items():
            self._connect([step.step_id], branch[0], EdgeKind.BRANCH, name)
            exits += self.sequence(branch)
        return exits

    def _states(self, step: StepNode, inside: list[StepNode]) -> list[str]:
        states = _by_branch(inside)
        start, ends = step.raw.get("start_state"), step.raw.get("end_states")
        exits = {name: self.sequence(state) for name, state in states.items()}
        if isinstance(start, str) and start in states:
            self._connect([step.step_id], states[start][0], EdgeKind.ENTER, start)
        for source, target in _transitions(step.raw.get("transitions")):
            if target in states:
                sources = exits if source == "*" else [source]
                left = [last for name in sources for last in exits.get(name, [])]
                self._connect(left, states[target][0], EdgeKind.TRANSITION, target)
        final = [name for name in states if isinstance(ends, list) and name in ends]
        return [last for name in final or states for last in exits[name]]

    def _connect(
        self, sources: list[str], target: StepNode, kind: EdgeKind, label: str = ""
    ) -> None:
        self.edges += [Edge(source, target.step_id, kind, label) for source in sources]


def _by_branch(steps: list[StepNode]) -> dict[str, list[StepNode]]:
    branches: dict[str, list[StepNode]] = {}
    for step in steps:
        branches.setdefault(step.branch, []).append(step)
    return branches


def _transitions(value: JsonValue) -> Iterator[tuple[str, str]]:
    for item in value if isinstance(value, list) else []:
        source = item.get("from") if isinstance(item, dict) else None
        target = item.get("to") if isinstance(item, dict) else None
        if isinstance(source, str) and isinstance(target, str):
            yield source, target
