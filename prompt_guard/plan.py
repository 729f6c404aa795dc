"""What may be touched, fixed before a model sees anything: plan first, then execute."""

from collections.abc import Iterable
from dataclasses import dataclass

from prompt_guard.grammar import MAX_OPERATIONS
from workflow import Workflow


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of one spec, and the steps, agents and models a patch may name.

    `models` are those an agent may be switched to; a swap to any other is refused. `prompts` are the agents whose
    system prompt may be written anew.
    """

    spec_path: str
    spec_sha256: str
    step_ids: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    max_operations: int = MAX_OPERATIONS
    prompts: tuple[str, ...] = ()


def plan_for(
    workflow: Workflow,
    step_ids: Iterable[str],
    *,
    models: Iterable[str] = (),
    max_operations: int = 10,
    rewrites_prompts: bool = False,
) -> Plan:
    """Plan for these steps: an agent joins only when no step outside the plan uses it too."""
    wanted = frozenset(step_ids)
    planned = tuple(node.step_id for node in workflow.nodes if node.step_id in wanted)
    agents = _agents_used_only_by(planned, workflow)
    return Plan(
        spec_path=workflow.path,
        spec_sha256=workflow.spec_sha256,
        step_ids=planned,
        agents=agents,
        models=tuple(models),
        max_operations=max_operations,
        prompts=agents if rewrites_prompts else (),
    )


def _agents_used_only_by(step_ids: tuple[str, ...], workflow: Workflow) -> tuple[str, ...]:
    inside, outside = [], set()
    for node in workflow.nodes:
        if not node.uses.startswith("agents."):
            continue
        name = node.uses.removeprefix("agents.")
        if node.step_id in step_ids:
            inside.append(name)
        else:
            outside.add(name)
    return tuple(name for name in dict.fromkeys(inside) if name not in outside)
