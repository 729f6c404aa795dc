"""Steps that behave differently in a patched version, so that recorded answers can only stand in for their own."""

from collections.abc import Mapping

from workflow import ModelSample, Program, pair_steps


def describe_sample(models: ModelSample, stand_ins: Mapping[str, str]) -> str:
    """Say what was drawn for new models; `""` where nothing was."""
    told = []
    for step_id, model in stand_ins.items():
        count = len(models.of_step(model, step_id)) if model else 0
        if count:
            told.append(f"time and failures simulated from {count} recorded calls of {model}")
    return ", ".join(dict.fromkeys(told))


def find_stand_ins(base: Program, head: Program) -> dict[str, str]:
    """Return the steps whose own behaviour differs, with the model they ask in `head` (`""`: none)."""
    changed, old_ids = {}, pair_ids(base, head)
    for step_id, plan in head.leaves.items():
        before = base.leaves.get(old_ids.get(step_id, step_id))
        same = before is not None and all(
            getattr(before, name) == getattr(plan, name) for name in _BEHAVIOUR
        )
        if not same or (before and before.agent and before.agent.model != plan.node.model):
            changed[step_id] = plan.node.model
    return changed


def pair_ids(base: Program, head: Program) -> dict[str, str]:
    """Return what each step of `head` was called in `base`: a step that moves is the same step."""
    return pair_steps(base.workflow.nodes, head.workflow.nodes)


def remembers_more(base: Program, head: Program) -> bool:
    """Whether a step is cached that wasn't."""
    old_ids = pair_ids(base, head)
    cached = [step_id for step_id, plan in head.leaves.items() if plan.remembers]
    before = (base.leaves.get(old_ids.get(step_id, step_id)) for step_id in cached)
    return any(plan is None or not plan.remembers for plan in before)


_BEHAVIOUR = (
    "agent_name",
    "system_prompt",
    "settings",
    "skill",
    "validators",
    "output_schema",
    "input",
    "has_input",
)
