"""Events → OpenTelemetry spans, after the fact and off the step's path: one a run, one a step, one an attempt."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from telemetry import AttributeValue, Outcome, Span, SpanEvent, SpanKind, SpanRole, SpanStatus
from telemetry import attributes as names
from workflow.engine.events import (
    AttemptFinished,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
)
from workflow.nodes import StepNode

_NS = 1_000_000_000
_ROOT = 0


class SpanCollector:
    """A listener that keeps the spans of finished runs until they are taken."""

    def __init__(self) -> None:
        self._run: RunStarted | None = None
        self._open: list[Span] = []
        self._done: list[Span] = []
        self._trace_id = ""
        self._began_ns = 0

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._begin(event)
            case AttemptFinished():
                self._open.append(self._attempt_span(event))
            case StepFinished():
                self._open.append(self._step_span(event))
            case RunFinished():
                self._done += [*self._open, self._run_span(event)]
                self._open = []

    def take(self) -> list[Span]:
        """Return the spans of the runs that have finished since the last call."""
        taken, self._done = self._done, []
        return taken

    def _begin(self, run: RunStarted) -> None:
        self._run = run
        self._open = []
        self._trace_id = hashlib.blake2b(run.run_id.encode(), digest_size=16).hexdigest()
        self._began_ns = _nanoseconds(run.started_at)

    def _span_id(self, number: int) -> str:
        return hashlib.blake2b(f"{self._trace_id}/{number}".encode(), digest_size=8).hexdigest()

    def _span(
        self,
        name: str,
        number: int,
        parent: int | None,
        times_s: tuple[float, float],
        attributes: Mapping[str, AttributeValue],
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        events: tuple[SpanEvent, ...] = (),
    ) -> Span:
        failed = attributes[names.OUTCOME] != Outcome.OK
        return Span(
            trace_id=self._trace_id,
            span_id=self._span_id(number),
            parent_span_id="" if parent is None else self._span_id(parent),
            name=name,
            kind=kind,
            start_ns=self._began_ns + int(times_s[0] * _NS),
            end_ns=self._began_ns + int(times_s[1] * _NS),
            status=SpanStatus.ERROR if failed else SpanStatus.OK,
            attributes=attributes,
            events=events,
        )

    def _identity(
        self, event: StepFinished | AttemptFinished, role: SpanRole, attempt: int
    ) -> dict[str, AttributeValue]:
        assert self._run is not None
        node: StepNode = event.node
        return {
            names.SPEC_SHA256: self._run.spec_sha256,
            names.SPEC_PATH: self._run.spec_path,
            names.RUN_ID: self._run.run_id,
            names.STEP_ID: node.step_id,
            names.YAML_PATH: node.yaml_path,
            names.STEP_KIND: node.kind,
            names.SPAN_ROLE: role,
            names.OUTCOME: event.outcome,
            names.ATTEMPT: attempt,
            names.ERROR_CLASS: event.error_class,
            names.SCORE: None,
            names.BRANCH: event.branch,
            names.ITERATION: event.iteration,
            names.INPUT_HASH: event.input_hash,
        }

    def _step_span(self, event: StepFinished) -> Span:
        attributes = self._identity(event, SpanRole.STEP, event.attempts)
        times_s = (event.started_s, event.ended_s)
        return self._span(f"step {event.node.name}", event.span, event.parent, times_s, attributes)

    def _attempt_span(self, event: AttemptFinished) -> Span:
        attributes = self._identity(event, SpanRole.ATTEMPT, event.number)
        reply = event.reply
        is_model = bool(event.node.model)
        if is_model:
            provider, _, model = event.node.model.partition(":")
            attributes |= {
                names.OPERATION_NAME: "chat",
                names.PROVIDER_NAME: provider if model else "unknown",
                names.REQUEST_MODEL: event.node.model,
                names.RESPONSE_MODEL: reply.model or event.node.model,
                names.INPUT_TOKENS: reply.input_tokens,
                names.OUTPUT_TOKENS: reply.output_tokens,
            }
        else:
            attributes[names.OPERATION_NAME] = "execute_tool"
        if event.error_class:
            attributes["error.type"] = event.error_class
        attributes[names.COST_USD] = str(reply.cost_usd)
        attributes[names.SIMULATED] = reply.simulated
        name = f"chat {event.node.model}" if is_model else f"execute_tool {event.node.uses}"
        return self._span(
            name,
            event.span,
            event.parent,
            (event.started_s, event.ended_s),
            attributes,
            kind=SpanKind.CLIENT if is_model else SpanKind.INTERNAL,
        )

    def _run_span(self, event: RunFinished) -> Span:
        assert self._run is not None
        result = event.result
        attributes: dict[str, AttributeValue] = {
            names.SPEC_SHA256: self._run.spec_sha256,
            names.SPEC_PATH: self._run.spec_path,
            names.RUN_ID: self._run.run_id,
            names.STEP_ID: names.WORKFLOW_STEP_ID,
            names.YAML_PATH: names.WORKFLOW_YAML_PATH,
            names.STEP_KIND: "workflow",
            names.SPAN_ROLE: SpanRole.RUN,
            names.OUTCOME: result.outcome,
            names.ATTEMPT: 1,
            names.ERROR_CLASS: result.error_class,
            names.SCORE: result.score,
            names.BRANCH: "",
            names.ITERATION: 0,
            names.INPUT_HASH: self._run.input_hash,
            names.COST_USD: str(result.cost_usd),
            names.SIMULATED: result.simulated,
            names.OPERATION_NAME: "invoke_workflow",
        }
        end_ns = self._began_ns + int(result.latency_s * _NS)
        breaches = tuple(
            SpanEvent(
                "flujo.policy_breached",
                end_ns,
                {"flujo.policy_id": found.policy_id, "flujo.policy_action": found.action},
            )
            for found in result.violations
        )
        name = f"run {self._run.spec_path or 'workflow'}"
        return self._span(name, _ROOT, None, (0.0, result.latency_s), attributes, events=breaches)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
