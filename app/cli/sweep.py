"""`flujo sweep`: one pass over a repository."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.local_git import LocalGitRepository
from app.adapters.price_list import reprice
from app.adapters.spec_history import read_history
from app.adapters.telemetry_files import read_recordings
from app.bootstrap.improving import open_actor, open_ask_model
from app.cli.output import Format, FormatOption, notes, print_json, print_text
from app.cli.past_runs import RepositoryOption, Server, ServerOption, read_past_runs
from app.cli.proposals import describe_nothing, print_notes, proposal_to_json
from app.cli.serving import DatabaseOption
from app.cli.suggest import BaseUrlOption, ModelOption, RecordingsOption
from app.settings import SETTINGS_PATH
from app.store import LOCAL, Application, LedgerRecord
from app.use_cases.act_on_proposal import Fate, Handled
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.keep_ledger import Measured
from app.use_cases.present_proposal import usd
from app.use_cases.read_organisation import read_organisation
from app.use_cases.sweep import Grist, SweepReport
from app.use_cases.sweep import sweep as sweep_over

DEFAULT_TELEMETRY = ".flujo/telemetry"
DEFAULT_RECORDINGS = ".flujo/recordings"


def sweep(
    repo: Annotated[Path, typer.Option("--repo", help="a git repository")],
    telemetry: Annotated[
        list[Path] | None,
        typer.Option(help=f"OTLP JSON-lines file [default: {DEFAULT_TELEMETRY}/*.jsonl]"),
    ] = None,
    data: ServerOption = None,
    database: DatabaseOption = None,
    repository: RepositoryOption = LOCAL,
    recordings: RecordingsOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    seed: Annotated[int, typer.Option(help="chance of the replays' draws")] = 0,
    output: FormatOption = Format.TEXT,
) -> None:
    """Suggest, prove, apply what is safe, offer the rest on branches, and take back what fails."""
    host = LocalGitRepository(repo)
    now = datetime.now(UTC)
    server = Server(data, database, repository)
    usual = () if server.is_named else sorted((host.folder / DEFAULT_TELEMETRY).glob("*.jsonl"))
    actor = open_actor(host, now=now)
    past = read_past_runs(telemetry or usual, server, actor.settings, now=now)
    kept = host.folder / DEFAULT_RECORDINGS
    folders = recordings or ([kept] if kept.is_dir() else [])
    suggesting = choose_suggesting(
        actor.settings, seed=seed, organisation=read_organisation(host, actor.settings)
    )
    grist = Grist(
        runs=past.runs,
        recordings=read_recordings(folders),
        suggesting=replace(suggesting, traffic=past.traffic),
        reprice=reprice,
        ask_model=open_ask_model(model, base_url, max_usd=actor.settings.models.max_usd_per_sweep)
        if model
        else None,
        history_of=lambda workflow: read_history(host.folder, workflow, past.runs),
    )
    with notes.status("sweeping") as status:
        done = sweep_over(actor, grist, report=lambda path: status.update(f"sweeping {path}"))
    if output is Format.JSON:
        print_json({**sweep_to_json(done), "skipped": past.skipped})
    else:
        print_sweep(done)


def sweep_to_json(done: SweepReport) -> dict[str, object]:
    """Return a sweep as the command line's contract has it (docs/reference/cli.md)."""
    return {
        "proposals": [
            {
                **proposal_to_json(handled.proposal),
                "fate": handled.fate,
                "fate_reason": handled.reason,
                "where": handled.where or None,
            }
            for handled in done.handled
        ],
        "applied": [
            applied_to_json(handled.application)
            for handled in done.handled
            if handled.fate is Fate.APPLIED and handled.application
        ],
        "reverted": [
            reverted_to_json(handled.application)
            for handled in done.handled
            if handled.fate is Fate.REVERTED and handled.application
        ],
        "recovered": [
            {"id": outcome.proposal_id, "outcome": outcome.kind} for outcome in done.recovered
        ],
        "ledger": [ledger_to_json(measured.record) for measured in done.ledger],
        "problems": list(done.problems),
        "notes": [line for found in done.suggestions for line in found.notes],
        "dropped": [
            {"title": title, "reason": reason}
            for found in done.suggestions
            for title, reason in found.rejected
        ],
    }


def applied_to_json(application: Application) -> dict[str, object]:
    """Return what was applied, and the blobs that prove it."""
    return {
        "commit": application.commit,
        "path": application.path,
        "blob_before": application.blob_before,
        "blob_after": application.blob_after,
    }


def reverted_to_json(application: Application) -> dict[str, object]:
    """Return what was taken back; `blob` is the content that is back, byte for byte."""
    return {
        "commit": application.reverted_commit,
        "path": application.path,
        "blob": application.blob_before,
    }


def ledger_to_json(record: LedgerRecord) -> dict[str, object]:
    """Return a prediction beside what was measured, in USD a month."""
    predicted = record.predicted
    return {
        "id": record.proposal_id,
        "predicted": {
            "low": predicted.low_usd,
            "mid": predicted.mid_usd,
            "high": predicted.high_usd,
        },
        "realised": record.realised_usd,
        "runs": record.runs,
        "base_runs": record.base_runs,
        "horizon_days": record.horizon_days,
        "strata": record.strata,
        "price_table": record.price_table,
    }


_MARKS = {Fate.APPLIED: "✓", Fate.REVERTED: "↩", Fate.PROPOSED: "→", Fate.HELD: "!"}


def print_sweep(done: SweepReport) -> None:
    """Print what a sweep did, one line a proposal."""
    for outcome in done.recovered:
        print_text(f"recovered {outcome.proposal_id}: {outcome.kind}")
    for problem in done.problems:
        print_text(f"unreadable: {problem}")
    for rank, handled in enumerate(done.handled, start=1):
        print_text(_line(rank, handled))
        for detail in (handled.reason, handled.where):
            if detail:
                print_text(f"      {detail}")
    print_ledger(done.ledger)
    print_notes(done.suggestions)
    if not done.handled:
        print_text(_say_nothing_came(done))


def print_ledger(ledger: Sequence[Measured]) -> None:
    """Print predictions beside what came of them."""
    for measured in ledger:
        proposal, record = measured.proposal, measured.record
        if record.realised_usd is None:
            continue
        predicted = record.predicted
        low, high = usd(predicted.low_usd), usd(predicted.high_usd)
        held = (
            "inside"
            if predicted.low_usd <= record.realised_usd <= predicted.high_usd
            else "outside"
        )
        simulated = " (simulated)" if proposal.facts.get("simulated") else ""
        print_text(
            f"ledger: {proposal.title!r} was to bring {usd(predicted.mid_usd)} a month "
            f"({low} … {high}) and brings {usd(record.realised_usd)} over {record.runs} runs"
            f"{simulated}: {held} the interval"
        )


def _say_nothing_came(done: SweepReport) -> str:
    if not done.suggestions and not done.problems:
        return f"no spec to look at: `specs` in {SETTINGS_PATH} selects no file"
    return describe_nothing(done.suggestions)


def _line(rank: int, handled: Handled) -> str:
    proposal = handled.proposal
    worth = usd(proposal.roi.mid) + "/month" if proposal.roi else "no estimate"
    simulated = " (simulated)" if proposal.evidence.simulated else ""
    mark = _MARKS.get(handled.fate, "·")
    return (
        f"{rank:>3}. {mark} {proposal.title}  [{proposal.decision.tier.name}] "
        f"{worth}{simulated}, {proposal.evidence.verdict}: {handled.fate}"
    )
