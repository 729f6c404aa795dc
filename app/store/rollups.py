"""The tables of roll-ups: statistics per step and hour, and what was set aside. One worker merges, everybody reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import orjson
from pydantic import JsonValue
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    cast,
    delete,
    type_coerce,
)
from sqlalchemy import select as select_columns
from sqlalchemy.types import NullType
from sqlmodel import Field, col

from app.store.columns import Row, table_of
from app.store.database import Transaction
from telemetry.volume import HourlyStats, StepKey, merge_hourly

_AT_ONCE: Final = 500
"""Keys a statement; SQLite takes no more than a thousand variables everywhere."""

_FETCHED: Final = 1_000
"""Rows that are in memory at a time, a few megabytes of sketches."""

UNMAPPED: Final = "declares no step"
"""The reason of spans that are kept as they came and counted, because nothing in them says whose step they are."""


class StepRollupRow(Row, table=True):
    """A row of `step_rollups`; `id` is a hash of the five columns after it."""

    __tablename__ = "step_rollups"

    id: bytes = Field(sa_type=LargeBinary, primary_key=True)
    repository: str = Field(index=True)
    spec_path: str
    step_id: str
    spec_sha256: str
    hour: int = Field(index=True)
    yaml_path: str
    spans: int = Field(sa_type=BigInteger)
    runs: int = Field(sa_type=BigInteger)
    executions: int = Field(sa_type=BigInteger)
    failures: int = Field(sa_type=BigInteger)
    attempts: int = Field(sa_type=BigInteger)
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    cost_pico: str
    latency: bytes = Field(sa_type=LargeBinary)
    attempt_latency: bytes = Field(sa_type=LargeBinary)
    failures_by_class: dict[str, JsonValue] = Field(sa_type=JSON)
    first_failures_by_class: dict[str, JsonValue] = Field(sa_type=JSON)
    models: dict[str, JsonValue] = Field(sa_type=JSON)
    priced: dict[str, JsonValue] = Field(sa_type=JSON)


class QuarantineRow(Row, table=True):
    """A row of `quarantined_spans`: how many spans were set aside for a reason."""

    __tablename__ = "quarantined_spans"

    repository: str = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    spans: int = Field(sa_type=BigInteger)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which roll-ups to read; None is no limit, hours are inclusive."""

    repository: str | None = None
    spec_path: str | None = None
    spec_sha256: str | None = None
    first_hour: int | None = None
    last_hour: int | None = None


def add_to_rollups(rows: Transaction, stats: Sequence[HourlyStats]) -> None:
    """Merge statistics into the ones that are kept."""
    for some in _batches(stats):
        keys = {_key(each): each for each in some}
        known = _fetch(rows, keys)
        if known:
            rows.execute(_TABLE.delete().where(_TABLE.c.id.in_(list(known))))
        merged = [
            merge_hourly((known[key], each)) if key in known else each for key, each in keys.items()
        ]
        rows.execute(_TABLE.insert(), [_to_values(each) for each in merged])


