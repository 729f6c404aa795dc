"""Offers what waits: one pull request for each proposal, the most worthwhile first, and never more than is polite.

The row comes first and says which commit is ours; then branch, pull request, labels, reviewers. Killed anywhere, the
next turn finds what is there and makes the rest.
"""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from app.behaviours.workplace import Workplace
from app.errors import GitHubPermissionError, GitHubRefusedError, LostRaceError
from app.forge import Label, PullRequest, PullRequestDraft
from app.jobs.handlers import Later
from app.ports import CommitRef
from app.store import (
    Page,
    ProposalRecord,
    PullRequestRecord,
    drop_page,
    find_dashboard,
    find_page,
    find_proposal,
    find_pull_request,
    forget_pull_request,
    list_pull_requests,
    save_proposal,
    save_pull_request,
)
from app.use_cases.code_owners import read_owners
from app.use_cases.fit_offer import fit_offer
from app.use_cases.keep_findings import list_waiting
from app.use_cases.manners import plan_openings
from app.use_cases.offer_proposal import name_branch
from app.use_cases.put_on_branch import OfferedChange, commit_offer
from diff_ux import render_title
from trust_tiers import RolloutState

LABEL: Final = "flujo"
_LABELS: Final = {
    "LOW": Label("flujo:low-risk", "2da44e", "a change of low risk"),
    "MEDIUM": Label("flujo:medium-risk", "bf8700", "a change of medium risk"),
    "HIGH": Label("flujo:high-risk", "cf222e", "a change of high risk"),
}
_OURS: Final = Label(LABEL, "5319e7", "proposed by Flujo")
_FOOTER: Final = """
---
Merge it, or close it: closed means no, and the same change won't come back for a while. `/flujo reject` tells me why,
`/flujo explain` has me tell you. Push to this branch, and it is yours. The label `flujo:hold` has me wait, and
`/flujo pause 7d` gives you a quiet week.
"""
_LONGEST: Final = 65_000
_EARLIER: Final = timedelta(minutes=10)
"""By how much GitHub's clock may be behind ours."""

_MOST_NAMES: Final = 20


def publish_proposals(place: Workplace, key: str) -> Later | None:
    """Open as many pull requests as may be opened now; come back when the next one may."""
    del key
    with place.store.snapshot() as rows:
        unfinished = [each for each in list_pull_requests(rows) if _is_unfinished(each)]
    for row in unfinished:
        if place.why_not_write():
            return None
        _finish(place, row)
    while not place.why_not_write():
        with place.store.snapshot() as rows:
            known = list_pull_requests(rows)
            dashboard = find_dashboard(rows)
            waiting = tuple(
                page.proposal_id
                for page in list_waiting(rows)
                if _waits(find_proposal(rows, page.proposal_id))
            )
        wanted = dashboard.wanted if dashboard else ()
        plan = plan_openings(waiting, known, place.settings.limits, place.now, wanted)
        if not plan.now:
            return Later(plan.next_at, "pull requests an hour") if plan.next_at else None
        _offer(place, plan.now[0])
    return None


def compose_body(page: Page) -> str:
    """Return what a pull request says: the page, and what one may do about it."""
    return page.body[: _LONGEST - len(_FOOTER)].rstrip() + "\n" + _FOOTER


