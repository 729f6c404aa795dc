"""What the builder refuses at once, because no spec could say it."""

from workflow.diagnostics.diagnostic import Diagnostic
from workflow.errors import SpecError


def refuse(problem: str, message: str, hint: str = "names are identities: rename one") -> SpecError:
    """Return the error to raise; `problem` is the id of a diagnostic."""
    return SpecError([Diagnostic(problem, message, hint)])
