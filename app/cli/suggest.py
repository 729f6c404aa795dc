"""`flujo suggest`: what would be worth changing, by the telemetry of past runs?"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.price_list import reprice
from app.adapters.settings_files import settings_beside
from app.adapters.spec_files import open_spec
from app.adapters.spec_history import read_history
from app.adapters.telemetry_files import read_recordings
from app.bootstrap.governing import open_governance
from app.bootstrap.improving import open_ask_model
from app.cli.output import Format, FormatOption, print_json, print_text
from app.cli.past_runs import RepositoryOption, Server, ServerOption, read_past_runs
from app.cli.proposals import (
    describe_nothing,
    print_notes,
    print_proposals,
    print_together,
    proposal_to_json,
    together_to_json,
)
from app.cli.pull_requests import (
    CreateOption,
    OnGitHubOption,
    open_pull_requests,
    opened_to_json,
    print_opened,
)
from app.cli.serving import DatabaseOption
from app.errors import BadInputError
from app.store import LOCAL
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.suggest import suggest as suggest_for

TelemetryOption = Annotated[
    list[Path] | None, typer.Option("--telemetry", help="OTLP JSON-lines file; repeatable")
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
    telemetry: TelemetryOption = None,
    data: ServerOption = None,
    database: DatabaseOption = None,
    repository: RepositoryOption = LOCAL,
    recordings: RecordingsOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    seed: Annotated[int, typer.Option(help="chance of the replays' draws")] = 0,
    create_pr: CreateOption = False,
    on_github: OnGitHubOption = "",
    output: FormatOption = Format.TEXT,
) -> None:
    """Print proposals, best first; no model is needed, one only adds candidates."""
    server = Server(data, database, repository)
    if not telemetry and not server.is_named:
        raise BadInputError("say where past runs are: --telemetry FILE or --data-dir DIR")
    past = read_past_runs(telemetry or (), server, settings_beside(specs[0]), now=datetime.now(UTC))
    recorded = read_recordings(recordings or [])
    found = [
        suggest_for(
            workflow := open_spec(path),
            past.runs,
            recorded,
            settings=replace(
                choose_suggesting(
                    settings_beside(path),
                    seed=seed,
                    organisation=open_governance(path).organisation,
                ),
                traffic=past.traffic,
            ),
            reprice=reprice,
            ask_model=open_ask_model(model, base_url) if model else None,
            history=read_history(path.parent, workflow, past.runs),
        )
        for path in specs
    ]
    proposals = [proposal for each in found for proposal in each.proposals]
    opened = open_pull_requests(proposals, specs[0], on_github) if create_pr else None
    if output is Format.JSON:
        print_json(
            {
                "proposals": [proposal_to_json(proposal) for proposal in proposals],
                "dropped": [
                    {"title": title, "reason": reason}
                    for each in found
                    for title, reason in each.rejected
                ],
                "together": [told for each in found if (told := together_to_json(each))],
                "notes": [line for each in found for line in each.notes],
                "skipped": past.skipped,
                **({} if opened is None else {"pull_requests": opened_to_json(opened)}),
            }
        )
        return
    print_proposals(proposals)
    print_together(found)
    print_notes(found)
    print_opened(opened or ())
    if not proposals:
        print_text(describe_nothing(found))
