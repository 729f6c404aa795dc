"""How a run is left before its end: exceptions inside the engine, which never leave it.

- `StepFailedError`: a step failed for good; a fallback or a parallel that ignores failures may go on.
- `RunStoppedError`: nothing new is started; what is at work beside it ends first.
  - `RunPausedError`: a person is asked, and nobody has answered yet.
- `RunAbortedError`: what is at work is cancelled.

The last two are no `Exception`s, as `asyncio.CancelledError` is none: nobody may take them for a failed attempt.
"""

from telemetry import ErrorClass
from workflow.engine.question import Question


class StepFailedError(Exception):
    """Unwinds a run from the step that failed for good."""

    def __init__(self, step_id: str, error_class: ErrorClass, message: str) -> None:
        self.step_id = step_id
        self.error_class = error_class
        self.message = message
        super().__init__(message)


class RunStoppedError(BaseException):
    """Unwinds a run that may start nothing new; branches and items beside it come to their own end."""


class RunPausedError(RunStoppedError):
    """Unwinds a run that can't go on without an answer; raised by whoever performs the step that asks."""

    def __init__(self, question: Question) -> None:
        self.question = question
        super().__init__(f"{question.step_id} asks a person")


class RunAbortedError(BaseException):
    """Unwinds a run at once."""

    def __init__(self, error_class: ErrorClass, message: str) -> None:
        self.error_class = error_class
        self.message = message
        super().__init__(message)
