"""What was read off a world: plain figures, one record a proposal, kept until all worlds are judged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judged:
    """One recommended change beside the truth, in USD a month; `None` where there is no such figure.

    `harms` says that the change is surely worse than nothing, before any fixed cost; `takes` names the plant it takes,
    `falls_for` the trap; `is_exact`: it brings nine tenths of what the best known parameter brings.
    """

    title: str
    kind: str
    patch_class: str
    predicted: float | None
    low: float | None
    high: float | None
    true_net: float | None
    realised: float | None
    harms: bool
    review_minutes: float
    takes: str = ""
    falls_for: str = ""
    is_exact: bool | None = None

    @property
    def is_worthwhile(self) -> bool:
        """Whether it truly brings more than it costs."""
        return self.true_net is not None and self.true_net > 0

    @property
    def holds(self) -> bool | None:
        """Whether what a ledger would read lies in the interval; None where there is no such figure."""
        if self.low is None or self.high is None or self.realised is None:
            return None
        return self.low <= self.realised <= self.high


@dataclass(frozen=True, slots=True)
class Cured:
    """One plant that is worth curing, and whether somebody proposed to."""

    kind: str
    true_net: float
    found: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to propose, in one world, after so many runs; `judged` in its own order."""

    way: str
    seed: int
    runs: int
    is_control: bool
    judged: tuple[Judged, ...]
    cured: tuple[Cured, ...]
    traps: tuple[str, ...]
    fell_for: tuple[str, ...]
    """The traps that some recommendation falls for."""
    shown: int = 0
    """Everything that was listed, also what waits or isn't recommended."""
    seconds: float = 0.0
