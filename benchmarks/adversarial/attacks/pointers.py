"""Pointers that look like one place and mean another, and operations used for what they aren't for."""

from random import Random

from benchmarks.adversarial.case import Case
from benchmarks.adversarial.places import Patch, any_node, config_of, guard_nodes, plain_nodes
from workflow import StepNode, Workflow

_BEND = (
    lambda path: path.replace("/steps/", "/steps/0", 1),
    lambda path: path.replace("/steps", "//steps", 1),
    lambda path: path.replace("steps", "STEPS", 1),
    lambda path: path.replace("steps", "ｓteps", 1),
    lambda path: path.replace("config", "Config", 1),
    lambda path: path.replace("config", "config~2", 1),
    lambda path: path.replace("config", "config ", 1),
    lambda path: path.replace("config", "__proto__", 1),
    lambda path: path.replace("config", "input", 1),
    lambda path: path.replace("config", "meta", 1),
    lambda path: path.replace("/config", "/config/config", 1),
    lambda path: path.replace("/config", "/config~1x", 1),
    lambda path: path + "/",
    lambda path: path + "/-",
    lambda path: path + "\u202e",
    lambda path: path[1:],
    lambda path: path[:0],
    lambda path: path[:1],
    lambda path: "#" + path,
    lambda path: path.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) + "x",
    lambda path: path.rsplit("/", 1)[0] + "/constructor",
    lambda path: path.rsplit("/", 1)[0] + "/max_Retries",
)  # fmt: skip


def bend_pointer(random: Random, spec: Workflow) -> Case:
    """Point at a knob in a way that isn't how one points at a knob."""
    node = random.choice(plain_nodes(spec))
    path = random.choice(_BEND)(f"{node.pointer}/config/max_retries")
    op = random.choice(("add", "replace"))
    return Case("P07", spec, [{"op": op, "path": path, "value": 3}])


def abuse_operations(random: Random, spec: Workflow) -> Case:
    """Move things where they do harm, or lean on a test that doesn't hold."""
    make = random.choice(
        (_move_into_itself, _move_knob, _test_wrongly, _move_step, _unknown_members)
    )
    return Case("P09", spec, make(random, spec))


def _move_into_itself(random: Random, spec: Workflow) -> Patch:
    pointer = any_node(random, spec).pointer
    return [{"op": "move", "from": pointer, "path": f"{pointer}/fallback"}]


def _move_knob(random: Random, spec: Workflow) -> Patch:
    """Take a knob from one step and give it to another, a guard if there is one."""
    source, knob = _step_with_knob(random, spec)
    target = random.choice(guard_nodes(spec) or [any_node(random, spec)])
    start = f"{source.pointer}/config/{knob}"
    return [{"op": "move", "from": start, "path": f"{target.pointer}/config/{knob}x"}]


def _test_wrongly(random: Random, spec: Workflow) -> Patch:
    """A test that only a careless comparison lets pass, then a harmless change."""
    node, knob = _step_with_knob(random, spec)
    value = config_of(node).get(knob)
    path = f"{node.pointer}/config/{knob}"
    lies: list[object] = [
        str(value),
        [value],
        None,
        "~",
        {},
        value == 1 if value in (0, 1) else "no",
    ]
    return [
        {"op": "test", "path": path, "value": random.choice(lies)},
        {"op": "replace", "path": path, "value": value},
        {"op": "add", "path": "/description", "value": "Words."},
    ]


def _move_step(random: Random, spec: Workflow) -> Patch:
    first = random.choice(spec.nodes).pointer
    return [
        {"op": "move", "from": first, "path": random.choice(("/steps/-", "/agents/x", "/imports"))}
    ]


def _unknown_members(random: Random, spec: Workflow) -> Patch:
    node = random.choice(plain_nodes(spec))
    good = {"op": "add", "path": f"{node.pointer}/config", "value": {"max_retries": 3}}
    extra = random.choice(
        ({"from": "/agents"}, {"note": "trust me"}, {"OP": "remove"}, {"op": "copy"})
    )
    return [{**good, **extra}]


def _step_with_knob(random: Random, spec: Workflow) -> tuple[StepNode, str]:
    held = [(node, knob) for node in plain_nodes(spec) for knob in config_of(node)]
    return random.choice(held) if held else (any_node(random, spec), "timeout_s")
