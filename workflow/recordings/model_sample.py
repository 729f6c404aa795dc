"""What a model does, by every recorded attempt that asked it: for a step that is to ask it and never has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from workflow.recordings.recording import RecordedAttempt, Recording

MIN_SAMPLE: Final = 30
"""Fewer attempts don't tell what a model does."""


@dataclass(frozen=True, slots=True)
class ModelSample:
    """Attempts that ran to their end, wherever they were recorded, by model, and by model and step."""

    anywhere: Mapping[str, Sequence[RecordedAttempt]]
    at_step: Mapping[tuple[str, str], Sequence[RecordedAttempt]]

    @classmethod
    def of(cls, recordings: Sequence[Recording]) -> "ModelSample":
        """Collect what these recordings, of any version, know of models."""
        anywhere: dict[str, list[RecordedAttempt]] = {}
        at_step: dict[tuple[str, str], list[RecordedAttempt]] = {}
        for recording in recordings:
            for step in recording.steps:
                for attempt in step.attempts:
                    if attempt.model and not attempt.cut_off and not attempt.cached:
                        anywhere.setdefault(attempt.model, []).append(attempt)
                        at_step.setdefault((attempt.model, step.step_id), []).append(attempt)
        return cls(anywhere, at_step)

    def of_step(self, model: str, step_id: str) -> Sequence[RecordedAttempt]:
        """Return what the model did at this very step, else at any; empty where that isn't enough to go by."""
        own, anywhere = self.at_step.get((model, step_id), ()), self.anywhere.get(model, ())
        sample = own if len(own) >= MIN_SAMPLE else anywhere
        return sample if len(sample) >= MIN_SAMPLE else ()

    def draw(self, model: str, step_id: str, random: Random) -> RecordedAttempt | None:
        """Draw one of those attempts."""
        sample = self.of_step(model, step_id)
        return random.choice(sample) if sample else None


NO_MODELS: Final = ModelSample({}, {})
