"""A recording: one run's input, chance and every attempt's answer and latency; made once, replayed, never modified."""

import operator
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
from workflow.engine.events import RunStarted
from workflow.engine.governor import RunLimits
from workflow.errors import RecordingError

FORMAT: Literal["flujo.recording/1"] = "flujo.recording/1"


class RecordModel(BaseModel):
    """A part of what is kept of a run: unknown keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Usd = Annotated[Decimal, Field(ge=0)]


class HeldTo(RecordModel):
    """What a run was held to besides its spec: limits of its use, and why soft-mandatory policies could be violated."""

    max_cost_usd: Usd | None = None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    overrides: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, started: RunStarted) -> Self:
        """Return what a run that begins is held to."""
        limits = started.limits
        return cls(
            max_cost_usd=limits.cost_usd,
            max_tokens=limits.tokens,
            overrides=dict(started.overrides),
        )

    @property
    def limits(self) -> RunLimits:
        """The limits as the engine takes them."""
        return RunLimits(self.max_cost_usd, self.max_tokens)


NOTHING_ELSE = HeldTo()


class RecordedAttempt(RecordModel):
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
    cached: Annotated[bool, Field(exclude_if=operator.not_)] = False

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled before anybody could know how it would end."""
        return self.outcome is Outcome.CANCELLED


class RecordedStep(RecordModel):
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


class Recording(RecordModel):
    """One run, complete enough to be re-enacted without calling anything."""

    format: Literal["flujo.recording/1"] = FORMAT
    run_id: str
    spec_sha256: str
    spec_path: str
    started_at: AwareDatetime
    seed: int
    held_to: Annotated[HeldTo, Field(exclude_if=NOTHING_ELSE.__eq__)] = NOTHING_ELSE
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
        if where == "format":
            raise RecordingError(
                f"not a recording: format: it is {first['input']!r}, and only {FORMAT!r} is read"
            ) from None
        raise RecordingError(
            f"not a recording: {where}{': ' * bool(where)}{first['msg']}"
        ) from error
