"""Composes the dashboard of a repository from its rows: what waits, is open, applied, taken back, refused, or wrong."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.settings import Settings
from app.store import (
    Dashboard,
    ProposalRecord,
    Repository,
    Transaction,
    WorkItem,
    WorkState,
    find_application,
    find_proposal,
    list_ledger,
    list_memories,
    list_outcomes,
    list_proposals,
    list_pull_requests,
    list_work,
)
from app.use_cases.earned_autonomy import read_autonomy
from app.use_cases.keep_findings import list_waiting
from app.use_cases.present_proposal import describe_record, usd
from app.use_cases.read_track_record import read_ledger
from diff_ux import Box, DashboardItem, DashboardSection, DashboardView, LadderLine, LedgerLine
from trust_tiers import Ending, RolloutState

PAUSE, RESUME, SWEEP_NOW = "pause", "resume", "sweep"
OPEN, RETRY, UNREJECT = "open", "retry", "unreject"
"""What boxes ask for; the last three are followed by a colon and what it is about."""

_APPLIED: Final = (RolloutState.APPLIED, RolloutState.BAKING, RolloutState.PROMOTED)
_TAKEN_BACK: Final = (RolloutState.ROLLED_BACK, RolloutState.REVERTED)


@dataclass(frozen=True, slots=True)
class DashboardFacts:
    """What isn't in the rows: why nothing may be written (None: it may), what is wrong, when the next sweep is."""

    repository: Repository
    settings: Settings
    now: datetime
    stop: str | None = None
    settings_error: str = ""
    next_sweep_at: datetime | None = None
    ticked: frozenset[str] = frozenset()
    """Boxes that people have ticked and nobody has looked at yet: they stay ticked."""


def compose_dashboard(rows: Transaction, facts: DashboardFacts, known: Dashboard) -> DashboardView:
    """Return the view of the repository whose rows these are."""
    ticked = facts.ticked
    boxes = (
        _box(RESUME, "go on", ticked) if _is_paused(facts) else _box(PAUSE, "pause a week", ticked),
        _box(SWEEP_NOW, "look for improvements now", ticked),
    )
    ledger = read_ledger(rows)
    return DashboardView(
        status=_status(facts),
        boxes=boxes,
        sections=tuple(_sections(rows, facts, known)),
        record=describe_record(list_ledger(rows)) if ledger.lines else "",
        ledger=tuple(
            LedgerLine(
                title=proposal.title,
                predicted=_interval(line.predicted.low_usd, line.predicted.high_usd),
                realised="not yet" if line.realised_usd is None else usd(line.realised_usd),
                measured=f"{line.runs:,} runs",
            )
            for proposal, line in reversed(ledger.lines)
        ),
        ladder=tuple(_ladder(rows, facts)),
    )


def name_effect(fingerprint: str) -> str:
    """Return a short id of an effect, for a box."""
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:16]


def list_actions(view: DashboardView) -> tuple[str, ...]:
    """Return the ids of all boxes of a view."""
    items = (item.box for section in view.sections for item in section.items)
    return tuple(box.id for box in (*view.boxes, *items) if box is not None)


def _sections(
    rows: Transaction, facts: DashboardFacts, known: Dashboard
) -> Iterator[DashboardSection]:
    yield DashboardSection("Wrong", tuple(_list_errors(rows, facts)))
    yield DashboardSection("Open", tuple(_list_open(rows)))
    yield DashboardSection("Waiting to be opened", tuple(_list_waiting(rows, facts, known)))
    yield DashboardSection("Held back by a limit", tuple(_list_limited(rows, facts)))
    yield DashboardSection("Scheduled", tuple(_list_scheduled(facts)))
    yield DashboardSection("Held", tuple(_list_in(rows, (RolloutState.HELD,))))
    yield DashboardSection("Applied", tuple(_list_in(rows, _APPLIED)))
    yield DashboardSection("Taken back", tuple(_list_in(rows, _TAKEN_BACK)))
    yield DashboardSection("Refused", tuple(_list_refused(rows, facts)))


def _list_errors(rows: Transaction, facts: DashboardFacts) -> Iterator[DashboardItem]:
    if facts.settings_error:
        what = f"{facts.settings_error}; the last good settings stay in force"
        yield DashboardItem("the settings can't be read", facts=(what,))
    for item in list_work(rows, states=(WorkState.PARKED,), repository=facts.repository.key):
        box = _box(f"{RETRY}:{item.id}", "try again", facts.ticked)
        yield DashboardItem(
            _name_work(item), facts=(f"failed with {item.last_error_kind}",), box=box
        )


