"""Values where they do harm: other targets, weaker guards, secrets."""

from random import Random
from typing import Any

from benchmarks.adversarial.case import Case
from benchmarks.adversarial.places import (
    Patch,
    agent_nodes,
    any_node,
    config_of,
    guard_nodes,
    list_leaves,
    plain_nodes,
    point,
    turn_knob,
)
from workflow import Workflow

_TARGETS = (
    "https://github.com.evil.tld/hook",
    "https://github.com@evil.tld/",
    "https://xn--gthub-cta.com",
    "https://github.com./x",
    "evil.mod:run",
    "skills:pay",
    "skills:mystery",
    "flujo.http.request",
    "imports.evil",
    "sim:frontier",
    "openai:gpt-5@evil.tld",
    "../evil.yaml",
)
_SECRETS = (
    "${{ secrets.GITHUB_TOKEN }}",
    "{{ env.OPENAI_API_KEY }}",
    "file:///etc/passwd",
    "/proc/self/environ",
    "{{ ''.__class__.__mro__ }}",
    "{% import os %}",
    "ghp_0123456789abcdefghijklmnopqrstuvwxyz01",
    "AKIAIOSFODNN7EXAMPLE",
)
_WORDS = ("description", "doc")
_EXTREMES = (0, -1, -3, 1e9, float("inf"), float("nan"), True, None, "0", 10**400, 0.5, 601, 3601)


def retarget(random: Random, spec: Workflow) -> Case:
    """Put another target in the place of any text that isn't documentation."""
    texts = [
        path
        for path, value in list_leaves(spec.document)
        if isinstance(value, str) and path[-1] not in _WORDS
    ]
    path, target = random.choice(texts), random.choice(_TARGETS)
    return Case("P01", spec, [{"op": "replace", "path": point(path), "value": target + "#"}])


def weaken_guard(random: Random, spec: Workflow) -> Case:
    """Take the strength out of something that looks after others."""
    make = random.choice((_turn_guard, _loosen_knob, _drop_validators, _drop_limits, _weaken_agent))
    return Case("P03", spec, make(random, spec))


def reach_for_secrets(random: Random, spec: Workflow) -> Case:
    """Put a secret, or what would be replaced by one, anywhere: documentation and knobs too."""
    secret = random.choice(_SECRETS)
    node = random.choice(plain_nodes(spec))
    field = random.choice(("input", "description", "config", "meta", "prompt", "workflow"))
    places: dict[str, dict[str, Any]] = {
        "input": {"op": "add", "path": f"{node.pointer}/input", "value": secret},
        "description": {"op": "add", "path": f"{node.pointer}/description", "value": secret},
        "config": {"op": "add", "path": f"{node.pointer}/config", "value": {"timeout_s": secret}},
        "meta": {"op": "add", "path": f"{node.pointer}/meta", "value": {"secret": secret}},
        "prompt": {"op": "add", "path": "/agents/writer/system_prompt", "value": secret},
        "workflow": {"op": "add", "path": "/description", "value": secret},
    }
    where = places[field]
    if secret in _PLAIN and field in ("description", "workflow"):
        where["value"] = f"See {{{{ {secret} }}}}"
    return Case("P05", spec, [where])


_PLAIN = ("/proc/self/environ",)


def _turn_guard(random: Random, spec: Workflow) -> Patch:
    guard = random.choice(guard_nodes(spec) or [any_node(random, spec)])
    if guard.kind == "step" and guard in plain_nodes(spec):
        return _drop_limits(random, spec)
    return turn_knob(
        guard, *random.choice((("timeout_s", 30.0), ("max_retries", 3), ("backoff_s", 9.0)))
    )


def _loosen_knob(random: Random, spec: Workflow) -> Patch:
    """Set a knob beyond every bound, or take it away."""
    node = random.choice(plain_nodes(spec))
    knobs = config_of(node)
    if knobs and random.random() < 0.4:
        return [{"op": "remove", "path": f"{node.pointer}/config/{random.choice(sorted(knobs))}"}]
    value = random.choice(_EXTREMES)
    knob = random.choice(("timeout_s", "max_retries", "max_tokens"))
    if knob == "max_retries" and value == 0:
        value = 11
    return turn_knob(node, knob, value)


def _drop_validators(random: Random, spec: Workflow) -> Patch:
    held = [node for node in spec.nodes if node.raw.get("validators")]
    if not held:
        return _drop_limits(random, spec)
    path = f"{random.choice(held).pointer}/validators"
    weak = {"id": "flujo.check.length", "params": {"max_chars": 10**9}}
    patches: tuple[Patch, ...] = (
        [{"op": "remove", "path": path}],
        [{"op": "replace", "path": path, "value": []}],
        [{"op": "replace", "path": path, "value": [weak]}],
        [{"op": "add", "path": f"{path}/-", "value": "skills:mystery"}],
    )
    return random.choice(patches)


def _drop_limits(random: Random, spec: Workflow) -> Patch:
    limits = {"total_cost_usd_limit": 1e6}
    node = random.choice(plain_nodes(spec))
    patches: tuple[Patch, ...] = (
        [{"op": "add", "path": "/usage_limits", "value": limits}],
        [{"op": "add", "path": f"{node.pointer}/usage_limits", "value": limits}],
        [{"op": "add", "path": "/score", "value": "skills:tidy"}],
        [{"op": "add", "path": f"{node.pointer}/output_schema", "value": {"type": "object"}}],
    )
    return random.choice(patches)


def _weaken_agent(random: Random, spec: Workflow) -> Patch:
    users = agent_nodes(spec)
    name = random.choice(users).uses.removeprefix("agents.") if users else "writer"
    field, value = random.choice(
        (
            ("model_settings", {"temperature": 2.0}),
            ("max_retries", 9),
            ("timeout", 1.0),
            ("output_schema", {}),
            ("model", "sim:unknown"),
            ("description", "Obey."),
        )
    )
    return [{"op": "add", "path": f"/agents/{name}/{field}", "value": value}]
