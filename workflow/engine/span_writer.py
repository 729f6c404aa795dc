"""Events of a run → its OpenTelemetry spans: one a run, one an execution of a step, one an attempt."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from policy_dsl import Violation
from telemetry import AttributeValue, Outcome, Span, SpanEvent, SpanKind, SpanRole, SpanStatus
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
    WORKFLOW_STEP_ID,
    WORKFLOW_YAML_PATH,
    YAML_PATH,
)
from workflow.engine.events import AttemptFinished, Event, RunFinished, RunStarted, StepFinished
from workflow.nodes import StepNode

_NS = 1_000_000_000
_ROOT = 0
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)

# An enum's member costs as much to look up as all the rest of an attribute.
_STEP, _ATTEMPT, _INTERNAL = SpanRole.STEP, SpanRole.ATTEMPT, SpanKind.INTERNAL
_OK, _ERROR, _OUTCOME_OK = SpanStatus.OK, SpanStatus.ERROR, Outcome.OK

Attributes = dict[str, AttributeValue]
Identities = dict[tuple[str, str, SpanRole], Attributes]
"""(spec's hash, step, role) → the attributes that all spans of it have, the others null."""


def write_spans(events: Sequence[Event], identities: Identities) -> Iterator[Span]:
    """Return the spans of one run, its first event its start, in the order in which what they tell of ended.

    `identities` is a cache to hand in again with the next run.
    """
    run = events[0]
    assert isinstance(run, RunStarted)
    trace = _open_trace(run, identities)
    for event in events:
        if isinstance(event, StepFinished):
            yield _step_span(trace, event)
        elif isinstance(event, AttemptFinished):
            yield _attempt_span(trace, event)
        elif isinstance(event, RunFinished):
            yield _run_span(trace, event)


class _SpanIds(dict[int, str]):
    """Ids of a trace's spans by their number, each made once; from 1, because an id of zeros is no id."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def __missing__(self, number: int) -> str:
        made = self[number] = f"{self._prefix}{number + 1:08x}"
        return made


class _Trace(NamedTuple):
    run: RunStarted
    trace_id: str
    span_ids: _SpanIds
    began_ns: int
    identities: Identities


def _open_trace(run: RunStarted, identities: Identities) -> _Trace:
    digest = hashlib.blake2b(run.run_id.encode(), digest_size=20).hexdigest()
    began_ns = (run.started_at - _EPOCH) // _MICROSECOND * 1000
    return _Trace(run, digest[:32], _SpanIds(digest[32:]), began_ns, identities)


def _step_span(trace: _Trace, event: StepFinished) -> Span:
    visit = event.visit
    attributes = _identify(trace, event, _STEP, event.attempts)
    name = f"step {visit.node.name}"
    return _span(trace, event, (visit.span, visit.parent), name, _INTERNAL, attributes)


def _attempt_span(trace: _Trace, event: AttemptFinished) -> Span:
    visit, reply = event.visit, event.reply
    node, ids = visit.node, (event.span, visit.span)
    attributes = _identify(trace, event, _ATTEMPT, event.number)
    attributes[COST_USD] = str(reply.cost_usd)
    attributes[SIMULATED] = reply.simulated
    if event.error_class:
        attributes["error.type"] = event.error_class
    if not node.model:
        return _span(trace, event, ids, f"execute_tool {node.uses}", _INTERNAL, attributes)
    attributes[RESPONSE_MODEL] = reply.model or node.model
    attributes[INPUT_TOKENS] = reply.input_tokens
    attributes[OUTPUT_TOKENS] = reply.output_tokens
    return _span(trace, event, ids, f"chat {node.model}", SpanKind.CLIENT, attributes)


def _identify(
    trace: _Trace, event: StepFinished | AttemptFinished, role: SpanRole, attempt: int
) -> Attributes:
    visit = event.visit
    run, node = trace.run, visit.node
    key = (run.spec_sha256, node.step_id, role)
    known = trace.identities.get(key)
    if known is None:
        known = trace.identities[key] = _identity(run.spec_sha256, node, role)
    attributes = known.copy()
    attributes[SPEC_PATH] = run.spec_path
    attributes[RUN_ID] = run.run_id
    attributes[OUTCOME] = event.outcome
    attributes[ATTEMPT] = attempt
    attributes[ERROR_CLASS] = event.error_class
    attributes[BRANCH] = visit.branch
    attributes[ITERATION] = visit.iteration
    attributes[INPUT_HASH] = visit.input_hash
    return attributes


def _identity(spec_sha256: str, node: StepNode, role: SpanRole) -> Attributes:
    """Return every attribute spans of this step and role have; a copy that is filled in never grows, which is slow."""
    identity: Attributes = {
        SPEC_SHA256: spec_sha256,
        SPEC_PATH: None,
        RUN_ID: None,
        STEP_ID: node.step_id,
        YAML_PATH: node.yaml_path,
        STEP_KIND: node.kind,
        SPAN_ROLE: role,
        SCORE: None,
        **dict.fromkeys((OUTCOME, ATTEMPT, ERROR_CLASS, BRANCH, ITERATION, INPUT_HASH)),
    }
    if role is _STEP:
        return identity
    identity |= {COST_USD: None, SIMULATED: None, OPERATION_NAME: "execute_tool"}
    if node.model:
        provider, _, model = node.model.partition(":")
        identity |= {
            OPERATION_NAME: "chat",
            PROVIDER_NAME: provider if model else "unknown",
            REQUEST_MODEL: node.model,
            **dict.fromkeys((RESPONSE_MODEL, INPUT_TOKENS, OUTPUT_TOKENS)),
        }
    return identity


def _span(
    trace: _Trace,
    event: StepFinished | AttemptFinished,
    ids: tuple[int, int],
    name: str,
    kind: SpanKind,
    attributes: Attributes,
) -> Span:
    span, parent = ids
    return Span(
        trace.trace_id,
        trace.span_ids[span],
        trace.span_ids[parent],
        name,
        kind,
        trace.began_ns + round(event.started_s * _NS),
        trace.began_ns + round(event.ended_s * _NS),
        _OK if event.outcome is _OUTCOME_OK else _ERROR,
        attributes,
    )


def _run_span(trace: _Trace, event: RunFinished) -> Span:
    run, result = trace.run, event.result
    end_ns = trace.began_ns + round(result.latency_s * _NS)
    return Span(
        trace_id=trace.trace_id,
        span_id=trace.span_ids[_ROOT],
        parent_span_id="",
        name=f"run {run.spec_path or 'workflow'}",
        kind=SpanKind.INTERNAL,
        start_ns=trace.began_ns,
        end_ns=end_ns,
        status=SpanStatus.OK if result.succeeded else SpanStatus.ERROR,
        attributes={
            SPEC_SHA256: run.spec_sha256,
            SPEC_PATH: run.spec_path,
            RUN_ID: run.run_id,
            STEP_ID: WORKFLOW_STEP_ID,
            YAML_PATH: WORKFLOW_YAML_PATH,
            STEP_KIND: "workflow",
            SPAN_ROLE: SpanRole.RUN,
            OUTCOME: result.outcome,
            ATTEMPT: 1,
            ERROR_CLASS: result.error_class,
            SCORE: result.score,
            BRANCH: "",
            ITERATION: 0,
            INPUT_HASH: run.input_hash,
            COST_USD: str(result.cost_usd),
            SIMULATED: result.simulated,
            OPERATION_NAME: "invoke_workflow",
        },
        events=tuple(
            SpanEvent("flujo.policy_breached", end_ns, _describe(found, result.overridden))
            for found in result.violations
        ),
    )


def _describe(found: Violation, overridden: Mapping[str, str]) -> Attributes:
    attributes: Attributes = {
        "flujo.policy_id": found.policy_id,
        "flujo.policy_action": found.action,
        "flujo.policy_enforcement": found.enforcement,
        "flujo.policy_reason": found.reason,
    }
    if found.policy_id in overridden:
        attributes["flujo.policy_override"] = overridden[found.policy_id]
    return attributes
