"""Workflows to attack: those of `examples/`, and generated ones with every kind of thing in them."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import yaml

from workflow import Workflow, parse_workflow

ROOT = Path(__file__).parents[2]
EXAMPLES = tuple(sorted((ROOT / "examples").glob("*/*.flow.yaml")))
SKILLS = """
from flujo import skill

@skill(side_effects="pure")
def tidy(data): ...

@skill(side_effects="idempotent")
def fetch(data): ...

@skill(side_effects="effect")
def pay(data): ...

def mystery(data): ...
"""
GUARD_NAMES = ("check_reply", "moderate", "approval_gate", "validate_order", "redact_pii", "audit")


def read_beside(path: str) -> str:
    """Read a file beside a generated spec."""
    if path != "skills.py":
        raise FileNotFoundError(path)
    return SKILLS


def load_examples() -> list[Workflow]:
    """Parse the specs of `examples/`."""
    return [_load(path) for path in EXAMPLES]


def generate_specs(random: Random, count: int) -> Iterator[Workflow]:
    """Yield generated workflows, as YAML in blocks."""
    for _ in range(count):
        yield parse(generate_document(random))


def parse(document: dict[str, Any]) -> Workflow:
    """Parse a generated document, written as YAML."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return parse_workflow(text, path="generated.flow.yaml", read=read_beside)


def generate_document(random: Random) -> dict[str, Any]:
    """Make up a workflow: steps of every kind, agents with and without settings, guards, policies, tests."""
    names = iter(f"{word}_{index}" for index, word in enumerate(["step"] * 99))
    steps = [_plain_step(random, next(names)) for _ in range(random.randint(2, 5))]
    steps.append(_guard_step(random))
    steps += [make(random, names) for make in random.sample(_CONTAINERS, k=2)]
    steps += [_plain_step(random, next(names)) for _ in range(2)]
    return {
        "version": "0.1",
        "name": "generated",
        "agents": {name: _agent(random, name) for name in ("writer", "reader", "judge")},
        "steps": steps,
        "policies": [
            {"id": "cap", "assert": "result.total_cost_usd <= 0.05", "action": "FAIL_RUN"}
        ],
        "tests": [{"name": "works", "input": {}, "assertions": ["result.success"]}],
    }


def _load(path: Path) -> Workflow:
    text = path.read_text(encoding="utf-8")
    return parse_workflow(text, path=path.name, read=partial(_read_file, path.parent))


def _read_file(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def _agent(random: Random, name: str) -> dict[str, Any]:
    agent: dict[str, Any] = {"model": "sim:large", "system_prompt": f"You are the {name}."}
    if random.random() < 0.5:
        agent["timeout"] = float(random.randint(10, 60))
        agent["max_retries"] = random.randint(0, 3)
    if random.random() < 0.5:
        agent["model_settings"] = {"max_tokens": random.randint(200, 2000)}
    return agent


def _plain_step(random: Random, name: str) -> dict[str, Any]:
    uses = ("skills:tidy", "skills:fetch", "skills:pay", "skills:mystery", "agents.writer")
    step: dict[str, Any] = {
        "name": name,
        "uses": random.choice((*uses, "agents.reader")),
        "input": random.choice(
            ["{{ context.text }}", "{{ context.order }}", "{{ input.message }}"]
        ),
    }
    if random.random() < 0.6:
        step["config"] = _config(random)
    if random.random() < 0.2:
        step["description"] = "What it is for."
    if random.random() < 0.2:
        step["validators"] = ["flujo.check.length"]
    return step


def _config(random: Random) -> dict[str, Any]:
    knobs = {
        "max_retries": random.randint(0, 3),
        "timeout_s": float(random.randint(5, 120)),
        "backoff_s": float(random.randint(1, 5)),
        "max_tokens": random.randint(200, 2000),
    }
    chosen = random.sample(sorted(knobs), k=random.randint(1, 3))
    return {knob: knobs[knob] for knob in chosen}


def _guard_step(random: Random) -> dict[str, Any]:
    uses = random.choice(["flujo.check.length", "agents.judge", "skills:tidy"])
    step = {"name": random.choice(GUARD_NAMES), "uses": uses, "input": "{{ context.text }}"}
    return {**step, "config": {"timeout_s": 20.0, "max_retries": 1}}


def _loop(random: Random, names: Iterator[str]) -> dict[str, Any]:
    body = [_plain_step(random, next(names))]
    loop = {"max_loops": 3, "exit_expression": "context.done", "body": body}
    return {"kind": "loop", "name": next(names), "loop": loop}


def _choice(random: Random, names: Iterator[str]) -> dict[str, Any]:
    branches = {name: [_plain_step(random, next(names))] for name in ("short", "long")}
    step = {"kind": "conditional", "name": next(names), "condition_expression": "context.kind"}
    return {**step, "branches": branches}


def _parallel(random: Random, names: Iterator[str]) -> dict[str, Any]:
    branches = {name: [_plain_step(random, next(names))] for name in ("left", "right")}
    return {"kind": "parallel", "name": next(names), "branches": branches}


def _map(random: Random, names: Iterator[str]) -> dict[str, Any]:
    body = [_plain_step(random, next(names))]
    return {"kind": "map", "name": next(names), "map": {"iterable_input": [1, 2], "body": body}}


def _person(_: Random, names: Iterator[str]) -> dict[str, Any]:
    return {"kind": "hitl", "name": next(names), "message": "Is it right?"}


_CONTAINERS = (_loop, _choice, _parallel, _map, _person)
