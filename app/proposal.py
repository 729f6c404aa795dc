"""A proposal: the unit of review, composed of a guarded patch and everything that was found out about it."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from meta_agent import Candidate, Evidence, RoiEstimate
from prompt_guard import GuardedPatch
from trust_tiers import Decision
from workflow import JsonPatch, Workflow


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a proposal was made from: enough to ask the same again, and to find all that something wrong has touched.

    `template_sha256` is the fixed part of the prompt, `""` where no model was asked; the window is that of the runs.
    """

    guard: str
    price_table: str
    window_from: datetime | None = None
    window_to: datetime | None = None
    runs: int = 0
    recordings: int = 0
    model: str = ""
    template_sha256: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as it is kept and answered; instants are ISO 8601."""
        return {
            "guard": self.guard,
            "price_table": self.price_table,
            "window_from": self.window_from.isoformat() if self.window_from else None,
            "window_to": self.window_to.isoformat() if self.window_to else None,
            "runs": self.runs,
            "recordings": self.recordings,
            "model": self.model,
            "template_sha256": self.template_sha256,
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate that passed the guard, with its evidence, its worth, and its judgement.

    `patch` is the candidate's with the tool's own `test` operations added; `violations` are policies of the base branch
    that hold it back, one sentence each.
    """

    id: str
    fingerprint: str
    base: Workflow
    guarded: GuardedPatch
    patch: JsonPatch
    candidate: Candidate
    evidence: Evidence
    roi: RoiEstimate | None
    runs_per_month: float
    decision: Decision
    provenance: Provenance
    violations: tuple[str, ...] = ()
    blocks_merge: bool = False
    needs_approval: bool = False
    behind: str = ""
    """Title of a better proposal that touches the same place: this one waits for it."""

    @property
    def title(self) -> str:
        """One line, imperative."""
        return self.candidate.title
