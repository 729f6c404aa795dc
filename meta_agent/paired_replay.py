"""Paired replay: the same recordings through both versions, in blocks, until the answer is clear.

A change that can't be replayed (another model, another prompt) never gets better than "can't tell": recorded answers
stand in for its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from meta_agent.evidence import Evidence, EvidenceSettings, Verdict
from meta_agent.hold_out import HoldOut, is_held_out, rank_of
from meta_agent.judgement import measure_pairs, settle
from meta_agent.looks import CLEAR, HOPELESS, plan_looks
from meta_agent.roi import Pair, RunOutcome
from meta_agent.roi_settings import RoiSettings
from meta_agent.stand_ins import describe_sample, find_stand_ins, pair_ids, remembers_more
from workflow import (
    ModelSample,
    Program,
    Recording,
    Replayed,
    Reprice,
    Workflow,
    compile_program,
    replay_recordings,
)

_PRECISE = 0.2
"""Half the interval's width over its middle, from which on more pairs hardly change the estimate."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The base version replayed on its own recordings, once for all candidates, held-out runs first.

    `others` are recordings of other versions: they tell what another model does, never what this version does.
    """

    program: Program
    replayed: tuple[Replayed, ...]
    others: tuple[Recording, ...] = ()
    hold_out: HoldOut = field(default_factory=HoldOut)

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """All recordings, of this version and of others."""
        return (*(one.recording for one in self.replayed), *self.others)

    @property
    def unseen(self) -> int:
        """How many of the replayed runs no proposer saw."""
        if not self.hold_out.is_kept:
            return 0
        return sum(is_held_out(one.recording.run_id) for one in self.replayed)

    @property
    def noise_floor(self) -> float:
        """The share of recordings that the base itself doesn't reproduce."""
        return sum(not one.reproduces for one in self.replayed) / len(self.replayed)


def replay_baseline(
    base: Workflow, recordings: Sequence[Recording], *, hold_out: HoldOut | None = None
) -> Baseline:
    """Replay what was recorded with the base version through it: an A/A test of the replay itself."""
    program = compile_program(base)
    mine = [one for one in recordings if one.spec_sha256 == base.spec_sha256]
    others = tuple(one for one in recordings if one.spec_sha256 != base.spec_sha256)
    mine.sort(key=lambda one: rank_of(one.run_id))
    replayed = replay_recordings(program, mine) if mine else []
    return Baseline(program, tuple(replayed), others, hold_out or HoldOut())


def weigh(
    base: Baseline,
    head: Workflow,
    *,
    roi: RoiSettings,
    settings: EvidenceSettings,
    rng: np.random.Generator,
    reprice: Reprice | None = None,
) -> tuple[Evidence, list[Pair]]:
    """Replay the base version's recordings through the patched version too, and judge the difference by itself."""
    if not base.replayed:
        return _without_recordings(base, settings), []
    program = compile_program(head)
    stand_ins = find_stand_ins(base.program, program)
    # What a model does at other steps says little of this one: they fail for reasons of their own.
    known = ModelSample.of(base.recordings if any(stand_ins.values()) else ())
    models = ModelSample({}, known.at_step)
    comparison = _Comparison(base, program, stand_ins, models, reprice)
    for look in plan_looks(len(base.replayed)):
        comparison.replay_up_to(look)
        found = comparison.measure(roi, settings, rng)
        if look < len(base.replayed) and _is_clear(found):
            break
    return settle(found, settings), comparison.pairs


@dataclass(slots=True)
class _Comparison:
    """The pairs so far, and what is counted of their patched arms."""

    base: Baseline
    program: Program
    stand_ins: dict[str, str]
    models: ModelSample
    reprice: Reprice | None
    pairs: list[Pair] = field(default_factory=list)
    patched: list[Replayed] = field(default_factory=list)

    def replay_up_to(self, count: int) -> None:
        """Go on until there are so many pairs."""
        recorded = [one.recording for one in self.base.replayed]
        block = self.base.replayed[len(self.pairs) : count]
        patched = replay_recordings(
            self.program,
            [before.recording for before in block],
            stand_ins=self.stand_ins,
            reprice=self.reprice,
            donors=recorded,
            models=self.models,
            old_ids=pair_ids(self.base.program, self.program),
            remembers=remembers_more(self.base.program, self.program),
        )
        self.patched += patched
        both = zip(block, patched, strict=True)
        self.pairs += [Pair(_outcome(before), _outcome(after)) for before, after in both]

    def measure(
        self, roi: RoiSettings, settings: EvidenceSettings, rng: np.random.Generator
    ) -> Evidence:
        """Compare what there is."""
        unseen, patched = self.base.unseen, self.patched
        found = measure_pairs(
            self.pairs,
            unseen=min(unseen, len(self.pairs)),
            planned=unseen or len(self.base.replayed),
            roi=roi,
            settings=settings,
            rng=rng,
        )
        return replace(
            found,
            noise_floor=self.base.noise_floor,
            hold_out_uses=self.base.hold_out.uses if unseen else 0,
            hold_out_max_uses=self.base.hold_out.max_uses if unseen else 0,
            drawn=sum(replayed.drawn for replayed in patched),
            stood_in=sum(replayed.stood_in for replayed in patched),
            tainted=sum(replayed.tainted for replayed in patched),
            unpriced=sum(replayed.unpriced for replayed in patched),
            model_sample=describe_sample(self.models, self.stand_ins),
            recorded=len(self.base.replayed),
            replays=len(patched),
            simulated=any(replayed.result.simulated for replayed in patched),
        )


def _is_clear(found: Evidence) -> bool:
    """Whether more pairs would change neither the verdict nor, by much, the estimate."""
    if found.stood_in:
        return False
    low, mid, high = found.value_usd_per_run
    has_effect = bool(low or mid or high or found.wins or found.losses)
    is_precise = (high - low) / 2 <= _PRECISE * abs(mid)
    is_better = found.p_better <= CLEAR and is_precise
    return is_better or found.p_worse <= HOPELESS or not has_effect


def _without_recordings(base: Baseline, settings: EvidenceSettings) -> Evidence:
    if base.others:
        reason = "the recordings were made with other versions of the spec"
        return Evidence(Verdict.BASELINE_STALE, reason, needed=settings.min_pairs)
    reason = "no recordings to replay (make some with `flujo run --record DIR`)"
    return Evidence(Verdict.CANT_TELL, reason, needed=settings.min_pairs)


def _outcome(replayed: Replayed) -> RunOutcome:
    result = replayed.result
    cost_usd = float(result.cost_usd + replayed.cut_off_usd)
    return RunOutcome(cost_usd, result.succeeded, result.latency_s)
