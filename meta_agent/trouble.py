"""Trouble that a wrong answer makes: at the step that gave it, or at the one that reads it."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from meta_agent.detectors.window import StepSample
from telemetry import Attempt, ErrorClass, Run

_OWN: Final = frozenset({ErrorClass.INVALID_OUTPUT, ErrorClass.REJECTED, ErrorClass.CRASH})
"""What an answer that isn't up to the step ends in there."""
_NEXT: Final = frozenset({ErrorClass.INVALID_INPUT, ErrorClass.CRASH})
"""What it ends in at the step that reads it."""


def count_later_trouble(runs: Iterable[Run]) -> Counter[str]:
    """Count, by step, the failed runs in which the very next step couldn't do with what it was given."""
    counted: Counter[str] = Counter()
    for run in runs:
        if not run.succeeded:
            tried = [step for step in run.steps if step.attempts]
            counted.update(
                step.step_id for step, then in pairwise(tried) if then.error_class in _NEXT
            )
    return counted


def is_trouble(attempt: Attempt) -> bool:
    """Whether its answer wasn't up to the step."""
    return attempt.error_class in _OWN


def count_trouble(sample: StepSample, later: Counter[str]) -> int:
    """Return how many answers of a step were wrong, and how many the next step choked on; at most its executions."""
    own = sum(map(is_trouble, sample.failures))
    return min(len(sample.executions), own + later[sample.node.step_id])
