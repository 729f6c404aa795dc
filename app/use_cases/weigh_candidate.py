"""Weighs one candidate: through the guard, then through paired replay, or through its telemetry where that can't be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from app.use_cases.grounds import Grounds
from meta_agent import (
    Candidate,
    Evidence,
    Imagined,
    Pair,
    Verdict,
    imagine_cap,
    imagine_longer,
    imagine_pairs,
    imagine_shape,
    imagine_structure,
    imagine_validators,
    weigh,
)
from prompt_guard import GuardedPatch, Rejection, check_patch, plan_for
from workflow import GraphChange, Program, Workflow, compile_program, diff_workflows

_NEVER_RECORDED = "how long stopped attempts would have gone on was never recorded"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate that passed the guard, its pairs, and what they say; `source` names pairs that aren't replays."""

    candidate: Candidate
    guarded: GuardedPatch
    evidence: Evidence
    pairs: Sequence[Pair]
    source: str = ""


def weigh_candidate(
    grounds: Grounds, candidate: Candidate, *, spent_usd: float = 0.0
) -> Weighed | str:
    """Guard and weigh a candidate by itself, or say why the guard refuses it; `spent_usd` was paid to find it."""
    guarded = _guard(grounds, candidate)
    if isinstance(guarded, Rejection):
        return f"refused by the guard: {guarded}"
    evidence, pairs, source = weigh_version(grounds, guarded.after, guarded.changes)
    return Weighed(candidate, guarded, replace(evidence, spent_usd=spent_usd), pairs, source)


def weigh_version(
    grounds: Grounds, after: Workflow, changes: Sequence[GraphChange] | None = None
) -> tuple[Evidence, Sequence[Pair], str]:
    """Replay where there are recordings; else re-enact telemetry, which supports an estimate but no verdict."""
    settings = grounds.settings
    base, head = grounds.baseline.program, compile_program(after)
    random = Random(settings.seed)  # noqa: S311 -- simulation, not secrets
    simulated = any(run.simulated for run in grounds.runs)
    changes = diff_workflows(grounds.workflow, after) if changes is None else changes
    longer = imagine_longer(
        base, head, grounds.runs, random=random, reprice=grounds.reprice, changes=changes
    )
    if longer is not None:
        needed = settings.evidence.min_pairs
        never = Evidence(Verdict.CANT_TELL, _NEVER_RECORDED, needed=needed, simulated=simulated)
        return never, longer.pairs, longer.source
    evidence, pairs = weigh(
        grounds.baseline,
        after,
        roi=settings.proposers.roi,
        settings=settings.evidence,
        rng=np.random.default_rng(settings.seed),
        reprice=grounds.reprice,
    )
    if pairs and not evidence.stood_in:
        return evidence, pairs, ""
    known = _imagine(grounds, head, random, changes)
    if known is None and pairs:
        return evidence, pairs, ""
    evidence = replace(evidence, simulated=simulated)
    if known is not None:
        return evidence, known.pairs, known.source
    pairs = imagine_pairs(
        base, head, grounds.runs, random=random, reprice=grounds.reprice, changes=changes
    )
    return evidence, pairs, "runs re-enacted from telemetry alone"


def _imagine(
    grounds: Grounds, head: Program, random: Random, changes: Sequence[GraphChange]
) -> Imagined | None:
    """Ask who knows patches of this kind; `None` for one that turns knobs, or that nobody knows."""
    base, runs, recordings = grounds.baseline.program, grounds.runs, grounds.recordings
    return (
        imagine_structure(base, head, runs, grounds.history, random=random)
        or imagine_validators(base, head, runs, recordings, random=random, changes=changes)
        or imagine_shape(base, head, runs, changes)
        or imagine_cap(base, head, runs, reprice=grounds.reprice, changes=changes)
    )


def _guard(grounds: Grounds, candidate: Candidate) -> GuardedPatch | Rejection:
    # A plan bounds what a model may touch; what our own code changes of the structure is bounded by that code.
    plan = (
        None
        if candidate.structural
        else plan_for(
            grounds.workflow,
            [candidate.opportunity.step_id],
            models=grounds.settings.limits.allowed_models,
        )
    )
    return check_patch(grounds.workflow, candidate.patch.to_json(), plan=plan)