def iterate_rollups(rows: Transaction, wanted: Selection) -> Iterator[HourlyStats]:
    """Yield the selected statistics, one for each step, version and hour, in no order; few are in memory at a time."""
    query = _select()
    for name in ("repository", "spec_path", "spec_sha256"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(_TABLE.c[name] == value)
    if wanted.first_hour is not None:
        query = query.where(_TABLE.c.hour >= wanted.first_hour)
    if wanted.last_hour is not None:
        query = query.where(_TABLE.c.hour <= wanted.last_hour)
    for _, stats in _read(rows, query):
        yield stats


def list_step_keys(rows: Transaction) -> Iterator[StepKey]:
    """Yield the steps that have statistics, each once."""
    columns = (_TABLE.c[name] for name in StepKey._fields)
    for row in rows.execute(select_columns(*columns).distinct()):
        yield StepKey(*row)


def drop_rollups(rows: Transaction, *, before_hour: int) -> int:
    """Forget statistics of hours before `before_hour`; returns how many rows there were."""
    done = rows.execute(delete(StepRollupRow).where(col(StepRollupRow.hour) < before_hour))
    rows.execute(delete(QuarantineRow).where(col(QuarantineRow.hour) < before_hour))
    return int(done.rowcount)  # type: ignore[attr-defined]


def add_to_quarantine(
    rows: Transaction, found: Mapping[tuple[str, str], int], *, hour: int
) -> None:
    """Count spans that were set aside, by repository and reason, under the hour they arrived in."""
    for (repository, reason), spans in found.items():
        row = rows.get(QuarantineRow, (repository, reason, hour))
        if row is None:
            row = QuarantineRow(repository=repository, reason=reason, hour=hour, spans=0)
        row.spans += spans
        rows.add(row)
    rows.flush()


def list_quarantined(rows: Transaction, wanted: Selection) -> dict[str, int]:
    """Return how many spans were set aside, by reason; of a selection only repository and hours are heeded."""
    table = table_of(QuarantineRow)
    query = select_columns(table.c.reason, table.c.spans)
    if wanted.repository is not None:
        query = query.where(table.c.repository == wanted.repository)
    if wanted.first_hour is not None:
        query = query.where(table.c.hour >= wanted.first_hour)
    if wanted.last_hour is not None:
        query = query.where(table.c.hour <= wanted.last_hour)
    found: dict[str, int] = {}
    for reason, spans in rows.execute(query):
        found[reason] = found.get(reason, 0) + spans
    return dict(sorted(found.items()))


def _fetch(rows: Transaction, keys: Iterable[bytes]) -> dict[bytes, HourlyStats]:
    return dict(_read(rows, _select().where(_TABLE.c.id.in_(list(keys)))))


def _select() -> Select[Any]:
    """Select all columns with nothing done to their values: a window may have a hundred thousand rows."""
    bare = (type_coerce(column, NullType) for column in _TABLE.c if column not in _COUNTS)
    columns: list[ColumnElement[Any]] = [*bare, *(cast(column, String) for column in _COUNTS)]
    return select_columns(*columns)


def _read(rows: Transaction, query: Select[Any]) -> Iterator[tuple[bytes, HourlyStats]]:
    """Yield records with their keys; the mappings are few and alike, so each text is read once."""
    known: dict[str, dict[str, int]] = {}
    for part in rows.execute(query, execution_options={"yield_per": _FETCHED}).partitions():
        texts = {text for row in part for text in row[_FIRST_COUNT:]}
        known.update((text, orjson.loads(text)) for text in texts - known.keys())
        for row in part:
            key, repository, path, step_id, sha256, *numbers, cost, one, other, a, b, c, d = row
            step = StepKey(repository, path, step_id, sha256)
            counts = (known[a], known[b], known[c], known[d])
            fields: tuple[Any, ...] = (step, *numbers, int(cost), one, other, *counts)
            yield key, HourlyStats(*fields)


def _batches(stats: Sequence[HourlyStats]) -> Iterator[Sequence[HourlyStats]]:
    for start in range(0, len(stats), _AT_ONCE):
        yield stats[start : start + _AT_ONCE]


def _key(stats: HourlyStats) -> bytes:
    text = "\0".join((*stats.step, str(stats.hour)))
    return blake2b(text.encode(), digest_size=16).digest()


def _to_values(stats: HourlyStats) -> dict[str, object]:
    plain = {name: getattr(stats, name) for name in _PLAIN}
    return {"id": _key(stats), **stats.step._asdict(), **plain, "cost_pico": str(stats.cost_pico)}


_TABLE: Final = table_of(StepRollupRow)
_COUNTS: Final = tuple(column for column in _TABLE.c if isinstance(column.type, JSON))
_FIRST_COUNT: Final = len(_TABLE.c) - len(_COUNTS)
_PLAIN: Final = tuple(
    name for name in StepRollupRow.model_fields if name not in {"id", *StepKey._fields, "cost_pico"}
)
