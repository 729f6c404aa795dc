"""A workflow with one of everything that a rule looks at, and a way to change it."""

import copy
import json
from collections.abc import Callable
from typing import Any

from trust_tiers import Decision, TierLimits, classify
from workflow import Workflow, parse_workflow

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

DOCUMENT: dict[str, Any] = {
    "version": "0.1",
    "name": "orders",
    "agents": {
        "writer": {"model": "sim:large", "system_prompt": "Write.", "model_settings": {}},
        "patient": {
            "model": "sim:large",
            "system_prompt": "Wait.",
            "timeout": 40.0,
            "max_retries": 3,
            "model_settings": {"max_tokens": 800},
        },
        "judge": {"model": "sim:large", "system_prompt": "Judge."},
    },
    "steps": [
        {"name": "tidy", "uses": "skills:tidy", "input": "{{ context.text }}"},
        {"name": "fetch", "uses": "skills:fetch", "input": "{{ context.order }}"},
        {"name": "draft", "uses": "agents.writer", "input": "{{ steps.fetch.output }}"},
        {
            "name": "wait",
            "uses": "agents.patient",
            "input": "{{ context.text }}",
            "config": {"temperature": 0.2},
        },
        {
            "name": "tuned",
            "uses": "skills:fetch",
            "config": {"max_retries": 2, "timeout_s": 20, "backoff_s": 2.0},
        },
        {"name": "pay", "uses": "skills:pay", "config": {"timeout_s": 20}},
        {"name": "mystery", "uses": "skills:mystery"},
        {"name": "check_reply", "uses": "flujo.check.length", "config": {"timeout_s": 20}},
        {"name": "grade", "uses": "agents.judge", "config": {"max_tokens": 400}},
        {
            "kind": "conditional",
            "name": "route",
            "condition_expression": "context.kind",
            "branches": {
                "short": [{"name": "answer", "uses": "skills:tidy"}],
                "long": [
                    {
                        "name": "answer",
                        "uses": "agents.writer",
                        "config": {"max_tokens": 900},
                        "validators": ["flujo.check.length"],
                    }
                ],
            },
        },
    ],
    "score": "grade",
    "policies": [{"id": "cap", "when": "true", "assert": "result.success", "action": "FAIL_RUN"}],
    "tests": [{"name": "works", "input": {}, "assertions": ["result.success"]}],
}

LIMITS = TierLimits(allowed_models=("sim:small", "sim:large"))


def read_beside(path: str) -> str:
    files = {"skills.py": SKILLS, "child.yaml": "steps: [{name: a, uses: flujo.value.pass}]"}
    if path not in files:
        raise FileNotFoundError(path)
    return files[path]


def parse(document: dict[str, Any]) -> Workflow:
    # JSON is YAML, and keeps the numbers as they are.
    return parse_workflow(json.dumps(document, indent=1), path="orders.yaml", read=read_beside)


def edited(edit: Callable[[dict[str, Any]], object]) -> Workflow:
    document = copy.deepcopy(DOCUMENT)
    edit(document)
    return parse(document)


def step(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = next(item for item in document["steps"] if item["name"] == name)
    assert isinstance(found, dict)
    return found


def judge(
    edit: Callable[[dict[str, Any]], object],
    *,
    limits: TierLimits = LIMITS,
    prepare: Callable[[dict[str, Any]], object] = lambda _: None,
) -> Decision:
    """Judge an edit of the document; `prepare` alters the version before as well."""
    before = edited(prepare)

    def both(document: dict[str, Any]) -> None:
        prepare(document)
        edit(document)

    return classify(before, edited(both), limits)


def configure(name: str, **knobs: object) -> Callable[[dict[str, Any]], object]:
    """Return the edit that sets knobs of a step."""

    def edit(document: dict[str, Any]) -> None:
        step(document, name).setdefault("config", {}).update(knobs)

    return edit
