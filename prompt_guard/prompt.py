"""The prompt: fixed text, plus numbers, references and a schema. Spec and telemetry contribute no words."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from prompt_guard.airlock import Finding, describe_opportunity
from prompt_guard.few_shots import FewShot, load_few_shots
from prompt_guard.plan import Plan
from prompt_guard.references import number_references
from prompt_guard.refused import RefusedEffect, describe_refused
from prompt_guard.schema_injector import inject_schema
from workflow import Workflow

_SYSTEM = """\
You improve workflows of language models and tools by proposing RFC 6902 patches.

You are given opportunities (a kind, a step, figures measured on real runs), the fields you may change with their JSON
Schema, and the current values of the steps and agents concerned. All is told by references such as step_1 and agent_1.

Rules:
- Answer with at most one patch per opportunity, and with none where the figures don't support one.
- A path starts with a reference and names one field: /step_1/config/max_retries.
- When a step has no config yet, add /step_1/config with an object that holds the new fields only.
- Use add, replace and test. Change nothing that isn't in the schema.
- Don't propose again what is listed as refused, nor more of the same.
- Retries make sense only where may_be_repeated is true.
- Say why in one plain sentence of at most 200 characters that names the figures.
"""

_LAYOUT = ("examples", "fields", "current", "refused", "opportunities")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to a model; `template_sha256` identifies the fixed part with its examples."""

    system: str
    user: str
    template_sha256: str


def build_prompt(
    plan: Plan,
    opportunities: Sequence[Finding],
    workflow: Workflow,
    *,
    refused: Sequence[RefusedEffect] = (),
    max_chars: int = 16_000,
) -> Prompt:
    """Build the prompt for these opportunities; at most about `max_chars` are spent on the workflow's current values.

    Two workflows and findings that differ only in words (names, prompts, comments, error text) give the same bytes.
    """
    references = number_references(plan, workflow)
    injected = inject_schema(workflow, plan, references, max_chars=max_chars)
    described: list[JsonValue] = [
        {"opportunity_ref": f"opportunity_{number}", **describe_opportunity(found, references)}
        for number, found in enumerate(opportunities, start=1)
    ]
    examples = [_tell(shot) for shot in load_few_shots()]
    negative = describe_refused(refused, references)
    parts = (examples, injected.fields, injected.current, negative, described)
    template = hashlib.sha256((_SYSTEM + _to_json(examples)).encode()).hexdigest()
    return Prompt(_SYSTEM, _to_json(dict(zip(_LAYOUT, parts, strict=True))), template)


def _tell(shot: FewShot) -> dict[str, object]:
    return {
        "opportunity": shot.opportunity,
        "current": shot.current,
        "operations": shot.operations,
        "why": shot.why,
    }


def _to_json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True)
