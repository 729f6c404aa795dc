"""`flujo apply`: lands one stored proposal, because a person wants it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.local_git import LocalGitRepository
from app.bootstrap.improving import open_actor
from app.cli.output import NO, Format, FormatOption, print_json, print_text
from app.errors import HeldError
from app.store import Application, find_application, list_proposals
from app.use_cases.advance_rollout import advance_rollout, ask_to_apply
from app.use_cases.rollout_world import Progress, RolloutWorld
from app.use_cases.sweep import open_rollouts
from trust_tiers import RolloutState

_A_PERSON_HERE = 1
"""Who asks at a terminal; accounts have other numbers."""

_LANDED = frozenset({RolloutState.APPLIED, RolloutState.BAKING, RolloutState.PROMOTED})

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="the proposal's id, or its start")]
RepoOption = Annotated[Path, typer.Option("--repo", help="a git repository")]


def apply(
    proposal_id: IdArgument, repo: RepoOption = Path(), output: FormatOption = Format.TEXT
) -> None:
    """Apply a proposal whatever its tier: its tests and the policies decide, before it lands and where it landed."""

    def act(rollouts: RolloutWorld, found: str) -> Progress:
        ask_to_apply(rollouts, found, asked_by=_A_PERSON_HERE)
        return advance_rollout(rollouts, found)

    change(proposal_id, repo, output, act, wanted=_LANDED)


def change(
    proposal_id: str,
    repo: Path,
    output: Format,
    act: Callable[[RolloutWorld, str], Progress],
    *,
    wanted: frozenset[RolloutState],
) -> None:
    """Change a proposal's state and tell how it ended; exit 1 when it isn't as wanted."""
    host = LocalGitRepository(repo)
    host.check_ready()
    rollouts = open_rollouts(open_actor(host, now=datetime.now(UTC)))
    found = _find(rollouts, proposal_id)
    try:
        progress = act(rollouts, found)
    except HeldError as error:
        progress = Progress(RolloutState.HELD, str(error))
    with rollouts.world.store.snapshot() as rows:
        application = find_application(rows, found)
    if output is Format.JSON:
        print_json(_to_json(found, progress, application))
    else:
        print_text(f"{found}: {progress.state.value}; {progress.reason}".rstrip("; "))
    if progress.state not in wanted:
        raise typer.Exit(NO)


def _find(rollouts: RolloutWorld, start: str) -> str:
    with rollouts.world.store.snapshot() as rows:
        found = [one.id for one in list_proposals(rows) if start and one.id.startswith(start)]
    if len(found) != 1:
        what = "no proposal has" if not found else f"{len(found)} proposals have"
        raise typer.BadParameter(f"{what} an id that starts with {start!r}")
    return found[0]


def _to_json(
    proposal_id: str, progress: Progress, application: Application | None
) -> dict[str, object]:
    return {
        "id": proposal_id,
        "state": progress.state.value,
        "reason": progress.reason,
        "commit": application.commit if application else None,
        "reverted_commit": (application.reverted_commit or None) if application else None,
    }
