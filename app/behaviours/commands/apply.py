"""`/flujo apply`: has a proposal merged as soon as its own tests passed on the default branch as it is now."""

from app.behaviours.advance_rollout import open_rollouts
from app.behaviours.commands.command import ACCEPTED, Answer, Asked, refuse
from app.behaviours.commands.proposal_of import NO_PROPOSAL, find_proposal_of
from app.behaviours.end_proposal import ROLLOUT
from app.store import Work, ask
from app.use_cases.advance_rollout import ask_to_apply
from trust_tiers import RolloutState


def apply(asked: Asked) -> Answer:
    """Note who wants it and have it looked at; tests, policies and the branch's rules decide as ever."""
    record = find_proposal_of(asked)
    if record is None:
        return refuse(NO_PROPOSAL)
    if asked.arguments:
        return refuse("`/flujo apply` takes nothing more.")
    if record.state not in (RolloutState.PROPOSED, RolloutState.STAGED):
        return refuse(f"It is {record.state.value} already.")
    place = asked.place
    ask_to_apply(open_rollouts(place), record.id, asked_by=asked.comment.author.id)
    work = Work(place.repository.key, ROLLOUT, record.id, place.repository.installation_id)
    with place.store.transaction() as rows:
        ask(rows, work, at=place.now)
    return ACCEPTED
