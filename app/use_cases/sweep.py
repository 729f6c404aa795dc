"""A sweep: one pass over a repository, from its telemetry to patches applied, offered, or taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.errors import BadInputError
from app.ports import RunTests, TestVerdict
from app.settings import Settings
from app.store import (
    count_hold_out_uses,
    list_corrections,
    list_memories,
    list_open_entries,
    list_proposals,
    use_hold_out,
)
from app.use_cases.act_on_proposal import Actor, Fate, Handled
from app.use_cases.advance_rollout import bake_all
from app.use_cases.find_candidates import AskModel
from app.use_cases.grounds import SuggestSettings, prepare_grounds
from app.use_cases.keep_ledger import Measured, keep_ledger
from app.use_cases.landings import World
from app.use_cases.offer_proposal import settle_offers
from app.use_cases.outcome import Outcome
from app.use_cases.read_spec import read_spec
from app.use_cases.read_track_record import read_track_record
from app.use_cases.recover import recover
from app.use_cases.rollout_world import Progress, RolloutWorld
from app.use_cases.suggest import Study, Suggestions, conclude, study
from meta_agent import NO_HISTORY, History, list_refused
from telemetry import Run
from workflow import Recording, Reprice, SpecError, Workflow


@dataclass(frozen=True, slots=True)
class SweepReport:
    """All a sweep did; `problems` are specs that couldn't be read, `recovered` what an earlier sweep had left."""

    suggestions: tuple[Suggestions, ...] = ()
    handled: tuple[Handled, ...] = ()
    ledger: tuple[Measured, ...] = ()
    recovered: tuple[Outcome, ...] = ()
    problems: tuple[str, ...] = ()
    baked: tuple[tuple[str, Progress], ...] = ()
    """What was applied earlier and is watched on real traffic, by proposal."""


@dataclass(frozen=True, slots=True)
class Grist:
    """What a sweep looks at, and how it weighs it; `history_of` tells of a spec's other versions."""

    runs: Sequence[Run]
    recordings: Sequence[Recording]
    suggesting: SuggestSettings
    reprice: Reprice | None = None
    ask_model: AskModel | None = None
    history_of: Callable[[Workflow], History] = lambda _: NO_HISTORY


def sweep(
    actor: Actor, grist: Grist, *, report: Callable[[str], None] = lambda _: None
) -> SweepReport:
    """Recover, measure, suggest and act, spec by spec; a spec that can't be read doesn't stop the others."""
    recovered = recover_all(actor)
    actor.host.check_ready()
    settle_offers(actor.world)
    baked = bake_all(open_rollouts(actor, grist.runs)) if grist.runs else ()
    roi = grist.suggesting.proposers.roi
    ledger = keep_ledger(actor.store, grist.runs, roi=roi, now=actor.now, reprice=grist.reprice)
    commit = actor.host.default_branch().commit
    looked = look_into_all(actor.world, actor.settings, commit, grist, report=report)
    left = actor.settings.limits.applied_per_sweep
    handled: list[Handled] = []
    for found in looked.suggestions:
        done = _act_on_all(actor, found, is_full=left <= 0)
        left -= sum(one.application is not None for one in done)
        handled += done
    return SweepReport(
        looked.suggestions, tuple(handled), ledger, recovered, looked.problems, baked
    )


def open_rollouts(actor: Actor, runs: Sequence[Run] | None = None) -> RolloutWorld:
    """Return a local repository as its rollouts see it, with these past runs; None: nobody looked for any."""

    def find_runs(spec_sha256: str, since: datetime) -> Sequence[Run]:
        known = runs or ()
        return [run for run in known if run.spec_sha256 == spec_sha256 and run.started_at >= since]

    finding = None if runs is None else find_runs
    return RolloutWorld(actor.world, actor.settings, finding, open_tests=actor.open_tests)


def look_into_all(
    world: World,
    settings: Settings,
    commit: str,
    grist: Grist,
    *,
    report: Callable[[str], None] = lambda _: None,
) -> SweepReport:
    """Study every spec of a commit and judge all that was found together, doing nothing about it."""
    studies: list[Study] = []
    problems: list[str] = []
    for path in settings.select_specs(world.host.list_files(commit)):
        report(path)
        workflow = _read(world, settings, commit, path, problems)
        if workflow is not None:
            studies.append(_study(world, workflow, grist))
    suggestions = conclude(studies)
    with world.store.transaction() as rows:
        for one in studies:
            if one.grounds.baseline.hold_out.is_kept:
                use_hold_out(rows, one.grounds.workflow.spec_sha256, one.patch_ids, at=world.now)
    return SweepReport(tuple(suggestions), problems=tuple(problems))


def _study(world: World, workflow: Workflow, grist: Grist) -> Study:
    with world.store.transaction() as rows:
        uses = count_hold_out_uses(rows, workflow.spec_sha256)
        record = read_track_record(rows)
        memories = list_memories(rows, now=world.now)
        corrections = list_corrections(rows, workflow.path)
    grounds = prepare_grounds(
        workflow,
        grist.runs,
        grist.recordings,
        grist.suggesting,
        grist.reprice,
        grist.history_of(workflow),
        record=record,
        corrections=corrections,
        refused=list_refused(workflow.path, memories, world.now),
        hold_out_uses=uses,
    )
    return study(grounds, grist.runs, ask_model=grist.ask_model)


def recover_all(actor: Actor) -> tuple[Outcome, ...]:
    """Finish what a dead process left, testing each spec that landed untested."""
    with actor.store.transaction() as rows:
        pending = {entry.proposal_id for entry in list_open_entries(rows)}
        paths = {record.spec_path for record in list_proposals(rows) if record.id in pending}
    if not paths:
        return ()
    tests = [actor.open_tests(path) for path in sorted(paths)]
    return recover(actor.host, actor.store, run_tests=_run_all(tests), now=actor.now)


def _run_all(tests: Sequence[RunTests]) -> RunTests:
    def run_tests(checkout: Path) -> TestVerdict:
        verdicts = [run(checkout) for run in tests]
        return TestVerdict(
            passed=all(verdict.passed for verdict in verdicts),
            total=sum(verdict.total for verdict in verdicts),
            reasons=tuple(reason for verdict in verdicts for reason in verdict.reasons),
        )

    return run_tests


def _read(
    world: World, settings: Settings, commit: str, path: str, problems: list[str]
) -> Workflow | None:
    try:
        return read_spec(world.host, commit, path, allow=settings.skills.allow)
    except SpecError as error:
        problems += [str(found) for found in error.diagnostics]
    except BadInputError as error:
        problems.append(str(error))
    return None


def _act_on_all(actor: Actor, found: Suggestions, *, is_full: bool) -> list[Handled]:
    handled: list[Handled] = []
    for proposal in found.proposals:
        applied = any(done.fate is Fate.APPLIED for done in handled)
        handled.append(actor.act(proposal, applied_already=applied, is_full=is_full))
    return handled
