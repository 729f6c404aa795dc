"""A paused run: all that another process needs to go on where a person was asked, as one JSON document.

It goes on by going through the run again from the start. Attempts that were finished are re-enacted: nothing is called
twice, and what they cost and took counts once. The time until a person answers is no part of the run.
"""

from typing import Annotated, Literal

import orjson
from pydantic import AwareDatetime, Field, JsonValue, ValidationError

from workflow.engine.events import RunStarted
from workflow.engine.question import Question
from workflow.engine.result import RunResult
from workflow.errors import PausedRunError
from workflow.format.spec_model import JsonObject
from workflow.recordings.recording import (
    NOTHING_ELSE,
    HeldTo,
    RecordedStep,
    RecordModel,
    Seconds,
    Usd,
)

PAUSED_FORMAT: Literal["flujo.paused/1"] = "flujo.paused/1"


class PausedQuestion(RecordModel):
    """What is asked; see `Question`."""

    step_id: str
    visit: Annotated[int, Field(ge=0)]
    message: str
    input: JsonValue
    input_schema: JsonObject | None = None

    @property
    def question(self) -> Question:
        """The question as the engine puts it."""
        return Question(self.step_id, self.visit, self.message, self.input, self.input_schema)


class PausedRun(RecordModel):
    """A run that waits; `steps` hold every attempt so far, the answers of people among them.

    `spec_file` is for whoever keeps the run: where the spec lies.
    """

    format: Literal["flujo.paused/1"] = PAUSED_FORMAT
    run_id: str
    spec_sha256: str
    spec_path: str
    spec_file: str = ""
    started_at: AwareDatetime
    seed: int
    held_to: Annotated[HeldTo, Field(exclude_if=NOTHING_ELSE.__eq__)] = NOTHING_ELSE
    input: JsonValue
    steps: tuple[RecordedStep, ...]
    questions: Annotated[tuple[PausedQuestion, ...], Field(min_length=1)]
    cost_usd: Usd
    elapsed_s: Seconds


def pause_run(
    started: RunStarted, data: JsonValue, steps: tuple[RecordedStep, ...], result: RunResult
) -> PausedRun:
    """Put together a run that has paused, out of what was recorded of it; `data` is its input."""
    asked = {(question.step_id, question.visit) for question in result.questions}
    return PausedRun(
        run_id=started.run_id,
        spec_sha256=started.spec_sha256,
        spec_path=started.spec_path,
        started_at=started.started_at,
        seed=started.seed,
        held_to=HeldTo.of(started),
        input=data,
        steps=tuple(step for step in steps if (step.step_id, step.visit) not in asked),
        questions=tuple(_write_question(question) for question in result.questions),
        cost_usd=result.cost_usd,
        elapsed_s=result.latency_s,
    )


def write_paused_run(paused: PausedRun) -> bytes:
    """Return the run as JSON, its keys in the order of the format."""
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_INDENT_2
    return orjson.dumps(paused.model_dump(mode="json"), option=options)


def read_paused_run(data: bytes | str) -> PausedRun:
    """Read a paused run; raises `PausedRunError` that says what is wrong."""
    try:
        return PausedRun.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        at = f" at {where}" if where else ""
        raise PausedRunError(f"not a paused run{at}: {first['msg']}") from None


def _write_question(question: Question) -> PausedQuestion:
    schema = question.input_schema
    return PausedQuestion(
        step_id=question.step_id,
        visit=question.visit,
        message=question.message,
        input=question.input,
        input_schema=None if schema is None else dict(schema),
    )
