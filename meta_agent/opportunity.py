"""A place worth improving, with the numbers that say so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Opportunity:
    """What a detector found in one step of one spec version.

    `kind` is the detector's name (`costly_step`); `numbers` are the figures behind it, units in their names; `runs` is
    the sample size; `enough` is false below the sample floor: `runs_needed` says roughly how many more it takes.
    `confidence` is 1 less the p-value of the test behind it, 1 for what was counted and needs no test. The runs began
    from `since` until `until` (aware UTC), `None` where there were none.
    """

    kind: str
    step_id: str
    yaml_path: str
    spec_sha256: str
    summary: str
    runs: int
    numbers: Mapping[str, float] = field(default_factory=dict)
    enough: bool = True
    runs_needed: int = 0
    confidence: float = 1.0
    since: datetime | None = None
    until: datetime | None = None
