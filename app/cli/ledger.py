"""`flujo ledger`: how often were the predictions right?"""

from pathlib import Path
from typing import Annotated

import typer

from app.adapters.local_git import LocalGitRepository
from app.bootstrap.improving import open_repository_store
from app.cli.output import Format, FormatOption, print_json, print_text
from app.cli.sweep import ledger_to_json
from app.store import LedgerRecord, ProposalRecord
from app.use_cases.present_proposal import usd
from app.use_cases.read_track_record import Ledger, read_ledger
from meta_agent import TrackRecord, list_classes


def ledger(
    repo: Annotated[Path, typer.Option("--repo", help="a git repository")],
    output: FormatOption = Format.TEXT,
) -> None:
    """Print what every applied patch was to bring and has brought, and how often the intervals held."""
    with open_repository_store(LocalGitRepository(repo)).transaction() as rows:
        found = read_ledger(rows)
    if output is Format.JSON:
        print_json(_to_json(found))
    else:
        print_text(_describe(found))


def _to_json(found: Ledger) -> dict[str, object]:
    record = found.record
    low, high = record.coverage_bounds
    return {
        "readings": [
            {
                **ledger_to_json(line),
                "title": proposal.title,
                "spec": proposal.spec_path,
                "patch_class": proposal.patch_class,
                "simulated": bool(proposal.facts.get("simulated")),
                "inside": _is_inside(line),
            }
            for proposal, line in found.lines
        ],
        "held": {"intervals": record.held, "of": len(record.readings), "low": low, "high": high},
        "bias": record.bias,
        "classes": [_class_to_json(record, name) for name in list_classes(record)],
    }


def _class_to_json(record: TrackRecord, name: str) -> dict[str, object]:
    return {
        "patch_class": name,
        "readings": len(record.of_class(name)),
        "widening": record.widening(name),
        "expected_effect": record.prior(name).mean,
        "p_rollback": record.p_rollback(name),
    }


def _describe(found: Ledger) -> str:
    if not found.lines:
        return "nothing measured yet: a patch is measured with 30 runs before it and 30 since"
    record = found.record
    low, high = record.coverage_bounds
    bias = "" if record.bias is None else f"; realised / predicted {record.bias:.2f}"
    held = (
        f"{record.held} of {len(record.readings)} intervals held "
        f"({low:.0%} … {high:.0%}, where 90% are meant to){bias}"
    )
    return "\n".join([*(_line(*line) for line in found.lines), held])


def _line(proposal: ProposalRecord, line: LedgerRecord) -> str:
    predicted, realised = line.predicted, line.realised_usd or 0.0
    mark = "✓" if _is_inside(line) else "✗"
    when = f"{line.horizon_days} days" if line.horizon_days else "so far"
    simulated = " (simulated)" if proposal.facts.get("simulated") else ""
    return (
        f"{mark} {proposal.title}{simulated}: {usd(realised)} a month {when}, over {line.runs} runs; "
        f"predicted {usd(predicted.mid_usd)} ({usd(predicted.low_usd)} … {usd(predicted.high_usd)})"
    )


def _is_inside(line: LedgerRecord) -> bool:
    predicted, realised = line.predicted, line.realised_usd
    return realised is not None and predicted.low_usd <= realised <= predicted.high_usd
