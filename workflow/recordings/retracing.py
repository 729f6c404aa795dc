"""A recorded run gone through again, step by step: what its state was after each execution, and what had changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from telemetry import Outcome
from workflow.comparison.changes import ABSENT
from workflow.engine.events import Event, StepFinished, StepStarted
from workflow.engine.program import Program
from workflow.errors import RecordingError
from workflow.recordings.recording import Recording
from workflow.recordings.replay import Replayed, replay_recordings
from workflow.recordings.state_changes import StateChange, find_state_changes

State = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Moment:
    """A run just after one execution of a step ended.

    `number` counts the moments of the run from 1, `execution` those of this step; both in the order in which executions
    ended. `context` is what the step's own scope holds: inside a parallel branch, that branch's copy. The paths of
    `changes` begin with `context`, or with `output`, which is compared with what the step's execution before gave.
    """

    number: int
    execution: int
    finished: StepFinished
    context: State
    changes: tuple[StateChange, ...]

    @property
    def step_id(self) -> str:
        """The step that ended."""
        return self.finished.visit.node.step_id


@dataclass(frozen=True, slots=True)
class Retraced:
    """A recorded run moment by moment, in the order in which executions ended: a container after what is inside."""

    replayed: Replayed
    moments: tuple[Moment, ...]

    @property
    def is_faithful(self) -> bool:
        """Whether nothing had to be guessed and the run came out as recorded, to the same output."""
        was, now = self.replayed.recording, self.replayed.result
        guessed = self.replayed.drawn or self.replayed.tainted
        return not guessed and self.replayed.reproduces and was.output == now.output

    def outputs(self, number: int) -> dict[str, JsonValue]:
        """Return what each step had given last at the moment of that number, by `step_id`."""
        return {
            moment.step_id: moment.finished.output
            for moment in self.moments[:number]
            if moment.finished.outcome is Outcome.OK
        }

    def context(self, number: int) -> State:
        """Return the context at the moment of that number, as its step saw it; 0 is before the first step."""
        if number:
            return self.moments[number - 1].context
        data = self.replayed.recording.input
        return data if isinstance(data, dict) else {}

    def find(self, step_id: str, execution: int = 1) -> Moment | None:
        """Return the moment at which that execution of a step ended; None if the run never came to it."""
        same = (one for one in self.moments if (one.step_id, one.execution) == (step_id, execution))
        return next(same, None)


def retrace_recording(program: Program, recording: Recording) -> Retraced:
    """Replay a recording through the version that made it; raises `RecordingError` for any other version."""
    version = program.workflow.spec_sha256
    if version != recording.spec_sha256:
        raise RecordingError(
            f"the recording was made with version {recording.spec_sha256} of {recording.spec_path!r},"
            f" and this is version {version}"
        )
    watcher = _Watcher()
    (replayed,) = replay_recordings(program, [recording], seed=recording.seed, listeners=[watcher])
    return Retraced(replayed, tuple(watcher.moments))


@dataclass
class _Watched:
    """A context as the engine goes on changing it, and as it was when last looked at."""

    live: State
    before: State


@dataclass
class _Watcher:
    """A listener that looks at the context after each step.

    What a step leaves in the context is put there after it is told to have ended, and before anything else is told:
    so a moment is written down at the event after its own. Values are not copied: in a replay nobody changes one.
    """

    moments: list[Moment] = field(default_factory=list)
    _contexts: dict[int, _Watched] = field(default_factory=dict)
    _watched: dict[int, _Watched] = field(default_factory=dict)
    _outputs: dict[str, JsonValue] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _ended: StepFinished | None = None

    def __call__(self, event: Event) -> None:
        if self._ended is not None:
            self._write_down(self._ended)
            self._ended = None
        if isinstance(event, StepStarted):
            live = event.context
            watched = self._contexts.setdefault(id(live), _Watched(live, dict(live)))
            self._watched[event.visit.span] = watched
        elif isinstance(event, StepFinished):
            self._ended = event

    def _write_down(self, ended: StepFinished) -> None:
        watched = self._watched.pop(ended.visit.span)
        context = dict(watched.live)
        changes = find_state_changes(dict(watched.before), context, ("context",))
        self.moments.append(
            Moment(
                number=len(self.moments) + 1,
                execution=self._count(ended.visit.node.step_id),
                finished=ended,
                context=context,
                changes=(*self._compare_output(ended), *changes),
            )
        )
        watched.before = context

    def _count(self, step_id: str) -> int:
        self._counts[step_id] = self._counts.get(step_id, 0) + 1
        return self._counts[step_id]

    def _compare_output(self, ended: StepFinished) -> tuple[StateChange, ...]:
        if ended.outcome is not Outcome.OK:
            return ()
        step_id = ended.visit.node.step_id
        before = self._outputs.get(step_id, ABSENT)
        self._outputs[step_id] = ended.output
        return tuple(find_state_changes(before, ended.output, ("output",)))
