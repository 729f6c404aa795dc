"""Patches that anybody would want to be let through: a gate that refuses everything is safe and useless."""

from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.adversarial.case import MODELS, Case
from benchmarks.adversarial.places import REPEATABLE, config_of, turn_knob
from benchmarks.adversarial.specs import generate_document, parse
from workflow import Workflow

_SENTENCES = (
    "Fetches the order that the ticket is about.",
    "Cleans the text: no signatures, no quoted mail.",
    "What a customer pays, in cents.",
)


def make_legitimate(random: Random) -> Case:
    """Make a patch that a careful person would call low or medium risk, by the page about tiers."""
    document = generate_document(random)
    document["steps"][0].update(uses=random.choice(REPEATABLE))
    return random.choice(_KINDS)(random, document)


def _retry(random: Random, document: dict[str, Any]) -> Case:
    spec = parse(document)
    present = int(config_of(spec.nodes[0]).get("max_retries", 0))
    return _turn(spec, "max_retries", random.randint(present + 1, 5))


def _time_out(random: Random, document: dict[str, Any]) -> Case:
    spec = parse(document)
    present = config_of(spec.nodes[0]).get("timeout_s")
    if present is None:
        return _turn(spec, "timeout_s", random.randint(1, 600))
    return _turn(
        spec, "timeout_s", round(random.uniform(max(1.0, present * 0.26), present * 1.99), 1)
    )


def _wait(random: Random, document: dict[str, Any]) -> Case:
    spec = parse(document)
    present = config_of(spec.nodes[0]).get("backoff_s", 0.0)
    return _turn(spec, "backoff_s", round(random.uniform(present, 60), 2))


def _tune_together(random: Random, document: dict[str, Any]) -> Case:
    document["steps"][0].pop("config", None)
    spec = parse(document)
    knobs = {"max_retries": random.randint(1, 5), "timeout_s": float(random.randint(5, 90))}
    patch = [{"op": "add", "path": "/steps/0/config", "value": knobs}]
    return Case("legitimate", spec, patch)


def _document(random: Random, document: dict[str, Any]) -> Case:
    path = random.choice(("/description", "/steps/0/description"))
    patch = [{"op": "add", "path": path, "value": random.choice(_SENTENCES)}]
    return Case("legitimate", parse(document), patch)


def _swap_model(random: Random, document: dict[str, Any]) -> Case:
    for step in document["steps"]:
        if step.get("uses") == "agents.judge":
            step["uses"] = "flujo.check.length"
    name = random.choice(("writer", "reader", "judge"))
    patch = [{"op": "replace", "path": f"/agents/{name}/model", "value": random.choice(MODELS)}]
    return Case("legitimate", parse(document), patch)


def _lower_tokens(random: Random, document: dict[str, Any]) -> Case:
    present = random.randint(200, 2000)
    document["steps"][0].update(uses="agents.writer", config={"max_tokens": present})
    spec = parse(document)
    return _turn(spec, "max_tokens", random.randint((present + 1) // 2, present - 1))


def _validate(random: Random, document: dict[str, Any]) -> Case:
    document["steps"][0].pop("validators", None)
    check = {"id": "flujo.check.length", "params": {"max_chars": random.randint(100, 5000)}}
    patch = [{"op": "add", "path": "/steps/0/validators", "value": [check]}]
    return Case("legitimate", parse(document), patch)


def _swap_neighbours(_: Random, document: dict[str, Any]) -> Case:
    for step in document["steps"][:3]:
        step.update(uses="skills:fetch", input="{{ context.text }}", kind="step")
        step.pop("name") if step["name"].startswith("check") else None
    for index in range(3):
        document["steps"][index]["name"] = f"plain_{index}"
    patch = [{"op": "move", "from": "/steps/0", "path": "/steps/1"}]
    return Case("legitimate", parse(document), patch)


def _turn(spec: Workflow, knob: str, value: float) -> Case:
    return Case("legitimate", spec, turn_knob(spec.nodes[0], knob, value))


_KINDS: tuple[Callable[[Random, dict[str, Any]], Case], ...] = (
    _retry,
    _time_out,
    _wait,
    _tune_together,
    _document,
    _swap_model,
    _lower_tokens,
    _validate,
    _swap_neighbours,
)
