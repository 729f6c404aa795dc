"""Sketches are the histograms of `LatencyHistogram`, as bytes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import LatencyHistogram
from telemetry.volume.sketch import merge_sketches, sketch_groups, to_histogram

_LATENCIES = st.lists(st.floats(0, 1e9, allow_nan=False), max_size=30)


def sketch(latencies: list[float]) -> bytes:
    groups = np.zeros(len(latencies), np.int64)
    return sketch_groups(groups, np.array(latencies, np.float64)).get(0, b"")


@settings(deadline=None, max_examples=100)
@given(_LATENCIES)
def test_a_sketch_answers_as_the_histogram_does(latencies: list[float]) -> None:
    found, expected = to_histogram(sketch(latencies)), LatencyHistogram.of(latencies)
    assert found.count == expected.count
    for q in (0.0, 0.5, 0.95, 1.0):
        ours, theirs = found.quantile_ms(q), expected.quantile_ms(q)
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            assert abs(ours - theirs) <= 0.021 * theirs  # one bucket, where logarithms round apart


@settings(deadline=None, max_examples=100)
@given(st.lists(_LATENCIES, max_size=5))
def test_merging_is_exact_in_any_order(parts: list[list[float]]) -> None:
    sketches = [sketch(part) for part in parts]
    together = sketch([latency for part in parts for latency in part])
    assert merge_sketches(sketches) == together
    assert merge_sketches(reversed(sketches)) == together
    assert merge_sketches([merge_sketches(sketches[:2]), *sketches[2:]]) == together


def test_groups_are_kept_apart() -> None:
    found = sketch_groups(np.array([3, 0, 3], np.int64), np.array([1.0, 2.0, 4.0]))
    assert {group: to_histogram(each).count for group, each in found.items()} == {0: 1, 3: 2}
