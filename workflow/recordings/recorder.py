"""A listener that makes recordings."""

import orjson

from telemetry import Outcome
from workflow.engine.events import (
    AttemptFinished,
    Event,
    RunFinished,
    RunPaused,
    RunStarted,
    StepFinished,
)
from workflow.recordings.paused_run import PausedRun, pause_run
from workflow.recordings.recording import HeldTo, RecordedAttempt, RecordedStep, Recording


class Recorder:
    """A listener that turns each run that ended by itself into a `Recording`, and each that paused into a `PausedRun`.

    Takes one run after the other.
    """

    def __init__(self) -> None:
        self._run: RunStarted | None = None
        self._input = b"null"
        self._attempts: dict[tuple[str, int], list[RecordedAttempt]] = {}
        self._steps: list[RecordedStep] = []
        self._done: list[Recording] = []
        self._paused: list[PausedRun] = []

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
            case RunPaused():
                self._paused.append(self._pause(event))

    def take(self) -> list[Recording]:
        """Return the recordings of the runs that have finished since the last call."""
        taken, self._done = self._done, []
        return taken

    def take_paused(self) -> list[PausedRun]:
        """Return the runs that have paused since the last call."""
        taken, self._paused = self._paused, []
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

    def _pause(self, event: RunPaused) -> PausedRun:
        assert self._run is not None
        return pause_run(self._run, orjson.loads(self._input), tuple(self._steps), event.result)

    def _conclude(self, event: RunFinished) -> Recording:
        assert self._run is not None
        run, result = self._run, event.result
        return Recording(
            run_id=run.run_id,
            spec_sha256=run.spec_sha256,
            spec_path=run.spec_path,
            started_at=run.started_at,
            seed=run.seed,
            held_to=HeldTo.of(run),
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
        cached=reply.cached,
    )
