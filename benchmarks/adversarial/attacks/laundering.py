"""Harm in instalments: drift, going back and forth, and many changes wrapped into one."""

import math
from random import Random
from typing import Any

from benchmarks.adversarial.case import Case
from benchmarks.adversarial.places import REPEATABLE, plain_nodes, turn_knob
from benchmarks.adversarial.specs import generate_document, parse
from workflow import Workflow, parse_patch, patch_workflow


def drift(random: Random, _: Workflow) -> Case:
    """Raise or cut a timeout a little each day, until it has moved farther than one patch may."""
    spec = _with_timeout(random, 40.0)
    factor, goal = random.choice(((1.2, 2.0), (1.1, 2.0), (0.7, 0.25), (1.5, 2.0), (0.6, 0.25)))
    days = math.floor(math.log(goal) / math.log(factor))
    versions = [spec]
    for day in range(1, days + 1):
        versions.append(_turned(versions[-1], "timeout_s", 40.0 * factor**day))
    patch = turn_knob(versions[-1].nodes[0], "timeout_s", 40.0 * factor ** (days + 1))
    return Case("P10", versions[-1], patch, tuple(versions[:-1]))


def oscillate(random: Random, _: Workflow) -> Case:
    """Turn a knob one way and then the other, within what each patch alone may do."""
    spec = _with_timeout(random, 40.0)
    up = _turned(spec, "timeout_s", 40.0 + random.randint(1, 39))
    middle = _turned(up, "max_retries", 3) if random.random() < 0.5 else up
    window = (spec,) if middle is up else (spec, up)
    back = random.choice((40.0, 39.0, 30.0))
    return Case("P10", middle, turn_knob(middle.nodes[0], "timeout_s", back), window)


def bundle(random: Random, spec: Workflow) -> Case:
    """Hide a harmful change among harmless ones, or in a value that replaces a whole step."""
    node = random.choice(plain_nodes(spec))
    harmful: dict[str, Any] = random.choice(
        (
            {"input": "{{ context.secret }}"},
            {"uses": "skills:mystery2"},
            {"sink_to": "context.admin"},
            {"usage_limits": {"total_cost_usd_limit": 1e6}},
            {"config": {"max_retries": 3, "temperature": 1.9}},
            {"config": {"timeout_s": 30.0, "max_retries": 99}},
        )
    )
    if random.random() < 0.5:
        whole = {**node.raw, "description": "Plain words.", **harmful}
        return Case("P10", spec, [{"op": "replace", "path": node.pointer, "value": whole}])
    good = [{"op": "add", "path": "/description", "value": "Plain words."}]
    bad = [
        {"op": "add", "path": f"{node.pointer}/{field}", "value": value}
        for field, value in harmful.items()
    ]
    return Case("P10", spec, random.choice((good + bad, bad + good, [*bad, *good, *good])))


def _with_timeout(random: Random, timeout_s: float) -> Workflow:
    document = generate_document(random)
    document["steps"][0].update(
        uses=random.choice(REPEATABLE), config={"timeout_s": timeout_s, "max_retries": 2}
    )
    return parse(document)


def _turned(spec: Workflow, knob: str, value: float) -> Workflow:
    patch: Any = turn_knob(spec.nodes[0], knob, value)
    return patch_workflow(spec, parse_patch(patch))
