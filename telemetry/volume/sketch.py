"""Latency histograms as bytes, made and merged many at a time; the buckets are those of `LatencyHistogram`.

A sketch is a run of (bucket, count) pairs by bucket, little-endian, twelve bytes each; the smallest bucket number
stands for latencies of zero. Sketches may be merged in any order and grouping: the result is the same, byte for byte.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from telemetry.histogram import LOG_GAMMA, SMALLEST_MS, LatencyHistogram

EMPTY: Final = b""
_ZEROS: Final = -(2**31)
_PAIR: Final = np.dtype([("bucket", "<i4"), ("count", "<i8")])
_Pairs = NDArray[Any]
_DENSE: Final = 10_000
"""Buckets so near each other are added up in an array; the one of zeros is far from all others."""


def sketch_groups(groups: NDArray[np.int64], latencies_ms: NDArray[np.float64]) -> dict[int, bytes]:
    """Return a sketch for each number in `groups`, which says whose each latency (≥ 0) is."""
    if not len(groups):
        return {}
    counted = np.maximum(latencies_ms, SMALLEST_MS)
    buckets = np.ceil(np.log(counted) / LOG_GAMMA).astype(np.int64)
    buckets[latencies_ms < SMALLEST_MS] = _ZEROS
    both = (groups << 32) + (buckets - _ZEROS)
    distinct, counts = np.unique(both, return_counts=True)
    pairs = np.empty(len(distinct), _PAIR)
    pairs["bucket"] = (distinct & 0xFFFFFFFF) + _ZEROS
    pairs["count"] = counts
    owners = distinct >> 32
    starts = _starts(owners)
    parts = np.split(pairs, starts[1:])
    return {int(owners[start]): part.tobytes() for start, part in zip(starts, parts, strict=True)}


def merge_sketches(sketches: Iterable[bytes]) -> bytes:
    """Return the sketch of all samples together."""
    given = [sketch for sketch in sketches if sketch]
    if len(given) <= 1:
        return given[0] if given else EMPTY
    pairs = np.frombuffer(b"".join(given), _PAIR)
    lowest = int(pairs["bucket"].min())
    width = int(pairs["bucket"].max()) - lowest + 1
    return _add_in_place(pairs, lowest) if width <= _DENSE else _add_sorted(pairs)


def _add_in_place(pairs: _Pairs, lowest: int) -> bytes:
    counts = np.bincount(pairs["bucket"] - lowest, pairs["count"])
    filled = np.flatnonzero(counts)
    merged = np.empty(len(filled), _PAIR)
    merged["bucket"] = filled + lowest
    merged["count"] = counts[filled]
    return merged.tobytes()


def _add_sorted(pairs: _Pairs) -> bytes:
    pairs = pairs[np.argsort(pairs["bucket"], kind="stable")]
    starts = _starts(pairs["bucket"])
    merged = pairs[starts]
    merged["count"] = np.add.reduceat(pairs["count"], starts)
    return merged.tobytes()


def _starts(ordered: NDArray[np.signedinteger[Any]]) -> NDArray[np.int64]:
    """Return where each of the equal stretches of a non-empty array begins."""
    changes = np.empty(len(ordered), np.bool_)
    changes[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    return np.flatnonzero(changes)


def to_histogram(sketch: bytes) -> LatencyHistogram:
    """Return the histogram a sketch stands for."""
    pairs = np.frombuffer(sketch, _PAIR)
    counts: dict[int, int] = dict(
        zip(pairs["bucket"].tolist(), pairs["count"].tolist(), strict=True)
    )
    zeros = counts.pop(_ZEROS, 0)
    return LatencyHistogram(counts, zeros)
