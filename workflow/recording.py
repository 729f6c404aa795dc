"""A recording: one run's input, chance and every attempt's answer and latency; made once, replayed, never modified."""

from decimal import Decimal
from typing import Annotated, Literal, Self

import orjson
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

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
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Usd = Annotated[Decimal, Field(ge=0)]


class RecordedAttempt(_Model):
    """One try: what came back, or which class of error, after how long.

    `cut_off` says that it was ended from outside, by its timeout or by cancelling: it would have gone on for longer.
    """

    attempt: Annotated[int, Field(ge=1)]
    outcome: Outcome
    latency_s: Seconds
    error_class: ErrorClass = ErrorClass.NONE
    error: str = ""
    cut_off: bool = False
    result: JsonValue = None
    model: str = ""
    input_tokens: Annotated[int, Field(ge=0)] = 0
    output_tokens: Annotated[int, Field(ge=0)] = 0
    cost_usd: Usd = Decimal(0)
    simulated: bool = False

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled before anybody could know how it would end."""
        return self.outcome is Outcome.CANCELLED


class RecordedStep(_Model):
    """One execution of a step that runs an agent or a skill; `visit` counts its executions in the run from 0."""

    step_id: str
    yaml_path: str
    visit: Annotated[int, Field(ge=0)]
    iteration: int = 0
    branch: str = ""
    input_hash: str = ""
    attempts: Annotated[tuple[RecordedAttempt, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        if [attempt.attempt for attempt in self.attempts] != [*range(1, len(self.attempts) + 1)]:
            raise ValueError("the attempts aren't numbered 1, 2, …")
        return self


class Recording(_Model):
    """One run, complete enough to be re-enacted without calling anything."""

    format: Literal["flujo.recording/1"] = FORMAT
    run_id: str
    spec_sha256: str
    spec_path: str
    started_at: AwareDatetime
    seed: int
    simulated: bool
    input: JsonValue
    steps: tuple[RecordedStep, ...]
    outcome: Outcome
    error_class: ErrorClass = ErrorClass.NONE
    output: JsonValue = None
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    cost_usd: Usd
    latency_s: Seconds

    @model_validator(mode="after")
    def _check_visits(self) -> Self:
        visits = [(step.step_id, step.visit) for step in self.steps]
        if len(visits) != len(set(visits)):
            raise ValueError("a step's visit is recorded twice")
        return self


class Recorder:
    """A listener that turns each run that ended by itself into a `Recording`; takes one run after the other."""

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
                key = (event.visit.node.step_id, event.visit.number)
                self._attempts.setdefault(key, []).append(_attempt(event))
            case StepFinished():
                self._add_step(event)
            case RunFinished() if event.result.outcome is not Outcome.CANCELLED:
                self._done.append(self._conclude(event))

    def take(self) -> list[Recording]:
        """Return the recordings of the runs that have finished since the last call."""
        taken, self._done = self._done, []
        return taken

    def _add_step(self, event: StepFinished) -> None:
        visit = event.visit
        attempts = self._attempts.pop((visit.node.step_id, visit.number), None)
        if attempts:
            self._steps.append(
                RecordedStep(
                    step_id=visit.node.step_id,
                    yaml_path=visit.node.yaml_path,
                    visit=visit.number,
                    iteration=visit.iteration,
                    branch=visit.branch,
                    input_hash=visit.input_hash,
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
    return RecordedAttempt(
        attempt=event.number,
        outcome=event.outcome,
        latency_s=max(0.0, round(event.ended_s - event.started_s, 9)),
        error_class=event.error_class,
        error=event.error,
        cut_off=event.cut_off,
        # A copy, because the next step may change what it is given.
        result=orjson.loads(orjson.dumps(reply.output)),
        model=reply.model,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cost_usd=reply.cost_usd,
        simulated=reply.simulated,
    )
