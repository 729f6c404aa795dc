"""Go on with a run that asked a person, once there is an answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
from pydantic import JsonValue

from app.errors import BadInputError
from app.use_cases.run_workflow import KeepPaused, KeepRecordings, KeepSpans
from workflow import (
    Listener,
    PausedRun,
    PausedRunError,
    Perform,
    Program,
    Recorder,
    Resumption,
    RunLimits,
    RunResult,
    SpanCollector,
    answer_question,
    hash_with,
    run_program,
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Who keeps what a run leaves: its telemetry and its recording when it has ended, itself when it pauses again."""

    paused: KeepPaused
    spans: KeepSpans | None = None
    recordings: KeepRecordings | None = None


def check_version(program: Program, paused: PausedRun) -> None:
    """Refuse to go on with another version of the spec; raises `BadInputError` that names both."""
    version = program.workflow.spec_sha256
    if version != paused.spec_sha256:
        raise BadInputError(
            f"the run paused in version {paused.spec_sha256} of {paused.spec_path!r}, and the spec is now version"
            f" {version}; put that version back, or run it anew"
        )


def read_answer(paused: PausedRun, text: str, step_id: str) -> Resumption:
    """Answer with the JSON value that a text is; a text that isn't JSON, or that fits only as text, is meant as it is.

    Raises `BadInputError` for an answer that doesn't fit, or to nothing that is asked.
    """
    try:
        value: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = text
    try:
        return answer_question(paused, value, step_id=step_id)
    except PausedRunError as error:
        try:
            return answer_question(paused, text, step_id=step_id)
        except PausedRunError:
            raise BadInputError(str(error)) from None


def resume_run(
    program: Program,
    paused: PausedRun,
    past: Resumption,
    *,
    perform: Perform,
    hash_key: bytes,
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
    keeping: Keeping,
    overrides: Mapping[str, str] | None = None,
    limits: RunLimits | None = None,
    watch: Listener | None = None,
) -> RunResult:
    """Go through the run again as far as it had come, calling nothing, and on.

    What the run was held to before still holds for all of it: `limits` can only be smaller, `overrides` be added. With
    `watch` what is asked anew streams, and it is told what happens as it happens.
    """
    spans, recorder = SpanCollector(), Recorder()
    listeners: list[Listener] = [
        recorder,
        *([spans] if keeping.spans else []),
        *([watch] if watch else []),
    ]
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        result = runner.run(
            run_program(
                program,
                paused.input,
                perform=perform,
                run_id=paused.run_id,
                started_at=paused.started_at,
                seed=paused.seed,
                listeners=listeners,
                hash_input=hash_with(hash_key),
                overrides={**paused.held_to.overrides, **(overrides or {})},
                limits=paused.held_to.limits.tighten(limits),
                past=past,
                streams=watch is not None,
            )
        )
    for again in recorder.take_paused():
        keeping.paused(again)
    if keeping.spans and not result.questions:
        keeping.spans(spans.take())
    if keeping.recordings and not result.questions:
        keeping.recordings(recorder.take())
    return result
