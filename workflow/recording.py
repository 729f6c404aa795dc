"""A recording: one run's input, chance and every attempt's answer and latency; made once, replayed, never modified."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from telemetry import ErrorClass, Outcome
from workflow.engine.events import (
    AttemptFinished,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
)
from workflow.errors import RecordingError

FORMAT: Literal["flujo.recording/1"] = "flujo.recording/1"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordedAttempt(_Model):
    """One try: what came back, or which class of error, after how long."""

    attempt: Annotated[int, Field(ge=1)]
    outcome: Outcome
    latency_s: Annotated[float, Field(ge=0)]
    error_class: ErrorClass = ErrorClass.NONE
    error: str = ""
    result: JsonValue = None
    model: str = ""
    input_tokens: Annotated[int, Field(ge=0)] = 0
    output_tokens: Annotated[int, Field(ge=0)] = 0
    cost_usd: Decimal = Decimal(0)
    simulated: bool = False


class RecordedStep(_Model):
    """One execution of a step that runs an agent or a skill; `visit` counts its executions in the run from 0."""

    step_id: str
    yaml_path: str
    visit: Annotated[int, Field(ge=0)]
    iteration: int = 0
    branch: str = ""
    input_hash: str = ""
    attempts: Annotated[tuple[RecordedAttempt, ...], Field(min_length=1)]


class Recording(_Model):
    """One run, complete enough to be re-enacted without calling anything."""

    format: Literal["flujo.recording/1"] = FORMAT
    run_id: str
    spec_sha256: str
    spec_path: str
    started_at: datetime
    seed: int
    simulated: bool
    input: JsonValue
    steps: tuple[RecordedStep, ...]
    outcome: Outcome
    error_class: ErrorClass = ErrorClass.NONE
    output: JsonValue = None
    score: float | None = None
    cost_usd: Decimal
    latency_s: float


class Recorder:
    """A listener that turns each finished run into a `Recording`."""

    def __init__(self) -> None:
        self._run: RunStarted | None = None
        self._input = b"null"
        self._attempts: dict[tuple[str, int], list[RecordedAttempt]] = {}
        self._steps: list[RecordedStep] = []
        self._done: list[Recording] = []

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                # A copy, because a skill may change what it was given.
                self._run, self._input = event, orjson.dumps(event.input)
                self._attempts, self._steps = {}, []
            case AttemptFinished():
                key = (event.node.step_id, event.visit)
                self._attempts.setdefault(key, []).append(_attempt(event))
            case StepFinished():
                self._add_step(event)
            case RunFinished():
                self._done.append(self._conclude(event))

    def take(self) -> list[Recording]:
        """Return the recordings of the runs that have finished since the last call."""
        taken, self._done = self._done, []
        return taken

    def _add_step(self, event: StepFinished) -> None:
        attempts = self._attempts.pop((event.node.step_id, event.visit), None)
        if attempts:
            self._steps.append(
                RecordedStep(
                    step_id=event.node.step_id,
                    yaml_path=event.node.yaml_path,
                    visit=event.visit,
                    iteration=event.iteration,
                    branch=event.branch,
                    input_hash=event.input_hash,
                    attempts=tuple(attempts),
                )
            )

    def _conclude(self, event: RunFinished) -> Recording:
        assert self._run is not None
        run, result = self._run, event.result
        return Recording(
            run_id=run.run_id,
            spec_sha256=run.spec_sha256,
            spec_path=run.spec_path,
            started_at=run.started_at,
            seed=run.seed,
            simulated=result.simulated,
            input=orjson.loads(self._input),
            steps=tuple(self._steps),
            outcome=result.outcome,
            error_class=result.error_class,
            output=result.output,
            score=result.score,
            cost_usd=result.cost_usd,
            latency_s=result.latency_s,
        )


def write_recording(recording: Recording) -> bytes:
    """Return the recording as JSON, its keys in the order of the format."""
    return orjson.dumps(recording.model_dump(mode="json"), option=orjson.OPT_APPEND_NEWLINE)


def read_recording(data: bytes | str) -> Recording:
    """Read a recording; raises `RecordingError` that says what is wrong."""
    try:
        return Recording.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecordingError(f"not a recording: {where}: {first['msg']}") from error


def _attempt(event: AttemptFinished) -> RecordedAttempt:
    reply = event.reply
    result: Mapping[str, JsonValue] = {"result": orjson.loads(orjson.dumps(reply.output))}
    return RecordedAttempt(
        attempt=event.number,
        outcome=event.outcome,
        latency_s=max(0.0, event.ended_s - event.started_s),
        error_class=event.error_class,
        error=event.error,
        model=reply.model,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cost_usd=reply.cost_usd,
        simulated=reply.simulated,
        **result,
    )
