"""What a person is shown of a proposal: plain values, composed by whoever knows them, rendered here."""

from dataclasses import dataclass

from diff_ux.sentences import Rewording, Sentence


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that matters, as it should read: `−$4.10` in `−$5.20 … −$3.00`; no `interval`: unknown."""

    label: str
    value: str
    interval: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One comparison behind the proposal: what was measured, before, after, and what follows."""

    label: str
    before: str
    after: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as its reviewer sees it; every text may come from data and is escaped when rendered.

    `figures` are three at most; numbers in the `verdict` take their room. `picture` is what `draw_change` returned;
    `rewordings` what `list_rewordings` did; `patch` is the JSON text; `undo` the command that takes the change back;
    `track_record` says how the last twenty predictions turned out; `why` is one sentence by whoever proposed it;
    `is_simulated` when no real model was asked.
    """

    title: str
    verdict: str
    tier: str
    figures: tuple[Figure, ...] = ()
    picture: str = ""
    sentences: tuple[Sentence, ...] = ()
    rewordings: tuple[Rewording, ...] = ()
    evidence: tuple[EvidenceRow, ...] = ()
    patch: str = ""
    reasons: tuple[str, ...] = ()
    undo: str = ""
    track_record: str = ""
    why: str = ""
    is_simulated: bool = False
    notes: tuple[str, ...] = ()
