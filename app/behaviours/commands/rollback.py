"""`/flujo rollback`: takes back what was applied, at once."""

from app.behaviours.advance_rollout import open_rollouts
from app.behaviours.commands.command import ACCEPTED, Answer, Asked, refuse
from app.behaviours.commands.proposal_of import NO_PROPOSAL, find_proposal_of
from app.store import find_application
from app.use_cases.advance_rollout import take_back_now
from trust_tiers import RolloutState


def rollback(asked: Asked) -> Answer:
    """Restore the spec as it was before, or say why a person has to."""
    record = find_proposal_of(asked)
    if record is None:
        return refuse(NO_PROPOSAL)
    if asked.arguments:
        return refuse("`/flujo rollback` takes nothing more.")
    with asked.place.store.snapshot() as rows:
        application = find_application(rows, record.id)
    if application is None:
        return refuse("It isn't applied: close the pull request, or `/flujo reject` it.")
    progress = take_back_now(
        open_rollouts(asked.place), record.id, "A person asked for it to be taken back."
    )
    if progress.state is RolloutState.REVERTED:
        return ACCEPTED
    return refuse("I couldn't take it back by myself; my comment above says what to do.")
