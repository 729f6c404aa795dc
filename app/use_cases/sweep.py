"""A sweep: one pass over a repository, from its telemetry to patches applied, offered, or taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import BadInputError
from app.ports import RunTests, TestVerdict
from app.store import list_open_entries, list_proposals
from app.use_cases.act_on_proposal import Actor, Fate, Handled
from app.use_cases.keep_ledger import Measured, keep_ledger
from app.use_cases.offer_proposal import settle_offers
from app.use_cases.outcome import Outcome
from app.use_cases.read_spec import read_spec
from app.use_cases.recover import recover
from app.use_cases.suggest import AskModel, Suggestions, SuggestSettings, suggest
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


@dataclass(frozen=True, slots=True)
class Grist:
    """What a sweep looks at, and how it weighs it."""

    runs: Sequence[Run]
    recordings: Sequence[Recording]
    suggesting: SuggestSettings
    reprice: Reprice | None = None
    ask_model: AskModel | None = None


def sweep(
    actor: Actor, grist: Grist, *, report: Callable[[str], None] = lambda _: None
) -> SweepReport:
    """Recover, measure, suggest and act, spec by spec; a spec that can't be read doesn't stop the others."""
    recovered = recover_all(actor)
    actor.host.check_ready()
    settle_offers(actor.world)
    roi = grist.suggesting.proposers.roi
    ledger = keep_ledger(actor.store, grist.runs, roi=roi, now=actor.now)
    commit = actor.host.default_branch().commit
    suggestions: list[Suggestions] = []
    handled: list[Handled] = []
    problems: list[str] = []
    for path in actor.settings.select_specs(actor.host.list_files(commit)):
        report(path)
        workflow = _read(actor, commit, path, problems)
        if workflow is None:
            continue
        found = suggest(
            workflow,
            grist.runs,
            grist.recordings,
            settings=grist.suggesting,
            reprice=grist.reprice,
            ask_model=grist.ask_model,
        )
        suggestions.append(found)
        handled += _act_on_all(actor, found)
    return SweepReport(tuple(suggestions), tuple(handled), ledger, recovered, tuple(problems))


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


def _read(actor: Actor, commit: str, path: str, problems: list[str]) -> Workflow | None:
    try:
        return read_spec(actor.host, commit, path)
    except SpecError as error:
        problems += [str(found) for found in error.diagnostics]
    except BadInputError as error:
        problems.append(str(error))
    return None


def _act_on_all(actor: Actor, found: Suggestions) -> list[Handled]:
    handled: list[Handled] = []
    for proposal in found.proposals:
        applied = any(done.fate is Fate.APPLIED for done in handled)
        handled.append(actor.act(proposal, applied_already=applied))
    return handled