def _list_open(rows: Transaction) -> Iterator[DashboardItem]:
    for each in list_pull_requests(rows):
        record = find_proposal(rows, each.proposal_id)
        if record is not None and each.is_open and each.number:
            yield _tell(record, number=each.number)


def _list_waiting(
    rows: Transaction, facts: DashboardFacts, known: Dashboard
) -> Iterator[DashboardItem]:
    for page in list_waiting(rows):
        record = find_proposal(rows, page.proposal_id)
        if record is None or record.state is not RolloutState.PROPOSED:
            continue
        if record.id in known.wanted:
            yield _tell(record, "asked for, opens next")
        else:
            yield _tell(record, box=_box(f"{OPEN}:{record.id}", "open now", facts.ticked))


def _list_limited(rows: Transaction, facts: DashboardFacts) -> Iterator[DashboardItem]:
    waiting = list_work(rows, states=(WorkState.WAITING,), repository=facts.repository.key)
    for item in waiting:
        if item.not_before > facts.now and not item.attempts:
            # Without the hour: it would be another each time, and the issue edited for nothing.
            yield DashboardItem(_name_work(item), facts=("goes on by itself",))


def _list_scheduled(facts: DashboardFacts) -> Iterator[DashboardItem]:
    if facts.next_sweep_at is not None:
        when = f"{facts.next_sweep_at:%Y-%m-%d %H:%M} UTC"
        yield DashboardItem("the next look for improvements", facts=(when,))


def _list_in(rows: Transaction, states: Collection[RolloutState]) -> Iterator[DashboardItem]:
    for record in reversed(list_proposals(rows, states=states)):
        applied = find_application(rows, record.id)
        why = record.held_because.value if record.held_because else ""
        reason = applied.reason if applied and not applied.stands else why
        yield _tell(record, record.state.value.replace("_", " "), reason)


def _list_refused(rows: Transaction, facts: DashboardFacts) -> Iterator[DashboardItem]:
    titles = {record.fingerprint: record for record in list_proposals(rows)}
    for memory in list_memories(rows, now=facts.now):
        record = titles.get(memory.fingerprint)
        if record is not None:
            box = _box(
                f"{UNREJECT}:{name_effect(memory.fingerprint)}", "may come back", facts.ticked
            )
            until = f"until {memory.until:%Y-%m-%d}"
            yield DashboardItem(
                record.title, record.spec_path, (memory.reason.value, until), box=box
            )


def _ladder(rows: Transaction, facts: DashboardFacts) -> Iterator[LadderLine]:
    by_class: dict[str, list[Ending]] = {}
    for one in list_outcomes(rows):
        by_class.setdefault(one.patch_class, []).append(one.outcome.ending)
    for name, endings in sorted(by_class.items()):
        earned = read_autonomy(rows, name, mode=facts.settings.mode, now=facts.now)
        yield LadderLine(
            name, endings.count(Ending.CLEAN), endings.count(Ending.ROLLED_BACK), earned.reason
        )


def _tell(
    record: ProposalRecord, *facts: str, number: int = 0, box: Box | None = None
) -> DashboardItem:
    predicted = record.prediction
    worth = f"{_interval(predicted.low_usd, predicted.high_usd)} a month" if predicted else ""
    told = tuple(fact for fact in (f"{record.tier} risk", worth, *facts) if fact)
    return DashboardItem(record.title, record.spec_path, told, number, box)


def _status(facts: DashboardFacts) -> str:
    if facts.stop is not None:
        return f"Nothing is proposed or applied now: {facts.stop}."
    return f"At work, with mode {facts.settings.mode.value}."


def _is_paused(facts: DashboardFacts) -> bool:
    until = facts.repository.paused_until
    return until is not None and facts.now < until


def _box(box_id: str, label: str, ticked: Iterable[str]) -> Box:
    return Box(box_id, label, box_id in set(ticked))


def _name_work(item: WorkItem) -> str:
    return f"{item.work.kind.replace('_', ' ')} {item.work.key}".strip()


def _interval(low_usd: float, high_usd: float) -> str:
    return f"{usd(low_usd)} … {usd(high_usd)}"
