"""The tables of whole runs: a bounded, even sample of those that happened, and spans that still wait for the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, LargeBinary, delete
from sqlalchemy import select as select_columns
from sqlmodel import Field, col, select

from app.store.columns import Instant, Row, table_of
from app.store.database import Transaction
from telemetry import Run

_RUN: Final = TypeAdapter(Run)


@dataclass(frozen=True, slots=True)
class WaitingSpans:
    """Spans of one trace that came in one block, as packed rows; the rest of their run may still come."""

    trace: str
    repository: str
    stratum: str
    rank: int
    received_ns: int
    spans: bytes


@dataclass(frozen=True, slots=True)
class SampledRun:
    """A whole run, the sample it was drawn for, and its rank there: those of the smallest ranks were drawn."""

    stratum: str
    rank: int
    run: Run


class SampledRunRow(Row, table=True):
    """A row of `sampled_runs`; of each `stratum` the runs of the smallest `rank` are kept."""

    __tablename__ = "sampled_runs"

    id: str = Field(primary_key=True)
    stratum: str = Field(index=True)
    rank: int = Field(sa_type=BigInteger)
    repository: str = Field(index=True)
    spec_path: str
    spec_sha256: str
    started_at: datetime = Field(sa_type=Instant, index=True)
    run: bytes = Field(sa_type=LargeBinary)


class WaitingSpansRow(Row, table=True):
    """A row of `waiting_spans`."""

    __tablename__ = "waiting_spans"

    id: int | None = Field(default=None, primary_key=True)
    trace: str = Field(index=True)
    repository: str
    stratum: str
    rank: int = Field(sa_type=BigInteger)
    received_ns: int = Field(sa_type=BigInteger)
    spans: bytes = Field(sa_type=LargeBinary)


def keep_run(
    rows: Transaction, run: Run, *, repository: str, stratum: str, rank: int, limit: int
) -> None:
    """Keep a run if it is among the `limit` of the smallest rank in its stratum; keeping it again changes nothing."""
    run_id = f"{stratum}/{run.run_id}"
    rows.merge(
        SampledRunRow(
            id=run_id,
            stratum=stratum,
            rank=rank,
            repository=repository,
            spec_path=run.spec_path,
            spec_sha256=run.spec_sha256,
            started_at=run.started_at,
            run=_RUN.dump_json(run),
        )
    )
    rows.flush()
    ranked = select(SampledRunRow.id).where(SampledRunRow.stratum == stratum)
    ranked = ranked.order_by(col(SampledRunRow.rank), col(SampledRunRow.id)).offset(limit)
    beyond = list(rows.exec(ranked))
    if beyond:
        rows.execute(delete(SampledRunRow).where(col(SampledRunRow.id).in_(beyond)))


def list_samples(
    rows: Transaction,
    *,
    repository: str | None = None,
    spec_path: str | None = None,
    spec_sha256: str | None = None,
    since: datetime | None = None,
) -> tuple[SampledRun, ...]:
    """Return the sampled runs of a repository, a spec or a version that started at `since` or later, by start."""
    query = select(SampledRunRow).order_by(col(SampledRunRow.started_at), col(SampledRunRow.id))
    wanted = {"repository": repository, "spec_path": spec_path, "spec_sha256": spec_sha256}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(SampledRunRow, name) == value)
    if since is not None:
        query = query.where(col(SampledRunRow.started_at) >= since)
    return tuple(
        SampledRun(row.stratum, row.rank, _RUN.validate_json(row.run)) for row in rows.exec(query)
    )


def list_sampled_runs(rows: Transaction, *, repository: str | None = None) -> tuple[Run, ...]:
    """Return the runs of `list_samples`."""
    return tuple(sample.run for sample in list_samples(rows, repository=repository))


def read_ranks(rows: Transaction) -> dict[str, list[int]]:
    """Return the ranks of every stratum, of sampled and of waiting runs alike."""
    found: dict[str, set[int]] = {}
    for kind in (SampledRunRow, WaitingSpansRow):
        table = table_of(kind)
        for stratum, rank in rows.execute(select_columns(table.c.stratum, table.c.rank)):
            found.setdefault(stratum, set()).add(rank)
    return {stratum: sorted(ranks) for stratum, ranks in found.items()}


def wait_for_rest(rows: Transaction, waiting: Iterable[WaitingSpans]) -> None:
    """Keep spans of runs whose other spans may still come."""
    values = [{name: getattr(each, name) for name in _WAITING} for each in waiting]
    if values:
        rows.execute(table_of(WaitingSpansRow).insert(), values)


def list_waiting(rows: Transaction) -> tuple[WaitingSpans, ...]:
    """Return the spans that wait, in order of arrival."""
    found = rows.exec(select(WaitingSpansRow).order_by(col(WaitingSpansRow.id)))
    return tuple(WaitingSpans(*(getattr(row, name) for name in _WAITING)) for row in found)


def stop_waiting(rows: Transaction, traces: Sequence[str]) -> None:
    """Drop the spans of some traces."""
    for start in range(0, len(traces), 500):
        some = list(traces[start : start + 500])
        rows.execute(delete(WaitingSpansRow).where(col(WaitingSpansRow.trace).in_(some)))


def drop_sampled_runs(rows: Transaction, *, before: datetime) -> int:
    """Forget runs that started before a moment; returns how many."""
    done = rows.execute(delete(SampledRunRow).where(col(SampledRunRow.started_at) < before))
    return int(done.rowcount)  # type: ignore[attr-defined]


_WAITING: Final = tuple(field.name for field in fields(WaitingSpans))
