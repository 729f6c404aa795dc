"""What is known of a spec beside the runs of the version looked at: its other versions, and what they did."""

from dataclasses import dataclass

from telemetry import Run
from workflow import Workflow


@dataclass(frozen=True, slots=True)
class History:
    """The past of one spec.

    `known` are the hashes of its versions on the default branch, `None` where nobody looked; `previous` is the version
    before this one; `runs` are runs of any version, those of other specs don't count.
    """

    known: frozenset[str] | None = None
    previous: Workflow | None = None
    runs: tuple[Run, ...] = ()

    def runs_of(self, workflow: Workflow) -> tuple[Run, ...]:
        """Return the runs of exactly that version."""
        return tuple(run for run in self.runs if run.spec_sha256 == workflow.spec_sha256)


NO_HISTORY = History()
