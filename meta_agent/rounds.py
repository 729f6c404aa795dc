"""What the rounds of a loop gave: how many there were each time, and the numbers each of them came to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from pydantic import JsonValue

from telemetry import Outcome, Run
from workflow import Recording, StepNode, Workflow

Score = Mapping[str, float]
"""Numbers by their names; under `""` whether what a round gave as a whole isn't what the one before gave: 1 or 0."""

WHOLE = ""
SCORE = "flujo.score"


@dataclass(frozen=True, slots=True)
class LoopVisit:
    """One time a loop ran: what each of its rounds came to, in order; empty scores where only their number is known."""

    scores: tuple[Score, ...]

    @property
    def rounds(self) -> int:
        """How many rounds there were."""
        return len(self.scores)


def find_last_step(loop: StepNode, workflow: Workflow) -> StepNode | None:
    """Return the step that gives what a round gives."""
    body = [
        node
        for node in workflow.nodes
        if node.parent_id == loop.step_id and not node.pointer.endswith("/fallback")
    ]
    return body[-1] if body else None


def read_rounds(runs: Iterable[Run], step_ids: Iterable[str]) -> dict[str, list[LoopVisit]]:
    """Return the visits that telemetry tells of, by the last step of the loop's body."""
    visits: dict[str, list[LoopVisit]] = {step_id: [] for step_id in step_ids}
    for run in runs:
        rounds: dict[str, list[tuple[int, Score]]] = {}
        for step in run.steps:
            if step.step_id in visits and step.outcome is Outcome.OK:
                score = {} if step.score is None else {SCORE: step.score}
                rounds.setdefault(step.step_id, []).append((step.iteration, score))
        for step_id, told in rounds.items():
            visits[step_id] += _split(told)
    return visits


def recall_rounds(recordings: Iterable[Recording], step_id: str) -> list[LoopVisit]:
    """Return the visits that recordings tell of, with every number the answers held."""
    visits: list[LoopVisit] = []
    for recording in recordings:
        told: list[tuple[int, Score]] = []
        before = b""
        executions = [step for step in recording.steps if step.step_id == step_id]
        for step in sorted(executions, key=lambda one: one.visit):
            last = step.attempts[-1]
            if last.outcome is not Outcome.OK:
                continue
            whole = orjson.dumps(last.result, option=orjson.OPT_SORT_KEYS)
            is_new = float(step.iteration == 1 or whole != before)
            told.append((step.iteration, {WHOLE: is_new, **dict(_numbers_in(last.result, ""))}))
            before = whole
        visits += _split(told)
    return visits


def _split(told: Sequence[tuple[int, Score]]) -> Iterator[LoopVisit]:
    """Cut what was told of one run where a loop begins anew."""
    scores: list[Score] = []
    for iteration, score in told:
        if iteration == 1 and scores:
            yield LoopVisit(tuple(scores))
            scores = []
        scores.append(score)
    if scores:
        yield LoopVisit(tuple(scores))


def _numbers_in(value: JsonValue, name: str) -> Iterator[tuple[str, float]]:
    """Yield what is a number or a truth value, in objects too, with its path."""
    if isinstance(value, (bool, int, float)):
        yield name or "value", float(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers_in(inner, f"{name}.{key}" if name else key)
