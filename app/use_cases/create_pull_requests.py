"""Offers proposals as pull requests, without a store: what was offered before is read back from GitHub itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import LostRaceError, RepositoryError
from app.forge import Forge, PullRequest, PullRequestState
from app.proposal import Proposal
from app.use_cases.offer_proposal import BRANCH_PREFIX, name_branch
from app.use_cases.present_proposal import present
from app.use_cases.put_on_branch import OfferedChange, commit_offer
from diff_ux import render_pr_body, render_title

_REMEMBERED_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class OpenedPullRequest:
    """Where a proposal is to be judged; `where` is `""` when it isn't offered, for `reason`."""

    proposal: Proposal
    where: str = ""
    reason: str = ""


def create_pull_requests(
    forge: Forge, proposals: Sequence[Proposal], *, limit: int, now: datetime
) -> Iterator[OpenedPullRequest]:
    """Offer each proposal in a pull request of its own, best first; at most `limit` of ours are open at once.

    A second time brings the same pull requests up to date. One that people closed isn't opened again for 90 days.
    Raises `GitHubError`; what was offered until then stays, and is found again.
    """
    known = forge.pull_requests.list_ours(BRANCH_PREFIX, since=now - _REMEMBERED_FOR)
    still_open = {pull.head_branch for pull in forge.pull_requests.list_ours(BRANCH_PREFIX)}
    for proposal in proposals:
        branch = name_branch(proposal)
        reason = _find_reason(proposal, branch, known, still_open, limit)
        if reason:
            yield OpenedPullRequest(proposal, reason=reason)
            continue
        try:
            where = _offer(forge, proposal, branch)
        except RepositoryError as error:
            yield OpenedPullRequest(proposal, reason=str(error))
            continue
        still_open.add(branch)
        yield OpenedPullRequest(proposal, where=where)


def _find_reason(
    proposal: Proposal,
    branch: str,
    known: Sequence[PullRequest],
    still_open: set[str],
    limit: int,
) -> str:
    if proposal.behind:
        return f"waits for {proposal.behind!r}, which touches the same place"
    if proposal.blocks_merge:
        return "; ".join(proposal.violations)
    if branch in still_open:
        return ""
    closed = [
        pull.url
        for pull in known
        if pull.head_branch == branch and pull.state is PullRequestState.CLOSED
    ]
    if closed:
        return f"closed before by people: {closed[0]}"
    return f"{limit} pull requests are open already" if len(still_open) >= limit else ""


def _offer(forge: Forge, proposal: Proposal, branch: str) -> str:
    """Put the patched spec on its branch, and open or refresh the pull request."""
    code, path = forge.code, proposal.base.path
    base = code.default_branch()
    if code.read_file(base.commit, path) != proposal.base.text.encode():
        raise RepositoryError(
            f"{path} on {base.name!r} isn't the file this was found for; push or pull first"
        )
    change = OfferedChange(proposal.id, proposal.title, proposal.base, proposal.guarded.after)
    head = code.branch(branch)
    if head is None:
        code.create_branch(branch, commit_offer(code, change, base.commit).commit)
    elif code.read_file(head.commit, path) != change.content:
        raise LostRaceError(branch, expected="the proposed change", actual=head.commit)
    view = present(proposal, undo=f"git push origin --delete {branch}")
    return code.propose(branch, render_title(proposal.title), render_pr_body(view)).where
