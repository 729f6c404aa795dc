"""What proposals for one version rest on: its runs and recordings, what both may be used for, and the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from meta_agent import (
    NO_HISTORY,
    NO_RECORD,
    Baseline,
    Correction,
    EvidenceSettings,
    History,
    ProposerSettings,
    TrackRecord,
    Traffic,
    is_held_out,
    measure_traffic,
    replay_baseline,
    set_aside,
)
from policy_dsl import Policy
from prompt_guard import RefusedEffect
from telemetry import MAX_SHARE, Run, limit_sources
from trust_tiers import TierLimits
from workflow import Recording, Reprice, Workflow


@dataclass(frozen=True, slots=True)
class SuggestSettings:
    """How to propose, weigh and judge; read from the base branch."""

    proposers: ProposerSettings
    evidence: EvidenceSettings
    limits: TierLimits
    seed: int = 0
    organisation: tuple[Policy, ...] = ()
    max_share: float = MAX_SHARE
    """Of a version's runs, for one sender or source among several."""

    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    """How often versions run, by hash, where somebody counted all of their runs and not a sample."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What proposals for one version rest on."""

    workflow: Workflow
    runs: Sequence[Run]
    recordings: Sequence[Recording]
    baseline: Baseline
    settings: SuggestSettings
    traffic: Traffic
    reprice: Reprice | None
    history: History = NO_HISTORY
    record: TrackRecord = NO_RECORD
    refused: tuple[RefusedEffect, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def seen_runs(self) -> Sequence[Run]:
        """The runs that a proposer may look at: without those held out for the verdict."""
        return _without_held_out(self.runs) if self.baseline.hold_out.is_kept else self.runs

    @property
    def seen_recordings(self) -> Sequence[Recording]:
        """The recordings that a proposer may look at."""
        is_kept = self.baseline.hold_out.is_kept
        return _without_held_out(self.recordings) if is_kept else self.recordings

    @property
    def seen_history(self) -> History:
        """The history that a proposer may look at."""
        if not self.baseline.hold_out.is_kept:
            return self.history
        return replace(self.history, runs=tuple(_without_held_out(self.history.runs)))


def prepare_grounds(
    workflow: Workflow,
    runs: Sequence[Run],
    recordings: Sequence[Recording],
    settings: SuggestSettings,
    reprice: Reprice | None,
    history: History = NO_HISTORY,
    *,
    record: TrackRecord = NO_RECORD,
    refused: tuple[RefusedEffect, ...] = (),
    corrections: tuple[Correction, ...] = (),
    hold_out_uses: int = 0,
) -> Grounds:
    """Gather what is known of this very version; its recordings are replayed once for all candidates.

    `record` is what became of earlier predictions in this repository, `refused` which effects nobody wants,
    `corrections` which values people prefer, and `hold_out_uses` how many sweeps have judged patches of this version on
    its held-out runs before.
    """
    mine = limit_sources(
        (run for run in runs if run.spec_sha256 == workflow.spec_sha256),
        max_share=settings.max_share,
    )
    hold_out = set_aside(
        (one.run_id for one in recordings if one.spec_sha256 == workflow.spec_sha256),
        at_least=max(settings.evidence.min_pairs, settings.evidence.min_held_out),
        uses=hold_out_uses + 1,
    )
    return Grounds(
        workflow=workflow,
        runs=mine,
        recordings=recordings,
        baseline=replay_baseline(workflow, recordings, hold_out=hold_out),
        settings=settings,
        traffic=_find_traffic(workflow, mine, settings),
        reprice=reprice,
        history=history,
        record=record,
        refused=refused,
        corrections=corrections,
    )


def _find_traffic(workflow: Workflow, runs: Sequence[Run], settings: SuggestSettings) -> Traffic:
    roi = settings.proposers.roi
    counted = settings.traffic.get(workflow.spec_sha256)
    if counted is None or roi.runs_per_month is not None:
        return measure_traffic(runs, roi)
    return counted


_Kept = TypeVar("_Kept", Run, Recording)


def _without_held_out(kept: Sequence[_Kept]) -> Sequence[_Kept]:
    return [one for one in kept if not is_held_out(one.run_id)]
