"""Errors of this package.

WorkflowError
├── SpecError          a spec that can't be loaded; carries its `diagnostics`
├── PatchError         not an RFC 6902 document; carries `index` of the operation (-1: the whole) and `reason`
│   └── PatchConflictError   a patch that doesn't fit this document
├── EditError          a patch that can't be written into the text faithfully
├── NotExecutableError a valid spec asks for something the engine doesn't run
├── RecordingError     a recording that can't be read or doesn't fit the spec
├── PausedRunError     a paused run that can't be read, or an answer that doesn't fit it
└── SkillError         a skill that can't be loaded
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflow.diagnostics.diagnostic import Diagnostic


class WorkflowError(Exception):
    """Root of the errors raised by `workflow`."""


class SpecError(WorkflowError):
    """Raised for a spec with at least one error; the message is the first diagnostic's line."""

    def __init__(self, diagnostics: "Sequence[Diagnostic]") -> None:
        self.diagnostics = tuple(diagnostics)
        first = str(self.diagnostics[0]) if self.diagnostics else "invalid spec"
        more = f" (and {len(self.diagnostics) - 1} more)" if len(self.diagnostics) > 1 else ""
        super().__init__(first + more)


class PatchError(WorkflowError):
    """Raised for data that isn't a JSON Patch."""

    def __init__(self, reason: str, *, index: int = -1) -> None:
        self.reason = reason
        self.index = index
        super().__init__(f"operation {index}: {reason}" if index >= 0 else reason)


class PatchConflictError(PatchError):
    """Raised when a well-formed patch doesn't fit the document it is applied to."""


class EditError(WorkflowError):
    """Raised when a patch can't be written into YAML text without touching what it doesn't name."""


class NotExecutableError(WorkflowError):
    """Raised for a valid spec that asks for something this engine doesn't run; names the line and the step."""


class RecordingError(WorkflowError):
    """Raised for a recording that can't be read, or was made with another spec."""


class PausedRunError(WorkflowError):
    """Raised for a paused run that can't be read or isn't of this spec, and for an answer that isn't one to it."""


class SkillError(WorkflowError):
    """Raised for a skill that doesn't exist or can't be loaded; the message says what to do."""
