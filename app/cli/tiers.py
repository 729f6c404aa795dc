"""`flujo tiers`: what would go by itself?"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.local_git import LocalGitRepository
from app.bootstrap.improving import open_repository_store
from app.cli.output import Format, FormatOption, print_json, print_text
from app.errors import BadInputError
from app.settings import Mode
from app.use_cases.simulate_tiers import SimulatedProposal, simulate_tiers
from trust_tiers import WouldHave

_SPAN = re.compile(r"([1-9][0-9]{0,3})d")

tiers = typer.Typer(no_args_is_help=True, help="Tell what would go by itself.")


class AutomaticMode(StrEnum):
    """The modes in which something does."""

    AUTO_LOW = "auto-low"
    AUTO_MEDIUM = "auto-medium"


@tiers.callback()
def _tiers() -> None:
    """Tell what would go by itself."""


@tiers.command()
def simulate(
    repo: Annotated[Path, typer.Option("--repo", help="a git repository")] = Path(),
    last: Annotated[str, typer.Option(metavar="DAYS", help="how far to look back: 30d")] = "30d",
    mode: Annotated[AutomaticMode, typer.Option(help="the mode to try")] = AutomaticMode.AUTO_LOW,
    output: FormatOption = Format.TEXT,
) -> None:
    """Tell what of the past proposals would have been applied, held or refused; the answer is never an exit code."""
    now = datetime.now(UTC)
    since = now - _read_span(last)
    store = open_repository_store(LocalGitRepository(repo))
    found = simulate_tiers(store, Mode(mode.value), since=since)
    if output is Format.JSON:
        print_json(_answer(found, mode, since))
        return
    for text in _describe(found, mode, last):
        print_text(text)


def _read_span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise BadInputError(f"--last is a number of days like 30d, not {text!r}")
    return timedelta(days=int(match[1]))


def _answer(
    found: Sequence[SimulatedProposal], mode: AutomaticMode, since: datetime
) -> dict[str, object]:
    counts = Counter(one.simulated.fate for one in found)
    return {
        "since": since.isoformat(),
        "mode": mode.value,
        **{fate.value: counts[fate] for fate in WouldHave},
        "proposals": [
            {
                "id": one.record.id,
                "title": one.record.title,
                "spec": one.record.spec_path,
                "tier": one.record.tier,
                "state": one.record.state.value,
                "fate": one.simulated.fate.value,
                "reason": one.simulated.reason,
            }
            for one in found
        ],
    }


def _describe(found: Sequence[SimulatedProposal], mode: AutomaticMode, last: str) -> list[str]:
    counts = Counter(one.simulated.fate for one in found)
    told = ", ".join(f"{counts[fate]} {fate.value}" for fate in WouldHave)
    head = (
        f"{len(found)} proposals in the last {last}; in {mode.value} there would have been {told}"
    )
    lines = [
        f"  {one.simulated.fate.value:8} {one.record.title} ({one.simulated.reason}; is {one.record.state.value})"
        for one in found
    ]
    return [head, *lines]
