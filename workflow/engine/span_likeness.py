"""What spans of one step have in common, made once and copied for each."""

from dataclasses import dataclass, field
from typing import NamedTuple

from telemetry import AttributeValue, SpanKind, SpanRole
from telemetry.attributes import (
    ATTEMPT,
    BRANCH,
    COST_USD,
    ERROR_CLASS,
    INPUT_HASH,
    INPUT_TOKENS,
    ITERATION,
    OPERATION_NAME,
    OUTCOME,
    OUTPUT_TOKENS,
    PROVIDER_NAME,
    REQUEST_MODEL,
    RESPONSE_MODEL,
    RUN_ID,
    SCORE,
    SIMULATED,
    SPAN_ROLE,
    SPEC_PATH,
    SPEC_SHA256,
    STEP_ID,
    STEP_KIND,
    YAML_PATH,
)
from workflow.engine.events import RunStarted
from workflow.nodes import StepNode

Attributes = dict[str, AttributeValue]


class Likeness(NamedTuple):
    """What all spans of one step and role have in common; attributes that differ are null."""

    name: str
    kind: SpanKind
    asks_model: bool
    attributes: Attributes


@dataclass(slots=True)
class SpanCache:
    """What spans have in common, kept from run to run."""

    steps: dict[tuple[str, str], dict[str, Likeness]] = field(default_factory=dict)
    attempts: dict[tuple[str, str], dict[str, Likeness]] = field(default_factory=dict)
    suffixes: list[str] = field(default_factory=list)
    """The second halves of the ids of spans, by number."""


def like_step(run: RunStarted, node: StepNode) -> Likeness:
    """Return what spans of this step's executions have in common."""
    return Likeness(
        f"step {node.name}", SpanKind.INTERNAL, False, _identity(run, node, SpanRole.STEP)
    )


def like_attempt(run: RunStarted, node: StepNode) -> Likeness:
    """Return what spans of this step's attempts have in common."""
    attributes = _identity(run, node, SpanRole.ATTEMPT)
    attributes |= {COST_USD: None, SIMULATED: None, OPERATION_NAME: "execute_tool"}
    if not node.model:
        return Likeness(
            f"execute_tool {node.uses or node.kind}", SpanKind.INTERNAL, False, attributes
        )
    provider, _, model = node.model.partition(":")
    attributes |= {
        OPERATION_NAME: "chat",
        PROVIDER_NAME: provider if model else "unknown",
        REQUEST_MODEL: node.model,
        **dict.fromkeys((RESPONSE_MODEL, INPUT_TOKENS, OUTPUT_TOKENS)),
    }
    return Likeness(f"chat {node.model}", SpanKind.CLIENT, True, attributes)


def _identity(run: RunStarted, node: StepNode, role: SpanRole) -> Attributes:
    return {
        SPEC_SHA256: run.spec_sha256,
        SPEC_PATH: run.spec_path,
        RUN_ID: None,
        STEP_ID: node.step_id,
        YAML_PATH: node.yaml_path,
        STEP_KIND: node.kind,
        SPAN_ROLE: role,
        SCORE: None,
        **dict.fromkeys((OUTCOME, ATTEMPT, ERROR_CLASS, BRANCH, ITERATION, INPUT_HASH)),
    }
