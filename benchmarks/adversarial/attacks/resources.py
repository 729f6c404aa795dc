"""Patches that are meant to cost whoever reads them more than they should."""

from random import Random

from benchmarks.adversarial.case import Case
from benchmarks.adversarial.places import plain_nodes
from workflow import Workflow


def exhaust(random: Random, spec: Workflow) -> Case:
    """Double, nest, repeat or inflate, around a change that would be harmless."""
    node = random.choice(plain_nodes(spec))
    path = f"{node.pointer}/description"
    good: dict[str, object] = {"op": "add", "path": path, "value": "Words."}
    nested: object = "x"
    for _ in range(random.choice((20, 400))):
        nested = [nested]
    patch: object = random.choice(
        (
            [{"op": "copy", "from": "/steps", "path": "/meta"}] * 24,
            [good] * random.choice((51, 5_000)),
            [good, {"op": "add", "path": path, "value": "A" * random.choice((70_000, 1_000_000))}],
            [good, {"op": "add", "path": f"{node.pointer}/meta", "value": nested}],
            [good, {"op": "add", "path": f"{node.pointer}/meta", "value": {"n": 10**4000}}],
            [good, {"op": "add", "path": "/a" * 2_000, "value": 1}],
            [good, {"op": "add", "path": path, "value": "A" * 501}],
            {"op": "add", "path": path, "value": "Words."},
            "[" * 5_000,
            [],
            [[good]],
        )
    )
    return Case("P08", spec, patch)