def hash_body(body: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(body.encode()).hexdigest()


def _is_unfinished(row: PullRequestRecord) -> bool:
    return row.is_open and row.ending is None and not (row.number and row.is_dressed)


def _waits(record: ProposalRecord | None) -> bool:
    return record is not None and record.state is RolloutState.PROPOSED


def _offer(place: Workplace, proposal_id: str) -> None:
    """Announce a pull request and open it; a proposal that doesn't fit any more is dropped."""
    assert place.default is not None
    with place.store.snapshot() as rows:
        record = find_proposal(rows, proposal_id)
    assert record is not None
    change = fit_offer(place.code, place.default.commit, record, place.settings)
    if not isinstance(change, OfferedChange):
        _drop(place, proposal_id)
        return
    branch = _find_free_name(place, name_branch(record))
    ref = commit_offer(place.code, change, place.default.commit)
    _finish(place, _announce(place, record, change, branch, ref))


def _drop(place: Workplace, proposal_id: str) -> None:
    with place.store.transaction() as rows:
        drop_page(rows, proposal_id)


def _find_free_name(place: Workplace, name: str) -> str:
    """Return the branch's name, with a number where it was taken: by an earlier offer, or by somebody."""
    names = [name, *(f"{name}-{number}" for number in range(2, _MOST_NAMES))]
    return next(free for free in names if place.code.branch(free) is None)


def _announce(
    place: Workplace, record: ProposalRecord, change: OfferedChange, branch: str, ref: CommitRef
) -> PullRequestRecord:
    assert place.default is not None
    row = PullRequestRecord(
        proposal_id=record.id,
        branch=branch,
        base_branch=place.default.name,
        base_commit=place.default.commit,
        head_commit=ref.commit,
        spec_sha256_after=change.after.spec_sha256,
        opened_at=place.now,
    )
    facts = {**record.facts, "branch": branch}
    kept = replace(record, facts=facts, spec_sha256=change.base.spec_sha256)
    with place.store.transaction() as rows:
        save_proposal(rows, kept)
        save_pull_request(rows, row)
    return row


def _finish(place: Workplace, row: PullRequestRecord) -> None:
    with place.store.snapshot() as rows:
        record, page = find_proposal(rows, row.proposal_id), find_page(rows, row.proposal_id)
    assert record is not None
    if page is None:
        page = Page(row.proposal_id, "", 0.0, place.now)
    if not row.number:
        opened = _open(place, row, record, page)
        if opened is None:
            return
        row = replace(row, number=opened.number, body_sha256=hash_body(compose_body(page)))
        _save(place, row)
    _dress(place, row, record, needs_person=page.needs_person)
    _save(place, replace(row, is_dressed=True))


def _open(
    place: Workplace, row: PullRequestRecord, record: ProposalRecord, page: Page
) -> PullRequest | None:
    """Make the branch and open the pull request, or find what was made before; None when somebody took the name."""
    head = place.code.branch(row.branch)
    pulls = place.forge.pull_requests
    if head is not None:
        since = row.opened_at - _EARLIER
        for found in pulls.list_ours(row.branch, since=since):
            if found.head_branch == row.branch:
                return found
    try:
        place.code.create_branch(row.branch, row.head_commit)
    except LostRaceError:
        with place.store.transaction() as rows:
            forget_pull_request(rows, row.proposal_id)
        return None
    draft = PullRequestDraft(
        row.branch, row.base_branch, render_title(record.title), compose_body(page)
    )
    return pulls.open(draft)


def _dress(
    place: Workplace, row: PullRequestRecord, record: ProposalRecord, *, needs_person: bool
) -> None:
    """Label it, and ask the owners of the file where somebody has to decide; GitHub may refuse to ask them."""
    labels = (_OURS, _LABELS.get(record.tier, _LABELS["HIGH"]))
    for label in labels:
        place.forge.labels.ensure(label)
    place.forge.labels.add(row.number, tuple(label.name for label in labels))
    if not needs_person:
        return
    owners = read_owners(place.code, row.base_commit, record.spec_path)
    if not owners.users and not owners.teams:
        return
    try:
        place.forge.pull_requests.request_reviewers(
            row.number, users=owners.users, teams=owners.teams
        )
    except (GitHubRefusedError, GitHubPermissionError):
        return  # an owner who can't review here; the owners' own file is theirs to mend


def _save(place: Workplace, row: PullRequestRecord) -> None:
    with place.store.transaction() as rows:
        if find_pull_request(rows, row.proposal_id) is not None:
            save_pull_request(rows, row)
