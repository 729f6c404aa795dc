"""The table of work: what is to be advanced, for whom, and how far it got. These rows are the truth; a queue runs them.

`WAITING → QUEUED → RUNNING → DONE`, back to `WAITING` when more was asked meanwhile or it failed, `PARKED` when it
failed too often. Every step of a row names the `turn` it belongs to, so one that comes late changes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    UniqueConstraint,
    Update,
    bindparam,
    case,
    delete,
    func,
    or_,
    update,
)
from sqlalchemy import select as select_columns
from sqlmodel import Field, select

from app.store.columns import Instant, Row, table_of
from app.store.database import Transaction
from app.store.inserting import insert_if_new


class WorkState(StrEnum):
    """Where a piece of work stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be advanced: a kind and a key of whoever `repository` is, under an installation (0: none)."""

    repository: str
    kind: str
    key: str
    installation_id: int = 0


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A row of work; `asked` counts who asked for it, `attempts` failures in a row, `turn` how often it was queued."""

    id: int
    work: Work
    state: WorkState
    asked: int
    turn: int
    attempts: int
    not_before: datetime
    last_error_kind: str = ""


class WorkRow(Row, table=True):
    """A row of `work`."""

    __tablename__ = "work"
    __table_args__ = (UniqueConstraint("repository", "kind", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    repository: str
    kind: str
    key: str
    installation_id: int = Field(sa_type=BigInteger)
    state: str = Field(index=True)
    asked: int
    turn: int
    attempts: int
    not_before: datetime = Field(sa_type=Instant, index=True)
    stalled_at: datetime | None = Field(sa_type=Instant)
    last_error_kind: str
    changed_at: datetime = Field(sa_type=Instant)


_TABLE: Final = table_of(WorkRow)
_OPEN: Final = (WorkState.QUEUED.value, WorkState.RUNNING.value)


def _make_ask_again() -> Update:
    """Make it once: it runs for every delivery."""
    ended = _TABLE.c.state.in_([WorkState.DONE.value, WorkState.PARKED.value])
    at = bindparam("at", type_=Instant())
    return (
        update(_TABLE)
        .where(
            _TABLE.c.repository == bindparam("of_repository"),
            _TABLE.c.kind == bindparam("of_kind"),
            _TABLE.c.key == bindparam("of_key"),
        )
        .values(
            asked=_TABLE.c.asked + 1,
            installation_id=bindparam("under"),
            state=case((ended, WorkState.WAITING.value), else_=_TABLE.c.state),
            not_before=case((ended, at), else_=_TABLE.c.not_before),
            attempts=case((ended, 0), else_=_TABLE.c.attempts),
            changed_at=case((ended, at), else_=_TABLE.c.changed_at),
        )
    )


_ASK_AGAIN: Final = _make_ask_again()


def ask(rows: Transaction, work: Work, *, at: datetime) -> None:
    """Ask for work to be advanced once more; asking while it waits adds nothing to do."""
    wanted = {
        "of_repository": work.repository,
        "of_kind": work.kind,
        "of_key": work.key,
        "under": work.installation_id,
        "at": at,
    }
    while rows.execute(_ASK_AGAIN, wanted).rowcount == 0:  # type: ignore[attr-defined]
        if ask_once(rows, work, at=at):
            return


def ask_once(rows: Transaction, work: Work, *, at: datetime) -> bool:
    """Ask for work that nobody asked for before; whether that was so."""
    values = {item.name: getattr(work, item.name) for item in fields(Work)}
    fresh = {"state": WorkState.WAITING.value, "asked": 1, "turn": 0, "attempts": 0}
    moments = {"not_before": at, "stalled_at": None, "changed_at": at}
    return insert_if_new(rows, WorkRow, {**values, **fresh, **moments, "last_error_kind": ""})


def has_due(rows: Transaction, kinds: Collection[str], *, now: datetime) -> bool:
    """Return whether any row is due."""
    waiting = _TABLE.c.state == WorkState.WAITING.value
    due = (waiting, _TABLE.c.not_before <= now, _TABLE.c.kind.in_(list(kinds)))
    return rows.exec(select(WorkRow.id).where(*due).limit(1)).first() is not None


def queue_due(
    rows: Transaction, kinds: Collection[str], *, now: datetime, stalled_at: datetime, each: int
) -> tuple[WorkItem, ...]:
    """Give their next turn to rows that are due, and return them: at most `each` queued or running an installation.

    What isn't done by `stalled_at` may be taken for lost by `wake_stalled`.
    """
    chosen = _choose_due(rows, kinds, now=now, each=each)
    if not chosen:
        return ()
    this = _TABLE.c.id.in_(chosen)
    queued = {"state": WorkState.QUEUED.value, "stalled_at": stalled_at, "changed_at": now}
    still = _TABLE.c.state == WorkState.WAITING.value
    rows.execute(update(_TABLE).where(this, still).values(turn=_TABLE.c.turn + 1, **queued))
    rows.expire_all()
    found = rows.exec(select(WorkRow).where(this).order_by(_TABLE.c.not_before, _TABLE.c.id))
    return tuple(_to_item(row) for row in found)


def start_work(
    rows: Transaction, work_id: int, turn: int, *, now: datetime, stalled_at: datetime
) -> WorkItem | None:
    """Begin a turn, or begin it again where a process died in it; None when another turn has come."""
    running = {"state": WorkState.RUNNING.value, "stalled_at": stalled_at, "changed_at": now}
    mine = _in_turn(work_id, turn, *_OPEN)
    if rows.execute(update(_TABLE).where(*mine).values(**running)).rowcount != 1:  # type: ignore[attr-defined]
        return None
    return _to_item(rows.exec(select(WorkRow).where(WorkRow.id == work_id)).one())


def finish_work(rows: Transaction, item: WorkItem, *, now: datetime) -> bool:
    """End a turn well: done, or waiting again if asked for meanwhile. False when the turn was somebody else's."""
    mine = (
        *_in_turn(item.id, item.turn, WorkState.RUNNING.value),
        _TABLE.c.asked == item.asked,
    )
    done = {"state": WorkState.DONE.value, "attempts": 0, "last_error_kind": ""}
    ended = rows.execute(update(_TABLE).where(*mine).values(**done, changed_at=now))
    if ended.rowcount == 1:  # type: ignore[attr-defined]
        return True
    return put_back(rows, item, not_before=now, now=now)


def put_back(
    rows: Transaction,
    item: WorkItem,
    *,
    not_before: datetime,
    now: datetime,
    attempts: int = 0,
    error_kind: str = "",
) -> bool:
    """End a turn to have another one later; False when the turn was somebody else's."""
    again = {"state": WorkState.WAITING.value, "not_before": not_before, "attempts": attempts}
    return _end(rows, item, {**again, "last_error_kind": error_kind, "changed_at": now})


def park_work(
    rows: Transaction, item: WorkItem, *, now: datetime, attempts: int, error_kind: str
) -> bool:
    """End a turn and give up, until it is asked for again; False when the turn was somebody else's."""
    parked = {"state": WorkState.PARKED.value, "attempts": attempts, "changed_at": now}
    return _end(rows, item, {**parked, "last_error_kind": error_kind})


def wake_stalled(
    rows: Transaction, *, now: datetime, stalled_before: datetime
) -> tuple[tuple[int, int], ...]:
    """Let rows wait again whose turn was to end before a moment; returns the turns as (id, turn)."""
    stalled = (_TABLE.c.state.in_(_OPEN), _TABLE.c.stalled_at < stalled_before)
    found = rows.execute(select_columns(_TABLE.c.id, _TABLE.c.turn).where(*stalled)).all()
    waiting = {"state": WorkState.WAITING.value, "not_before": now, "changed_at": now}
    rows.execute(update(_TABLE).where(*stalled).values(**waiting))
    return tuple((work_id, turn) for work_id, turn in found)


def list_work(
    rows: Transaction,
    *,
    states: Collection[WorkState] | None = None,
    repository: str | None = None,
) -> tuple[WorkItem, ...]:
    """Return the work in any of `states`, of a repository (None: of all), oldest first."""
    query = select(WorkRow).order_by(_TABLE.c.id)
    if states is not None:
        query = query.where(_TABLE.c.state.in_([state.value for state in states]))
    if repository is not None:
        query = query.where(WorkRow.repository == repository)
    return tuple(_to_item(row) for row in rows.exec(query))


def count_work(rows: Transaction) -> dict[WorkState, int]:
    """Return how much work is in each state."""
    query = select_columns(_TABLE.c.state, func.count()).group_by(_TABLE.c.state)
    found: dict[str, int] = dict(rows.execute(query).all())
    return {state: found.get(state.value, 0) for state in WorkState}


def drop_done_work(rows: Transaction, *, before: datetime) -> int:
    """Forget work that was done before a moment; returns how much."""
    done = (_TABLE.c.state == WorkState.DONE.value, _TABLE.c.changed_at < before)
    return int(rows.execute(delete(_TABLE).where(*done)).rowcount)  # type: ignore[attr-defined]


def _choose_due(
    rows: Transaction, kinds: Collection[str], *, now: datetime, each: int
) -> tuple[int, ...]:
    """Rank by installation what is due behind what is open, so that nobody's work stands in another's way."""
    columns = _TABLE.c
    is_open = columns.state.in_(_OPEN)
    is_due = (columns.state == WorkState.WAITING.value) & (columns.not_before <= now)
    rank = func.row_number().over(
        partition_by=columns.installation_id,
        order_by=[is_open.desc(), columns.not_before, columns.id],
    )
    ranked = (
        select_columns(columns.id, columns.state, rank.label("rank"))
        .where(or_(is_open, is_due), columns.kind.in_(list(kinds)))
        .subquery()
    )
    waiting = (ranked.c.state == WorkState.WAITING.value) & (ranked.c.rank <= each)
    return tuple(rows.execute(select_columns(ranked.c.id).where(waiting)).scalars())


def _end(rows: Transaction, item: WorkItem, values: dict[str, object]) -> bool:
    mine = _in_turn(item.id, item.turn, WorkState.RUNNING.value)
    return rows.execute(update(_TABLE).where(*mine).values(**values)).rowcount == 1  # type: ignore[attr-defined, no-any-return]


def _in_turn(work_id: int, turn: int, *states: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _TABLE.c.id == work_id,
        _TABLE.c.turn == turn,
        _TABLE.c.state.in_(states),
    )


def _to_item(row: WorkRow) -> WorkItem:
    assert row.id is not None
    work = Work(row.repository, row.kind, row.key, row.installation_id)
    return WorkItem(
        row.id,
        work,
        WorkState(row.state),
        row.asked,
        row.turn,
        row.attempts,
        row.not_before,
        row.last_error_kind,
    )
