"""What `--create-pr` does with proposals: opens pull requests as a person, and tells where they are."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.settings_files import settings_beside
from app.bootstrap.on_github import find_repository, open_as_person
from app.cli.output import print_text
from app.proposal import Proposal
from app.use_cases.create_pull_requests import OpenedPullRequest, create_pull_requests

CreateOption = Annotated[
    bool, typer.Option("--create-pr", help="open a pull request for each, with FLUJO_GITHUB_TOKEN")
]
OnGitHubOption = Annotated[
    str, typer.Option("--github", help="OWNER/NAME; by default where origin is")
]


def open_pull_requests(
    proposals: Sequence[Proposal], spec: Path, repository: str
) -> list[OpenedPullRequest]:
    """Open pull requests in the repository that holds the spec; raises `GitHubError` and `BadInputError`."""
    forge = open_as_person(repository or find_repository(spec, os.environ), os.environ)
    limit = settings_beside(spec).limits.open_proposals
    return list(create_pull_requests(forge, proposals, limit=limit, now=datetime.now(UTC)))


def opened_to_json(opened: Sequence[OpenedPullRequest]) -> list[dict[str, object]]:
    """Return what became of each proposal as the command line's contract has it (docs/reference/cli.md)."""
    return [
        {"id": one.proposal.id, "where": one.where or None, "reason": one.reason or None}
        for one in opened
    ]


def print_opened(opened: Sequence[OpenedPullRequest]) -> None:
    """Say where each proposal is to be judged, or why it isn't offered."""
    for one in opened:
        told = one.where or f"not offered: {one.reason}"
        print_text(f"{one.proposal.title}\n    {told}")
