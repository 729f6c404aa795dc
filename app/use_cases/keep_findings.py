"""Keeps what a sweep found until it can be offered: a row and a page for each proposal, in the order of their worth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.proposal import Proposal
from app.settings import Settings
from app.store import (
    Ending,
    LedgerRecord,
    Page,
    PullRequestRecord,
    Transaction,
    drop_page,
    find_pull_request,
    list_ledger,
    list_pages,
    save_page,
    save_pull_request,
)
from app.use_cases.act_on_proposal import needs_person
from app.use_cases.keep_proposal import keep_proposal
from app.use_cases.landings import World
from app.use_cases.manners import takes_the_place
from app.use_cases.offer_proposal import name_branch
from app.use_cases.present_proposal import present
from app.use_cases.queue_proposal import find_block, recognise
from app.use_cases.suggest import Suggestions
from diff_ux import render_pr_body


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a sweep waits or is on offer now, and what had a reason not to."""

    proposals: tuple[str, ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()


def keep_findings(world: World, settings: Settings, found: Iterable[Suggestions]) -> Kept:
    """Keep all proposals that may be offered; what waits since an earlier sweep and isn't found again is dropped."""
    kept: list[str] = []
    blocked: list[tuple[str, str]] = []
    for suggestions in found:
        with world.store.transaction() as rows:
            for proposal in suggestions.proposals:
                reason = _keep(rows, world, settings, proposal, suggestions.proposals)
                if reason:
                    blocked.append((proposal.title, reason))
                else:
                    kept.append(proposal.id)
    _drop_rest(world)
    return Kept(tuple(kept), tuple(blocked))


def list_waiting(rows: Transaction) -> tuple[Page, ...]:
    """Return the pages of proposals that nobody has been offered yet, what is worth most a minute first."""
    return tuple(page for page in list_pages(rows) if not find_pull_request(rows, page.proposal_id))


def _keep(
    rows: Transaction,
    world: World,
    settings: Settings,
    proposal: Proposal,
    rivals: Sequence[Proposal],
) -> str:
    """Keep a proposal, or return why not; one that is on offer and not worth it any more is announced to be closed."""
    proposal = recognise(rows, proposal)
    offered = find_pull_request(rows, proposal.id)
    if offered is not None and offered.is_open:
        if offered.is_left_alone or offered.ending is not None:
            return "a person works on it" if offered.is_left_alone else "it is being closed"
        if _retire(rows, offered, proposal, rivals):
            return "it isn't worth more time"
    elif reason := find_block(rows, proposal, now=world.now):
        return reason
    keep_proposal(rows, proposal, now=world.now)
    save_page(rows, _write_page(rows, world, settings, proposal))
    return ""


def _retire(
    rows: Transaction,
    offered: PullRequestRecord,
    proposal: Proposal,
    rivals: Sequence[Proposal],
) -> bool:
    """Announce that an offer is to be closed for another one at the same place, or because it stopped paying."""
    worth = proposal.roi.mid if proposal.roi else 0.0
    ahead = next((one for one in rivals if one.title == proposal.behind), None)
    if ahead is not None and ahead.roi is not None and takes_the_place(ahead.roi.mid, worth):
        why = "a better change to the same place was found; it follows when its turn comes"
        save_pull_request(rows, replace(offered, ending=Ending.OVERTAKEN, ending_reason=why))
        return True
    if proposal.roi is not None and worth <= 0:
        why = "by what was measured since, it isn't expected to pay any more"
        save_pull_request(rows, replace(offered, ending=Ending.NOT_WORTH_IT, ending_reason=why))
        return True
    return False


def _write_page(rows: Transaction, world: World, settings: Settings, proposal: Proposal) -> Page:
    offered = find_pull_request(rows, proposal.id)
    branch = offered.branch if offered else name_branch(proposal)
    roi = proposal.roi
    return Page(
        proposal.id,
        _render(proposal, branch, list_ledger(rows)),
        roi.mid / roi.review_minutes if roi and roi.review_minutes else 0.0,
        world.now,
        needs_person=bool(needs_person(proposal, settings.mode)),
    )


def _render(proposal: Proposal, branch: str, ledger: tuple[LedgerRecord, ...]) -> str:
    return render_pr_body(
        present(proposal, undo=f"git push origin --delete {branch}", ledger=ledger)
    )


def _drop_rest(world: World) -> None:
    with world.store.transaction() as rows:
        for page in list_waiting(rows):
            if page.written_at < world.now:
                drop_page(rows, page.proposal_id)
