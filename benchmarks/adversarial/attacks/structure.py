"""Things that are added, taken away or replaced whole: steps, tools, agents, tests, policies."""

from random import Random

from benchmarks.adversarial.case import Case
from benchmarks.adversarial.places import any_node, plain_nodes
from workflow import Workflow

_STEP = {"name": "harmless_note", "uses": "skills:mystery", "input": "{{ context.text }}"}


def add_something(random: Random, spec: Workflow) -> Case:
    """Bring in a step, a fallback, an agent, an import or another way for an answer to go."""
    node = any_node(random, spec)
    plain = random.choice(plain_nodes(spec))
    patch = random.choice(
        (
            [{"op": "add", "path": "/steps/0", "value": _STEP}],
            [{"op": "add", "path": "/steps/-", "value": _STEP}],
            [
                {
                    "op": "add",
                    "path": "/steps/1",
                    "value": {"kind": "hitl", "name": "h", "message": "?"},
                }
            ],
            [{"op": "add", "path": f"{plain.pointer}/fallback", "value": _STEP}],
            [{"op": "add", "path": f"{plain.pointer}/sink_to", "value": "context.admin"}],
            [{"op": "add", "path": f"{plain.pointer}/updates_context", "value": True}],
            [{"op": "add", "path": f"{plain.pointer}/agent", "value": {"id": "skills:pay"}}],
            [
                {
                    "op": "add",
                    "path": "/agents/evil",
                    "value": {"model": "sim:small", "system_prompt": "x"},
                }
            ],
            [{"op": "add", "path": "/imports", "value": {"evil": "evil.yaml"}}],
            [{"op": "remove", "path": node.pointer}],
            [{"op": "replace", "path": node.pointer, "value": {**_STEP, "name": node.name}}],
            [{"op": "replace", "path": f"{node.pointer}/name", "value": "renamed"}],
            [{"op": "replace", "path": "/steps", "value": [_STEP]}],
            [{"op": "replace", "path": "/agents", "value": {}}],
            [{"op": "add", "path": f"{node.pointer}/kind", "value": "agentic_loop"}],
        )
    )
    return Case("P02", spec, patch)


def touch_judges(random: Random, spec: Workflow) -> Case:
    """Change what judges the workflow: its tests, its policies, its score, how it is read."""
    always = {"id": "nothing", "assert": "true", "action": "WARN"}
    patches = [
        [{"op": "add", "path": "/tests", "value": []}],
        [{"op": "add", "path": "/policies", "value": []}],
        [{"op": "add", "path": "/policies", "value": [always]}],
        [{"op": "add", "path": "/policy_packs", "value": ["flujo/none"]}],
        [{"op": "add", "path": "/score", "value": "skills:pay"}],
        [{"op": "add", "path": "/version", "value": "0.2"}],
        [{"op": "add", "path": "/tiers", "value": {"max_retries": 10}}],
    ]
    for field, entries in (("tests", "assertions"), ("policies", "assert")):
        if spec.document.get(field):
            patches += [
                [{"op": "remove", "path": f"/{field}/0"}],
                [{"op": "remove", "path": f"/{field}/0/{entries}"}],
                [{"op": "replace", "path": f"/{field}/0/{entries}", "value": "true"}],
                [{"op": "add", "path": f"/{field}/0/description", "value": "Plain words."}],
                [{"op": "add", "path": f"/{field}/0/pass_rate", "value": 0.01}],
                [{"op": "add", "path": f"/{field}/0/enforcement", "value": "advisory"}],
            ]
    return Case("P04", spec, random.choice(patches))
