"""Finds the proposal that a pull request offers: by our own rows, never by what the page says."""

from app.behaviours.commands.command import Asked
from app.store import ProposalRecord, find_proposal, find_pull_request_numbered, list_proposals
from app.use_cases.keep_proposal import branch_of

NO_PROPOSAL = "This isn't one of my proposals: write it on the pull request of one."


def find_proposal_of(asked: Asked) -> ProposalRecord | None:
    """Return what was offered under this number, or on this branch; None for others' pull requests, and for issues."""
    pull = asked.pull
    if pull is None or pull.is_from_fork:
        return None
    with asked.place.store.snapshot() as rows:
        ours = find_pull_request_numbered(rows, asked.number)
        if ours is not None:
            return find_proposal(rows, ours.proposal_id)
        records = list_proposals(rows)
    return next((each for each in reversed(records) if branch_of(each) == pull.head_branch), None)
