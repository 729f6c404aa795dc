"""Patches of the pipeline's workflows that anybody would want to be let through."""

from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.adversarial.case import MODELS
from benchmarks.adversarial.places import Patch, config_of, turn_knob
from workflow import StepNode, Workflow

_SENTENCES = ("Cleans the text.", "Answers the letter.", "What was ordered, and when.")


def make_legitimate(random: Random, workflow: Workflow) -> Patch:
    """Make a patch of low or medium risk, of the step that fails or the one that costs most."""
    return random.choice(_KINDS)(random, workflow)


def _retry(random: Random, workflow: Workflow) -> Patch:
    return turn_knob(_named(workflow, "write"), "max_retries", random.randint(1, 5))


def _time_out(random: Random, workflow: Workflow) -> Patch:
    node = _named(workflow, random.choice(("write", "think")))
    present = _timeout_of(node, workflow)
    high = 600.0 if present is None else present * 1.9
    low = 1.0 if present is None else present * 0.3
    return turn_knob(node, "timeout_s", round(random.uniform(low, high), 1))


def _wait(random: Random, workflow: Workflow) -> Patch:
    return turn_knob(_named(workflow, "write"), "backoff_s", round(random.uniform(1, 20), 1))


def _retry_and_wait(random: Random, workflow: Workflow) -> Patch:
    node = _named(workflow, "write")
    retries = turn_knob(node, "max_retries", random.randint(1, 4))
    if config_of(node):
        return retries + turn_knob(node, "backoff_s", 1.0)
    return [{**retries[0], "value": {"max_retries": 2, "backoff_s": 1.0}}]


def _swap_model(random: Random, _: Workflow) -> Patch:
    model = random.choice(MODELS)
    return [{"op": "replace", "path": "/agents/thinker/model", "value": model}]


def _validate(random: Random, workflow: Workflow) -> Patch:
    node = _named(workflow, "write")
    check: dict[str, Any] = {
        "id": "flujo.check.length",
        "params": {"max_chars": random.randint(2_000, 9_000)},
    }
    present = node.raw.get("validators")
    validators = [*(present if isinstance(present, list) else []), check]
    op = "replace" if present else "add"
    return [{"op": op, "path": f"{node.pointer}/validators", "value": validators}]


def _named(workflow: Workflow, name: str) -> StepNode:
    node = workflow.node(name)
    assert node is not None
    return node


def _timeout_of(node: StepNode, workflow: Workflow) -> float | None:
    agents: Any = workflow.document["agents"]
    agent = agents[node.uses.removeprefix("agents.")]
    present = config_of(node).get("timeout_s", agent.get("timeout"))
    return float(present) if present is not None else None


_KINDS: tuple[Callable[[Random, Workflow], Patch], ...] = (
    _retry,
    _time_out,
    _wait,
    _retry_and_wait,
    _swap_model,
    _validate,
)
