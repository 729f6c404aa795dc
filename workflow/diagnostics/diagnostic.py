"""What is wrong with a spec, where, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error stops a spec from loading; a warning doesn't."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding; `id` is stable across releases, `line` and `column` count from 1 (0: unknown)."""

    id: str
    message: str
    hint: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    pointer: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        hint = f"; {self.hint}" if self.hint else ""
        return f"{where + ': ' if where else ''}{self.message}{hint} [{self.id}]"
