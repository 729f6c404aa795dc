"""`/flujo rebase`: has a proposal made anew on the base branch as it is now."""

from app.behaviours.commands.command import ACCEPTED, Answer, Asked, refuse
from app.behaviours.commands.proposal_of import NO_PROPOSAL, find_proposal_of
from app.behaviours.refresh_proposals import REBASE
from app.forge import PullRequestState
from app.store import Work, ask


def rebase(asked: Asked) -> Answer:
    """Ask for the work that brings a pull request of ours up to date."""
    if find_proposal_of(asked) is None or asked.pull is None:
        return refuse(NO_PROPOSAL)
    if asked.pull.state is not PullRequestState.OPEN:
        return refuse("It is closed: there is nothing to bring up to date.")
    repository = asked.place.repository
    work = Work(repository.key, REBASE, str(asked.number), repository.installation_id)
    with asked.place.store.transaction() as rows:
        ask(rows, work, at=asked.place.now)
    return ACCEPTED
