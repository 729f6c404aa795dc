"""The catalogue of diagnostics: what each id means and what to do, for the reference page and for other tools."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from workflow.diagnostics.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class DiagnosticKind:
    """One kind of diagnostic; `topic` is what it is about, `remedy` what to do."""

    id: str
    severity: Severity
    topic: str
    meaning: str
    remedy: str


@cache
def load_diagnostic_kinds() -> tuple[DiagnosticKind, ...]:
    """Return every kind, topic by topic; the ids are stable across releases."""
    text = (files(__package__) / "diagnostic_kinds.toml").read_text(encoding="utf-8")
    return tuple(
        DiagnosticKind(
            name, Severity(said.get("severity", "error")), topic, said["meaning"], said["remedy"]
        )
        for topic, kinds in tomllib.loads(text).items()
        for name, said in kinds.items()
    )
