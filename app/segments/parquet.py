"""Closed segments as Parquet: one row a span, the contract's columns, readable by DuckDB, ClickHouse and Spark."""

from collections.abc import Sequence
from typing import Any, Final

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from app.errors import SegmentError
from app.segments.blocks import iterate_frames, read_frame
from app.segments.log import Segment
from telemetry.volume import RowReader, Rows, slots

ROWS_PER_GROUP: Final = 100_000
_OWN_ROLES: Final = ~(slots.OF_OTHERS | slots.PRICED)
_DECIMAL: Final = pa.decimal128(20, 12)

SCHEMA: Final = pa.schema(
    [
        ("repository", pa.string()),
        ("spec_path", pa.string()),
        ("spec_sha256", pa.string()),
        ("step_id", pa.string()),
        ("yaml_path", pa.string()),
        ("step_kind", pa.string()),
        ("role", pa.string()),
        ("run_id", pa.string()),
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("started_at", pa.timestamp("ns", tz="UTC")),
        ("duration_ns", pa.int64()),
        ("outcome", pa.string()),
        ("error_class", pa.string()),
        ("attempt", pa.int64()),
        ("branch", pa.string()),
        ("iteration", pa.int64()),
        ("score", pa.float64()),
        ("model", pa.string()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("cost_usd", _DECIMAL),
        ("simulated", pa.bool_()),
        ("input_hash", pa.string()),
        ("counts", pa.bool_()),
    ]
)
"""The columns of every file; `counts` is false for spans that were set aside. A missing cost is null."""


def export_segment(segment: Segment, url: str, *, set_aside: NDArray[np.uint32], spans: int) -> int:
    """Write a segment's spans to `url` (a path or what fsspec reads), whole or not at all; returns the bytes.

    Raises `SegmentError`, also when the segment holds other than the `spans` that were counted.
    """
    table = to_table(segment, set_aside)
    if table.num_rows != spans:
        raise SegmentError(f"{segment.name}: {table.num_rows} spans, but {spans} were counted")
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
        part = f"{path}.part"
        with filesystem.open(part, "wb") as file:
            pq.write_table(
                table, file, compression="zstd", compression_level=6, row_group_size=ROWS_PER_GROUP
            )
        size = int(filesystem.size(part))
        filesystem.mv(part, path)
    except (OSError, ValueError, ImportError, pa.ArrowException) as error:
        raise SegmentError(f"can't write {url}: {error}") from error
    return size


def to_table(segment: Segment, set_aside: NDArray[np.uint32]) -> pa.Table:
    """Return a segment's spans as a table of `SCHEMA`, in order of arrival."""
    reader, read = RowReader(), Rows()
    repositories: list[str] = []
    for number, frame in enumerate(iterate_frames(segment)):
        repositories.append(frame.repository)
        read_frame(reader, frame, read, number)
    columns = list(zip(*read.rows, strict=True))
    if not columns:
        return SCHEMA.empty_table()
    counts = np.ones(len(read.rows), np.bool_)
    counts[set_aside] = False
    return pa.table(_to_arrays(columns, repositories, counts), schema=SCHEMA)


def _to_arrays(
    columns: Sequence[Sequence[Any]], repositories: Sequence[str], counts: NDArray[np.bool_]
) -> dict[str, object]:
    def texts(slot: int) -> object:
        return pa.array(columns[slot], pa.string())

    def numbers(slot: int) -> object:
        return pa.array(columns[slot], pa.int64())

    def ids(slot: int) -> object:
        return pa.array([each.hex() for each in columns[slot]], pa.string())

    starts = np.array(columns[slots.START_NS], np.uint64)
    ends = np.array(columns[slots.END_NS], np.uint64)
    roles = {bit: name for name, bit in slots.ROLES.items()}
    outcomes = (*(outcome.value for outcome in slots.OUTCOMES),)
    return {
        "repository": pa.array([repositories[n] for n in columns[slots.SOURCE]]),
        "spec_path": texts(slots.SPEC_PATH),
        "spec_sha256": texts(slots.SPEC_SHA256),
        "step_id": texts(slots.STEP_ID),
        "yaml_path": texts(slots.YAML_PATH),
        "step_kind": texts(slots.STEP_KIND),
        "role": pa.array([roles.get(role & _OWN_ROLES, "") for role in columns[slots.ROLE]]),
        "run_id": texts(slots.RUN_ID),
        "trace_id": ids(slots.TRACE_ID),
        "span_id": ids(slots.SPAN_ID),
        "parent_span_id": ids(slots.PARENT_ID),
        "started_at": pa.array(starts.astype(np.int64), pa.timestamp("ns", tz="UTC")),
        "duration_ns": pa.array((ends - starts).astype(np.int64)),
        "outcome": pa.array(
            [outcomes[n] if n != slots.NO_OUTCOME else "" for n in columns[slots.OUTCOME]]
        ),
        "error_class": pa.array([slots.ERROR_CLASSES[n].value for n in columns[slots.ERROR_CLASS]]),
        "attempt": numbers(slots.ATTEMPT),
        "branch": texts(slots.BRANCH),
        "iteration": numbers(slots.ITERATION),
        "score": pa.array(columns[slots.SCORE], pa.float64()),
        "model": pa.array(
            [
                asked or answered
                for asked, answered in zip(
                    columns[slots.REQUEST_MODEL], columns[slots.RESPONSE_MODEL], strict=True
                )
            ],
            pa.string(),
        ),
        "input_tokens": numbers(slots.INPUT_TOKENS),
        "output_tokens": numbers(slots.OUTPUT_TOKENS),
        "cost_usd": _to_decimals(columns[slots.COST]),
        "simulated": pa.array(columns[slots.SIMULATED], pa.bool_()),
        "input_hash": texts(slots.INPUT_HASH),
        "counts": pa.array(counts),
    }


def _to_decimals(pico: Sequence[object]) -> object:
    """Return whole numbers of pico-dollars as decimals, by giving their 128 bits another name."""
    amounts = np.array(pico, np.int64)
    words = np.zeros((len(amounts), 2), np.int64)
    words[:, 0] = np.maximum(amounts, 0)
    stated = pa.array(amounts != slots.NO_COST)
    buffers = [stated.buffers()[1], pa.py_buffer(words.tobytes())]
    return pa.Array.from_buffers(_DECIMAL, len(amounts), buffers)
