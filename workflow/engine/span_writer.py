"""Events of a run → its OpenTelemetry spans: one a run, one an execution of a step, one an attempt."""

from collections.abc import Mapping, Sequence

from policy_dsl import Violation
from telemetry import NO_ATTRIBUTES, Outcome, Span, SpanEvent, SpanKind, SpanRole, SpanStatus
from telemetry.attributes import (
    ATTEMPT,
    BRANCH,
    CACHE_HIT,
    COST_USD,
    ERROR_CLASS,
    GOVERNOR_BREACHED,
    INPUT_HASH,
    INPUT_TOKENS,
    ITERATION,
    OPERATION_NAME,
    OUTCOME,
    OUTPUT_TOKENS,
    RESPONSE_MODEL,
    RUN_ID,
    SCORE,
    SIMULATED,
    SPAN_ROLE,
    SPEC_PATH,
    SPEC_SHA256,
    STEP_ID,
    STEP_KIND,
    VALIDATORS_MS,
    WORKFLOW_STEP_ID,
    WORKFLOW_YAML_PATH,
    YAML_PATH,
)
from workflow.engine.events import (
    AttemptFinished,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    new,
)
from workflow.engine.run_trace import Trace, open_trace
from workflow.engine.span_likeness import Attributes, Likeness, SpanCache, like_attempt, like_step

_NS = 1_000_000_000
_ROOT = 0

# An enum's member costs as much to look up as all the rest of an attribute.
_OK, _ERROR, _OUTCOME_OK = SpanStatus.OK, SpanStatus.ERROR, Outcome.OK


def write_spans(events: Sequence[Event], cache: SpanCache) -> list[Span]:
    """Return the spans of one run, its first event its start, in the order in which what they tell of ended.

    `cache` is to be handed in again with the next run.
    """
    run = events[0]
    assert isinstance(run, RunStarted)
    trace = open_trace(run, cache)
    spans: list[Span] = []
    for event in events:
        if isinstance(event, StepFinished):
            spans.append(_step_span(trace, event))
        elif isinstance(event, AttemptFinished):
            spans.append(_attempt_span(trace, event))
        elif isinstance(event, RunFinished):
            spans.append(_run_span(trace, event))
    return spans


def _step_span(trace: Trace, event: StepFinished) -> Span:
    visit = event.visit
    step_id = visit.node.step_id
    likeness = trace.steps.get(step_id)
    if likeness is None:
        likeness = trace.steps[step_id] = like_step(trace.run, visit.node)
    attributes = _fill(likeness, trace, event, event.attempts)
    return _span(trace, event, visit.span, visit.parent, likeness, attributes)


def _attempt_span(trace: Trace, event: AttemptFinished) -> Span:
    visit, reply = event.visit, event.reply
    step_id = visit.node.step_id
    likeness = trace.attempts.get(step_id)
    if likeness is None:
        likeness = trace.attempts[step_id] = like_attempt(trace.run, visit.node)
    attributes = _fill(likeness, trace, event, event.number)
    attributes[COST_USD] = str(reply.cost_usd) if reply.cost_usd else "0"
    attributes[SIMULATED] = reply.simulated
    if event.error_class:
        attributes["error.type"] = event.error_class
    if reply.cached:
        attributes[CACHE_HIT] = True
    if reply.validators_ms:
        attributes[VALIDATORS_MS] = " ".join(f"{each_ms:.6g}" for each_ms in reply.validators_ms)
    if likeness.asks_model:
        attributes[RESPONSE_MODEL] = reply.model or visit.node.model
        attributes[INPUT_TOKENS] = reply.input_tokens
        attributes[OUTPUT_TOKENS] = reply.output_tokens
    return _span(trace, event, event.span, visit.span, likeness, attributes)


def _fill(
    likeness: Likeness, trace: Trace, event: StepFinished | AttemptFinished, attempt: int
) -> Attributes:
    """Return a copy of the common attributes, filled in: a copy that never grows, which would be slow."""
    visit = event.visit
    attributes = likeness.attributes.copy()
    attributes[RUN_ID] = trace.run.run_id
    attributes[OUTCOME] = event.outcome
    attributes[ATTEMPT] = attempt
    attributes[ERROR_CLASS] = event.error_class
    attributes[BRANCH] = visit.branch
    attributes[ITERATION] = visit.iteration
    attributes[INPUT_HASH] = visit.input_hash
    return attributes


def _span(
    trace: Trace,
    event: StepFinished | AttemptFinished,
    number: int,
    parent: int,
    likeness: Likeness,
    attributes: Attributes,
) -> Span:
    ids, began_ns = trace.span_ids, trace.began_ns
    return new(
        Span,
        (
            trace.trace_id,
            ids[number],
            ids[parent],
            likeness.name,
            likeness.kind,
            began_ns + round(event.started_s * _NS),
            began_ns + round(event.ended_s * _NS),
            _OK if event.outcome is _OUTCOME_OK else _ERROR,
            attributes,
            (),
            NO_ATTRIBUTES,
        ),
    )


def _run_span(trace: Trace, event: RunFinished) -> Span:
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
            GOVERNOR_BREACHED: result.governor_breached,
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
