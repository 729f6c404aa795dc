"""A proposal: the unit of review, composed of a guarded patch and everything that was found out about it."""

from dataclasses import dataclass

from meta_agent import Candidate, Evidence, RoiEstimate
from prompt_guard import GuardedPatch
from trust_tiers import Decision
from workflow import JsonPatch, Workflow


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
    violations: tuple[str, ...] = ()
    blocks_merge: bool = False
    needs_approval: bool = False
    behind: str = ""
    """Title of a better proposal that touches the same place: this one waits for it."""

    @property
    def title(self) -> str:
        """One line, imperative."""
        return self.candidate.title
