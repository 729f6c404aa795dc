"""`flujo suggest`: what would be worth changing, by the telemetry of past runs?"""

from pathlib import Path
from typing import Annotated

import typer

from app.adapters.price_list import reprice
from app.adapters.settings_files import settings_beside
from app.adapters.spec_files import open_spec
from app.adapters.telemetry_files import read_recordings, read_telemetry
from app.bootstrap.governing import open_governance
from app.bootstrap.improving import choose_suggesting, open_ask_model
from app.cli.output import Format, FormatOption, note, print_json, print_text
from app.cli.proposals import describe_nothing, print_notes, print_proposals, proposal_to_json
from app.use_cases.suggest import suggest as suggest_for

TelemetryOption = Annotated[
    list[Path], typer.Option("--telemetry", help="OTLP JSON-lines file; repeatable")
]
RecordingsOption = Annotated[
    list[Path] | None, typer.Option("--recordings", help="folder of recordings; repeatable")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="also ask this model, such as openai:gpt-4o-mini")
]
BaseUrlOption = Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint")]


def suggest(
    specs: Annotated[list[Path], typer.Argument(help="spec files", show_default=False)],
    telemetry: TelemetryOption,
    recordings: RecordingsOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    seed: Annotated[int, typer.Option(help="chance of the replays' draws")] = 0,
    output: FormatOption = Format.TEXT,
) -> None:
    """Print proposals, best first; no model is needed, one only adds candidates."""
    read = read_telemetry(telemetry)
    for line in read.notes:
        note(line)
    recorded = read_recordings(recordings or [])
    found = [
        suggest_for(
            open_spec(path),
            read.assembled.runs,
            recorded,
            settings=choose_suggesting(
                settings_beside(path),
                seed=seed,
                organisation=open_governance(path).organisation,
            ),
            reprice=reprice,
            ask_model=open_ask_model(model, base_url) if model else None,
        )
        for path in specs
    ]
    proposals = [proposal for each in found for proposal in each.proposals]
    if output is Format.JSON:
        print_json(
            {
                "proposals": [proposal_to_json(proposal) for proposal in proposals],
                "dropped": [
                    {"title": title, "reason": reason}
                    for each in found
                    for title, reason in each.rejected
                ],
                "notes": [line for each in found for line in each.notes],
                "skipped": len(read.bad_lines),
            }
        )
        return
    print_proposals(proposals)
    print_notes(found)
    if not proposals:
        print_text(describe_nothing(found))
