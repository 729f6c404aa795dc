"""Evidence: the same recordings through both versions, compared run by run, with a verdict that can say "can't tell".

Quality is judged by an exact one-sided sign test on the runs that came out differently; money and time by a paired
bootstrap of the value per run. A change that can't be replayed (another model, another prompt) never gets better than
"can't tell": recorded answers stand in for its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from meta_agent.roi import Pair, RunOutcome
from meta_agent.roi_settings import RoiSettings
from meta_agent.statistics import wilson_bounds
from workflow import (
    Program,
    Recording,
    Replayed,
    Reprice,
    Workflow,
    compile_program,
    replay_recordings,
)

Floats = NDArray[np.float64]


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
    """Thresholds: `alpha` per one-sided test, the success margin in share of runs, the fewest pairs that count."""

    min_pairs: int = 30
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

    `wins` and `losses` count runs that only the patched or only the base version completes; `drawn` attempts weren't in
    the recording but drawn from others of the same step, `stood_in` ones are by a step that now behaves differently,
    and `tainted` ones follow after either.
    """

    verdict: Verdict
    reason: str
    pairs: int = 0
    wins: int = 0
    losses: int = 0
    p_better: float = 1.0
    p_worse: float = 1.0
    value_usd_per_run: tuple[float, float, float] = (0.0, 0.0, 0.0)
    noise_floor: float = 0.0
    drawn: int = 0
    stood_in: int = 0
    tainted: int = 0
    needed: int = 0
    simulated: bool = False
    before: ArmSummary | None = None
    after: ArmSummary | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The base version replayed on its own recordings, once for all candidates; `others` are of other versions."""

    program: Program
    replayed: tuple[Replayed, ...]
    others: int = 0


def replay_baseline(base: Workflow, recordings: Sequence[Recording]) -> Baseline:
    """Replay what was recorded with the base version through it: an A/A test of the replay itself."""
    program = compile_program(base)
    mine = [recording for recording in recordings if recording.spec_sha256 == base.spec_sha256]
    replayed = replay_recordings(program, mine) if mine else []
    return Baseline(program, tuple(replayed), len(recordings) - len(mine))


def weigh(
    base: Baseline,
    head: Workflow,
    *,
    roi: RoiSettings,
    settings: EvidenceSettings,
    rng: np.random.Generator,
    reprice: Reprice | None = None,
) -> tuple[Evidence, list[Pair]]:
    """Replay the base version's recordings through the patched version too, and judge the difference."""
    if not base.replayed:
        return _without_recordings(base, settings), []
    program = compile_program(head)
    patched = replay_recordings(
        program,
        [before.recording for before in base.replayed],
        stand_ins=find_stand_ins(base.program, program),
        reprice=reprice,
    )
    pairs = [
        Pair(_outcome(before), _outcome(after))
        for before, after in zip(base.replayed, patched, strict=True)
    ]
    return _judge(pairs, base.replayed, patched, roi, settings, rng), pairs


def find_stand_ins(base: Program, head: Program) -> dict[str, str]:
    """Return the steps whose own behaviour differs, with the model they ask in `head` (`""`: none)."""
    changed = {}
    for step_id, plan in head.leaves.items():
        before = base.leaves.get(step_id)
        same = before is not None and all(
            getattr(before, name) == getattr(plan, name) for name in _BEHAVIOUR
        )
        if not same or (before and before.agent and before.agent.model != plan.node.model):
            changed[step_id] = plan.node.model
    return changed


_BEHAVIOUR = (
    "agent_name",
    "system_prompt",
    "settings",
    "skill",
    "validators",
    "output_schema",
    "input",
    "has_input",
)


def _without_recordings(base: Baseline, settings: EvidenceSettings) -> Evidence:
    if base.others:
        reason = "the recordings were made with other versions of the spec"
        return Evidence(Verdict.BASELINE_STALE, reason, needed=settings.min_pairs)
    reason = "no recordings to replay (make some with `flujo run --record DIR`)"
    return Evidence(Verdict.CANT_TELL, reason, needed=settings.min_pairs)


def _outcome(replayed: Replayed) -> RunOutcome:
    result = replayed.result
    return RunOutcome(float(result.cost_usd), result.succeeded, result.latency_s)


def _summarise(outcomes: Sequence[RunOutcome]) -> ArmSummary:
    count = len(outcomes)
    successes = sum(outcome.succeeded for outcome in outcomes)
    low, high = wilson_bounds(successes, count)
    return ArmSummary(
        success=successes / count,
        success_low=low,
        success_high=high,
        cost_usd=sum(outcome.cost_usd for outcome in outcomes) / count,
        latency_s=sum(outcome.latency_s for outcome in outcomes) / count,
    )


