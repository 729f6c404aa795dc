"""Evidence: what comparing both versions run by run has found, with a verdict that can say "can't tell"."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the evidence says of the patched version against the base."""

    BETTER = "better"
    NOT_WORSE = "not worse"
    WORSE = "worse"
    CANT_TELL = "can't tell"
    BASELINE_STALE = "baseline stale"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """Thresholds: `alpha` per one-sided claim, the success margin in share of runs, the fewest pairs that count.

    A hold-out is kept from `min_held_out` recorded runs in it on: a smaller one has no power.
    """

    min_pairs: int = 30
    min_held_out: int = 60
    alpha: float = 0.05
    success_margin: float = 0.02
    resamples: int = 2_000
    max_mismatch: float = 0.01


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One side of the comparison: means per run, and the share that succeeds with its 90 % Wilson interval."""

    success: float
    success_low: float
    success_high: float
    cost_usd: float
    latency_s: float

    @property
    def interval(self) -> str:
        """The interval of the success rate, as people read it."""
        return f"{self.success_low:.1%} … {self.success_high:.1%}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What paired replay found; `noise_floor` is the share of recordings the base itself doesn't reproduce (A/A).

    `wins` and `losses` count runs that only the patched or only the base version completes. `held_out` of the pairs
    are runs that no proposer saw, and the claims rest on them; 0: there were too few, and they rest on all pairs.
    `hold_out_uses` of `hold_out_max_uses` sweeps have asked them. `p_better` and `p_not_worse` count as they do `among`
    so many candidates that were judged together, early looks included.

    `drawn` attempts weren't in the recording but drawn from others of the same step, `stood_in` ones are by a step that
    now behaves differently, `tainted` ones follow after either, and `unpriced` ones were stopped, so nobody knows what
    they cost. `model_sample` says what was drawn for a step's new model, `""` where nothing was.

    `recorded` runs could have been replayed; fewer `pairs` mean that the answer was clear before. All of that took
    `replays` re-enacted runs, which cost time only, and `spent_usd` for asking a model.
    """

    verdict: Verdict
    reason: str
    pairs: int = 0
    wins: int = 0
    losses: int = 0
    p_better: float = 1.0
    p_worse: float = 1.0
    p_not_worse: float = 1.0
    among: int = 1
    value_usd_per_run: tuple[float, float, float] = (0.0, 0.0, 0.0)
    noise_floor: float = 0.0
    held_out: int = 0
    hold_out_uses: int = 0
    hold_out_max_uses: int = 0
    drawn: int = 0
    stood_in: int = 0
    tainted: int = 0
    unpriced: int = 0
    model_sample: str = ""
    needed: int = 0
    recorded: int = 0
    replays: int = 0
    spent_usd: float = 0.0
    simulated: bool = False
    before: ArmSummary | None = None
    after: ArmSummary | None = None

    @property
    def is_judged(self) -> bool:
        """Whether it makes claims that chance could make too: those are what there can be too many of."""
        return bool(self.pairs) and self.verdict is not Verdict.INVALID and not self.stood_in
