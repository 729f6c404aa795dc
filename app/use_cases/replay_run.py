"""Go through a recorded run again, as far as somebody wants to see it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from app.errors import BadInputError
from workflow import Moment, Program, Recording, Retraced, retrace_recording

_STOP = re.compile(r"(?P<step_id>.+?)(#(?P<execution>[1-9][0-9]{0,8}))?")


@dataclass(frozen=True, slots=True)
class Stop:
    """Where to stop: after an execution of a step, counted from 1."""

    step_id: str
    execution: int = 1

    def __str__(self) -> str:
        return f"{self.step_id}#{self.execution}"


@dataclass(frozen=True, slots=True)
class Tour:
    """A run gone through again up to a stop; `last` is the number of the last moment to be shown."""

    retraced: Retraced
    stop: Stop | None
    reached: bool
    last: int

    @property
    def moments(self) -> Sequence[Moment]:
        """What is to be shown."""
        return self.retraced.moments[: self.last]


def replay_run(program: Program, recording: Recording, until: str | None) -> Tour:
    """Replay the recording and find the stop in it; a run that never came to it is shown to its end.

    Raises `BadInputError` for a stop that names no step, `RecordingError` for another version of the spec.
    """
    retraced = retrace_recording(program, recording)
    stop = None if until is None else parse_stop(until, _list_steps(program, retraced))
    found = stop and retraced.find(stop.step_id, stop.execution)
    last = found.number if found else len(retraced.moments)
    return Tour(retraced, stop, reached=stop is None or found is not None, last=last)


def parse_stop(text: str, known: Collection[str]) -> Stop:
    """Read `step_id` or `step_id#2`; raises `BadInputError` for a step that isn't known."""
    if text in known:
        return Stop(text)
    parts = _STOP.fullmatch(text)
    step_id = parts["step_id"] if parts else text
    if parts and step_id in known:
        return Stop(step_id, int(parts["execution"] or 1))
    near = get_close_matches(step_id, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`flujo validate` lists them"
    raise BadInputError(f"the spec has no step {step_id!r}; {hint}")


def _list_steps(program: Program, retraced: Retraced) -> Collection[str]:
    """Return every step that can be named, one that never ran too."""
    of_spec = {node.step_id for node in program.workflow.nodes}
    return of_spec | program.leaves.keys() | {moment.step_id for moment in retraced.moments}
