"""Recorded answers beside what came of them: which step's answer goes into which failure further down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from meta_agent.detectors.window import Window
from telemetry import ErrorClass, Outcome
from workflow import RecordedStep, Recording, StepNode

BY_INPUT: Final = frozenset(
    {
        ErrorClass.CRASH,
        ErrorClass.INVALID_INPUT,
        ErrorClass.INVALID_OUTPUT,
        ErrorClass.REJECTED,
    }
)
"""How a step fails that was given what it can't work with."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a step answered in one run, and whether the step that reads it failed there."""

    run_id: str
    answer: JsonValue
    failed: bool


def list_suspects(reader: StepNode, window: Window) -> Iterator[StepNode]:
    """Yield the steps whose answers reach a reader, the nearest first: those that ask again when they are told to."""
    flow, seen = window.flow, {reader.step_id}
    pending = sorted(flow.steps[reader.step_id].reads)
    while pending:
        step_id = pending.pop(0)
        node = window.workflow.node(step_id)
        if node is None or step_id in seen:
            continue
        seen.add(step_id)
        if node.kind == "step" and node.is_repeatable:
            yield node
        # What a container gives comes from within.
        pending += flow.inside(step_id)[1:] + sorted(flow.steps[step_id].reads)


def follow_answers(
    recordings: Sequence[Recording], source_id: str, reader_id: str
) -> list[Consequence]:
    """Return each answer of the source beside how the reader fared, execution by execution where both have as many."""
    found: list[Consequence] = []
    for recording in recordings:
        sources = _executions(recording, source_id)
        readers = _executions(recording, reader_id)
        if sources and len(sources) > len(readers):
            # A run that failed on the way has fewer readers: those it has belong to the first answers.
            sources = sources[: len(readers)]
        if len(sources) < len(readers):
            sources = [sources[-1]] * len(readers) if sources else []
        found += [
            Consequence(recording.run_id, source.attempts[-1].result, _failed_by_input(reader))
            for source, reader in zip(sources, readers, strict=False)
            if source.attempts[-1].outcome is Outcome.OK
        ]
    return found


def _executions(recording: Recording, step_id: str) -> list[RecordedStep]:
    found = [step for step in recording.steps if step.step_id == step_id]
    return sorted(found, key=lambda step: step.visit)


def _failed_by_input(step: RecordedStep) -> bool:
    return step.attempts[-1].error_class in BY_INPUT
