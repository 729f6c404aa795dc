"""Suggest: runs → opportunities → candidates → guarded, weighed, estimated, judged and ranked proposals.

In two halves, because claims must be judged together: `study` looks into one spec, `conclude` judges the candidates of
all specs that were studied as one family, and composes their proposals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.proposal import Proposal
from app.use_cases.compose_proposal import compose_proposal, identify_patch
from app.use_cases.estimate_together import Together, estimate_together
from app.use_cases.find_candidates import AskModel, Found, find_candidates
from app.use_cases.grounds import Grounds, SuggestSettings, prepare_grounds
from app.use_cases.weigh_candidate import Weighed, weigh_candidate
from meta_agent import NO_HISTORY, Candidate, History, Opportunity, judge_together, rank
from telemetry import Run
from workflow import Recording, Reprice, Workflow


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What came of one spec: proposals, best first, and everything that didn't become one, with its reason."""

    workflow: Workflow
    runs: int
    opportunities: tuple[Opportunity, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    together: Together | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """What was found of one spec, and its candidates as far as each can be judged by itself."""

    grounds: Grounds
    found: Found
    weighed: tuple[Weighed, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()

    @property
    def patch_ids(self) -> tuple[str, ...]:
        """The ids of what was weighed."""
        return tuple(identify_patch(self.grounds.workflow, one.guarded) for one in self.weighed)


def suggest(
    workflow: Workflow,
    runs: Sequence[Run],
    recordings: Sequence[Recording],
    *,
    settings: SuggestSettings,
    reprice: Reprice | None = None,
    ask_model: AskModel | None = None,
    history: History = NO_HISTORY,
) -> Suggestions:
    """Return the ranked proposals for one spec; runs of other versions of it count only as its `history`."""
    grounds = prepare_grounds(workflow, runs, recordings, settings, reprice, history)
    (suggestions,) = conclude([study(grounds, runs, ask_model=ask_model)])
    return suggestions


def study(grounds: Grounds, runs: Sequence[Run], *, ask_model: AskModel | None = None) -> Study:
    """Find candidates and weigh each by itself; `runs` are those of all versions."""
    found = find_candidates(grounds, ask_model)
    if not grounds.runs:
        told = _without_runs(grounds.workflow, runs)
        return Study(grounds, replace(found, notes=(told, *found.notes)))
    shares = _share_costs(found)
    weighed: list[Weighed] = []
    rejected: list[tuple[str, str]] = []
    for candidate in found.candidates:
        result = weigh_candidate(grounds, candidate, spent_usd=shares(candidate))
        if isinstance(result, Weighed):
            weighed.append(result)
        else:
            rejected.append((candidate.title, result))
    return Study(grounds, found, tuple(weighed), tuple(rejected))


def conclude(studies: Sequence[Study]) -> list[Suggestions]:
    """Judge the candidates of all studies together and compose what came of each study, in order."""
    flat = [weighed for study in studies for weighed in study.weighed]
    if not flat:
        return [_compose(study, ()) for study in studies]
    settings = studies[0].grounds.settings.evidence
    judged = iter(judge_together([weighed.evidence for weighed in flat], settings))
    return [
        _compose(study, [replace(one, evidence=next(judged)) for one in study.weighed])
        for study in studies
    ]


def _compose(study: Study, weighed: Sequence[Weighed]) -> Suggestions:
    proposals: list[Proposal] = []
    rejected = list(study.rejected)
    for one in weighed:
        composed = compose_proposal(study.grounds, one)
        if isinstance(composed, Proposal):
            proposals.append(composed)
        else:
            rejected.append((one.candidate.title, composed))
    ranked = _rank(proposals)
    return Suggestions(
        workflow=study.grounds.workflow,
        runs=len(study.grounds.runs),
        opportunities=study.found.opportunities,
        proposals=ranked,
        rejected=tuple(rejected),
        notes=study.found.notes,
        together=estimate_together(study.grounds, ranked),
    )


def _share_costs(found: Found) -> Callable[[Candidate], float]:
    """A model's candidates share what asking it has cost; those of heuristics cost nothing."""
    asked = sum(_is_by_model(candidate) for candidate in found.candidates)
    share_usd = found.spent_usd / asked if asked else 0.0
    return lambda candidate: share_usd if _is_by_model(candidate) else 0.0


def _is_by_model(candidate: Candidate) -> bool:
    return candidate.source.startswith("model:")


def _rank(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    by_candidate = {id(proposal.candidate): proposal for proposal in proposals}
    ranked = rank([(proposal.candidate, proposal.roi) for proposal in proposals])
    return tuple(
        replace(
            by_candidate[id(entry.candidate)],
            behind=entry.behind.title if entry.behind else "",
        )
        for entry in ranked
    )


def _without_runs(workflow: Workflow, runs: Sequence[Run]) -> str:
    if not runs:
        return f"{workflow.path}: no telemetry yet; run it with `flujo run … --telemetry FILE`"
    return (
        f"{workflow.path}: none of the {len(runs)} runs is of this version "
        f"({workflow.spec_sha256[:12]}); run it again, or check out the version that ran"
    )
