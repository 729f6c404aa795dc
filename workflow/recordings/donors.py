"""What steps did across all recordings: where a replay draws from what its own recording doesn't hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from workflow.recordings.recording import RecordedAttempt, RecordedStep, Recording

Visit = tuple[str, int]
"""A step and the number of its execution in a run, from 0."""

_MIN_RETRY_SAMPLE = 20


@dataclass(frozen=True)
class Donors:
    """Recorded steps by run and by step, and those of their attempts that ran to their end."""

    runs: Sequence[Mapping[Visit, RecordedStep]]
    steps: Mapping[str, Sequence[RecordedStep]]
    attempts: Mapping[str, Sequence[RecordedAttempt]]
    retries: Mapping[str, Sequence[RecordedAttempt]]

    @classmethod
    def of(cls, recordings: Sequence[Recording]) -> "Donors":
        """Return what these recordings have to give."""
        steps: dict[str, list[RecordedStep]] = {}
        attempts: dict[str, list[RecordedAttempt]] = {}
        retries: dict[str, list[RecordedAttempt]] = {}
        for recording in recordings:
            for step in recording.steps:
                steps.setdefault(step.step_id, []).append(step)
                told = [attempt for attempt in step.attempts if not attempt.is_cancelled]
                attempts.setdefault(step.step_id, []).extend(told)
                again = [attempt for attempt in told if attempt.attempt > 1]
                retries.setdefault(step.step_id, []).extend(again)
        return cls([index_steps(one) for one in recordings], steps, attempts, retries)

    def draw_attempt(self, step_id: str, random: Random) -> RecordedAttempt | None:
        """Draw how another attempt would go; retries are told by retries where enough of them are recorded."""
        retries = self.retries.get(step_id, ())
        pool = retries if len(retries) >= _MIN_RETRY_SAMPLE else self.attempts.get(step_id, ())
        return random.choice(pool) if pool else None

    def draw_longer(self, step_id: str, than_s: float, random: Random) -> RecordedAttempt | None:
        """Draw an attempt that ran to its end and took longer than a cut-off one was given."""
        pool = [
            attempt
            for attempt in self.attempts.get(step_id, ())
            if attempt.latency_s > than_s and not attempt.cut_off
        ]
        return random.choice(pool) if pool else None

    def draw_success(self, step_id: str, random: Random) -> RecordedAttempt | None:
        """Draw an attempt that was answered."""
        pool = [
            attempt
            for attempt in self.attempts.get(step_id, ())
            if not attempt.error_class and not attempt.cut_off
        ]
        return random.choice(pool) if pool else None

    def draw_run(self, visit: Visit, random: Random) -> Mapping[Visit, RecordedStep]:
        """Draw a run in which the step was executed that often; if there is none, any run."""
        fit = [steps for steps in self.runs if visit in steps]
        return random.choice(fit or self.runs)

    def draw_step(
        self, visit: Visit, donor: Mapping[Visit, RecordedStep], random: Random
    ) -> RecordedStep | None:
        """Take a step from its donor run, else from any run that has it."""
        pool = self.steps.get(visit[0], ())
        return donor.get(visit) or (random.choice(pool) if pool else None)


def index_steps(recording: Recording) -> dict[Visit, RecordedStep]:
    """Return a recording's steps by what they are executions of."""
    return {(step.step_id, step.visit): step for step in recording.steps}