def _judge(
    pairs: Sequence[Pair],
    as_recorded: Sequence[Replayed],
    patched: Sequence[Replayed],
    roi: RoiSettings,
    settings: EvidenceSettings,
    rng: np.random.Generator,
) -> Evidence:
    wins = sum(pair.head.succeeded and not pair.base.succeeded for pair in pairs)
    losses = sum(pair.base.succeeded and not pair.head.succeeded for pair in pairs)
    values = np.array([value_of(pair.head, roi) - value_of(pair.base, roi) for pair in pairs])
    low, mid, high = _bootstrap_mean(values, settings, rng)
    found = Evidence(
        verdict=Verdict.CANT_TELL,
        reason="",
        pairs=len(pairs),
        wins=wins,
        losses=losses,
        p_better=sign_test(wins, losses),
        p_worse=sign_test(losses, wins),
        value_usd_per_run=(low, mid, high),
        noise_floor=sum(not replayed.reproduces for replayed in as_recorded) / len(pairs),
        drawn=sum(replayed.drawn for replayed in patched),
        stood_in=sum(replayed.stood_in for replayed in patched),
        tainted=sum(replayed.tainted for replayed in patched),
        simulated=any(replayed.result.simulated for replayed in patched),
        before=_summarise([pair.base for pair in pairs]),
        after=_summarise([pair.head for pair in pairs]),
    )
    verdict, reason, needed = _verdict(found, settings)
    return replace(found, verdict=verdict, reason=reason, needed=needed)


def _verdict(found: Evidence, settings: EvidenceSettings) -> tuple[Verdict, str, int]:
    low, _, high = found.value_usd_per_run
    if found.noise_floor > settings.max_mismatch:
        share = f"{found.noise_floor:.0%}"
        return Verdict.INVALID, f"the base doesn't reproduce {share} of its own recordings", 0
    if found.pairs < settings.min_pairs:
        needed = settings.min_pairs - found.pairs
        return Verdict.CANT_TELL, f"{found.pairs} recorded runs are too few", needed
    if found.stood_in:
        reason = "recorded answers stand in for the changed step's own"
        return Verdict.CANT_TELL, reason, settings.min_pairs
    if found.p_worse <= settings.alpha:
        return Verdict.WORSE, f"{found.losses} runs fail that didn't, {found.wins} recover", 0
    if high < 0:
        return Verdict.WORSE, "every plausible effect costs value", 0
    if found.p_better <= settings.alpha or low > 0:
        return Verdict.BETTER, f"{found.wins} runs recover, {found.losses} are lost", 0
    return _hardly_different(found, settings)


def _hardly_different(found: Evidence, settings: EvidenceSettings) -> tuple[Verdict, str, int]:
    if success_loss_bound(found.losses, found.wins, found.pairs) <= settings.success_margin:
        return Verdict.NOT_WORSE, "no more failures, within the margin", 0
    discordance = max((found.wins + found.losses) / found.pairs, 1 / found.pairs)
    # ≈ 80 % power for non-inferiority at one-sided 5 %: (1.645 + 0.842)² ≈ 6.2.
    wanted = math.ceil(6.2 * discordance / settings.success_margin**2)
    return Verdict.CANT_TELL, "too few runs came out differently", max(1, wanted - found.pairs)


def value_of(outcome: RunOutcome, roi: RoiSettings) -> float:
    """Return what one run is worth in USD: the value of success less its cost and the price of its latency."""
    worth = roi.value_per_success_usd if outcome.succeeded else 0.0
    return worth - outcome.cost_usd - roi.latency_usd_per_s * outcome.latency_s


def sign_test(wins: int, losses: int) -> float:
    """Return the exact one-sided p-value of at least `wins` wins among the discordant pairs, if both were as likely."""
    total = wins + losses
    return sum(math.comb(total, k) for k in range(wins, total + 1)) / 2**total if total else 1.0


def success_loss_bound(losses: int, wins: int, pairs: int) -> float:
    """Return the one-sided 95 % upper bound of the share of runs lost net (paired Wald with a pseudo-count each)."""
    n = pairs + 2
    lost, won = (losses + 0.5) / n, (wins + 0.5) / n
    spread = math.sqrt(max(0.0, lost + won - (lost - won) ** 2) / n)
    return lost - won + 1.645 * spread


def _bootstrap_mean(
    values: Floats, settings: EvidenceSettings, rng: np.random.Generator
) -> tuple[float, float, float]:
    picks = rng.integers(0, len(values), size=(settings.resamples, len(values)))
    means = values[picks].mean(axis=1)
    low, high = np.quantile(means, [settings.alpha, 1 - settings.alpha])
    return float(low), float(values.mean()), float(high)
