"""A workflow for the guard's tests, with names and words that must never reach a prompt."""

import json
from typing import Any

from prompt_guard import Plan, plan_for
from workflow import Workflow, parse_workflow

SKILLS = """
@skill(side_effects="idempotent")
def fetch(data): ...

@skill(side_effects="pure")
def spare(data): ...

@skill(side_effects="effect")
def send(data): ...

def undeclared(data): ...
"""

SPEC = """\
version: "0.1"
name: orders  # comment-words
description: description-words
agents:
  writer-name:
    model: sim:large
    system_prompt: prompt-words
    description: agent-words
    model_settings: {max_tokens: 800}
  shared:
    model: sim:large
steps:
  - name: fetch-name
    uses: skills:fetch
    description: step-words
  - name: draft-name
    uses: agents.writer-name
    input: "{{ steps.fetch-name.output }} input-words"
    config: {timeout_s: 60}
  - kind: conditional
    name: route-name
    condition_expression: "context.kind"
    branches:
      branch-name:
        - {name: inner-name, uses: agents.shared}
      other-name:
        - {name: inner-name, uses: agents.shared}
  - name: send-name
    uses: skills:send
policies:
  - {id: cap, when: "true", assert: result.success, action: FAIL_RUN}
tests:
  - {name: works, input: test-words, assertions: ["result.success"]}
"""

PLANNED = ("fetch-name", "draft-name", "route-name/branch-name/inner-name")


def read_beside(path: str) -> str:
    if path != "skills.py":
        raise FileNotFoundError(path)
    return SKILLS


def parse(text: str = SPEC) -> Workflow:
    return parse_workflow(text, path="orders.yaml", read=read_beside)


def parse_document(document: dict[str, Any]) -> Workflow:
    return parse(json.dumps(document))


def make_plan(workflow: Workflow, **changes: Any) -> Plan:
    return plan_for(workflow, PLANNED, **{"models": ("sim:small",), **changes})


def op(kind: str, path: str, *value: object, **members: object) -> dict[str, Any]:
    return {"op": kind, "path": path, **({"value": value[0]} if value else {}), **members}
