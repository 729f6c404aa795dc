"""Opaque names for what a plan lets a model touch: `step_1`, `agent_1`.

A model is told these instead of the names in the spec, and writes its paths with them: `/step_1/config/max_retries`. So
no word of the spec enters a prompt by way of a name, and a path to anything unplanned can't even be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from prompt_guard.plan import Plan
from prompt_guard.rejection import Rejection, RejectionReason
from workflow import Workflow, format_pointer

_PATH_MEMBERS = ("path", "from")


@dataclass(frozen=True, slots=True)
class References:
    """The map between references and what they stand for; kept outside of every prompt."""

    steps: Mapping[str, str]
    """Reference → `step_id`."""
    agents: Mapping[str, str]
    """Reference → agent name."""
    pointers: Mapping[str, str]
    """Reference → JSON Pointer in the planned version."""

    def to_step(self, step_id: str) -> str:
        """Return the reference to a step, `""` when the plan doesn't hold it."""
        return next((ref for ref, known in self.steps.items() if known == step_id), "")

    def to_agent(self, name: str) -> str:
        """Return the reference to an agent, `""` when the plan doesn't hold it."""
        return next((ref for ref, known in self.agents.items() if known == name), "")


def number_references(plan: Plan, workflow: Workflow) -> References:
    """Number the plan's steps and agents in the plan's order."""
    steps = {f"step_{number}": step_id for number, step_id in enumerate(plan.step_ids, start=1)}
    agents = {f"agent_{number}": name for number, name in enumerate(plan.agents, start=1)}
    nodes = {ref: workflow.node(step_id) for ref, step_id in steps.items()}
    pointers = {ref: node.pointer for ref, node in nodes.items() if node is not None}
    pointers |= {ref: agent_pointer(name) for ref, name in agents.items()}
    return References(steps, agents, pointers)


def agent_pointer(name: str) -> str:
    """Return the JSON Pointer of an agent."""
    return format_pointer(("agents", name))


def expand_references(data: JsonValue, references: References) -> list[JsonValue] | Rejection:
    """Rewrite the paths of a model's operations from references to JSON Pointers of the spec.

    Only paths are looked at; everything else about the operations is for `check_patch` to judge.
    """
    if not isinstance(data, list):
        return Rejection(RejectionReason.NOT_A_LIST, detail="a patch is a list of operations")
    expanded: list[JsonValue] = []
    for index, operation in enumerate(data):
        if not isinstance(operation, dict):
            return Rejection(RejectionReason.MALFORMED, index, "an operation is an object")
        paths = {
            key: _expand(operation[key], references) for key in _PATH_MEMBERS if key in operation
        }
        if None in paths.values():
            return Rejection(
                RejectionReason.UNKNOWN_STEP, index, "the path starts with no reference"
            )
        expanded.append({**operation, **paths})
    return expanded


def _expand(path: JsonValue, references: References) -> str | None:
    if not isinstance(path, str) or not path.startswith("/"):
        return None
    reference, slash, rest = path[1:].partition("/")
    pointer = references.pointers.get(reference)
    return None if pointer is None else f"{pointer}{slash}{rest}"
