"""`flujo rollback`: takes back one applied proposal, because a person wants it."""

from pathlib import Path

from app.cli.apply import IdArgument, RepoOption, change
from app.cli.output import Format, FormatOption
from app.use_cases.advance_rollout import take_back_now
from app.use_cases.rollout_world import Progress, RolloutWorld
from trust_tiers import RolloutState


def rollback(
    proposal_id: IdArgument, repo: RepoOption = Path(), output: FormatOption = Format.TEXT
) -> None:
    """Restore the spec by a new commit: byte for byte, or without this one change where it was edited since."""

    def act(rollouts: RolloutWorld, found: str) -> Progress:
        return take_back_now(rollouts, found, "A person asked for it to be taken back.")

    change(proposal_id, repo, output, act, wanted=frozenset({RolloutState.REVERTED}))
