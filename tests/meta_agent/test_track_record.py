"""What became of predictions: coverage, bias, wider intervals, moved priors."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_agent import (
    NO_RECORD,
    PRIORS,
    Applications,
    Pair,
    Reading,
    RoiEstimate,
    RoiSettings,
    RunOutcome,
    TrackRecord,
    Traffic,
    estimate_roi,
    list_classes,
)

HELD = Reading("retries", 8.0, 10.0, 12.0, 10.5)
MISSED = replace(HELD, realised=18.0)

readings = st.lists(
    st.builds(
        lambda mid, low, high, off: Reading("retries", mid - low, mid, mid + high, mid + off),
        st.floats(-50, 50),
        st.floats(0.1, 20),
        st.floats(0.1, 20),
        st.floats(-60, 60),
    ),
    max_size=40,
)


def test_nothing_is_known_without_readings() -> None:
    assert NO_RECORD.coverage_bounds == (0.0, 1.0)
    assert NO_RECORD.bias is None
    assert NO_RECORD.widening("retries") == 1.0
    assert NO_RECORD.prior("retries") == PRIORS["retries"]
    assert NO_RECORD.p_rollback("retries") == pytest.approx(0.05)
    assert list_classes(NO_RECORD) == []


def test_intervals_that_held_are_counted_and_promises_summed() -> None:
    record = TrackRecord((HELD, MISSED, HELD))
    low, high = record.coverage_bounds
    assert record.held == 2
    assert low < 2 / 3 < high
    assert record.bias == pytest.approx(39 / 30)


def test_misses_widen_the_next_interval() -> None:
    assert TrackRecord((HELD,) * 20).widening("retries") == 1.0
    assert TrackRecord((HELD,) * 7 + (MISSED,) * 3).widening("retries") == pytest.approx(4.0)


def test_a_few_misses_prove_nothing_yet() -> None:
    assert TrackRecord((MISSED,) * 8).widening("retries") == 1.0


def test_a_class_without_a_record_learns_from_the_others() -> None:
    record = TrackRecord((MISSED,) * 9)
    assert record.widening("timeout_down") == record.widening("retries") == pytest.approx(4.0)


def test_no_interval_gets_more_than_five_times_wider() -> None:
    pointless = Reading("retries", 1.0, 1.0, 1.0, 2.0)
    assert TrackRecord((pointless,) * 9).widening("retries") == 5.0


@settings(deadline=None, max_examples=50)
@given(readings)
def test_widened_intervals_would_have_held_nine_times_in_ten(found: list[Reading]) -> None:
    record = TrackRecord(tuple(found))
    factor = record.widening("retries")
    assert 1.0 <= factor <= 5.0
    if len(found) >= 9 and factor < 5.0:
        held = sum(one.stretch <= factor + 1e-9 for one in found)
        assert held / len(found) >= 0.9 - 1e-9


def test_new_readings_are_covered_nine_times_in_ten() -> None:
    """Intervals that are half as wide as they should be: after thirty readings the next ones hold."""
    rng = np.random.default_rng(0)

    def read() -> Reading:
        return Reading("retries", -0.8, 0.0, 0.8, float(rng.normal()))

    held = 0
    for _ in range(200):
        record = TrackRecord(tuple(read() for _ in range(30)))
        held += read().stretch <= record.widening("retries")
    assert 0.84 <= held / 200 <= 0.97


def test_readings_move_the_prior_of_their_class_alone() -> None:
    low = TrackRecord(tuple(replace(HELD, relative_effect=0.05) for _ in range(12)))
    assert 0.05 < low.prior("retries").mean < PRIORS["retries"].mean
    assert low.prior("retries").sd < PRIORS["retries"].sd
    assert low.prior("timeout_down") == PRIORS["timeout_down"]


def test_what_is_taken_back_makes_a_rollback_likelier() -> None:
    record = TrackRecord(applications={"retries": Applications(20, 5)})
    assert record.p_rollback("retries") == pytest.approx(6 / 40)
    assert record.p_rollback("other") == pytest.approx(0.05)
    assert list_classes(record) == ["retries"]


def estimate(record: TrackRecord) -> RoiEstimate:
    rng = np.random.default_rng(1)
    before = [RunOutcome(float(rng.uniform(0.01, 0.03)), True, 1.0) for _ in range(100)]
    pairs = [Pair(run, replace(run, cost_usd=run.cost_usd / 2)) for run in before]
    found = estimate_roi(
        pairs,
        settings=RoiSettings(),
        traffic=Traffic(1_000.0, "told"),
        patch_class="retries",
        tier_name="LOW",
        rng=np.random.default_rng(0),
        record=record,
    )
    assert found is not None
    return found


def test_an_estimate_after_misses_is_wider_and_says_so() -> None:
    plain, wider = estimate(NO_RECORD), estimate(TrackRecord((MISSED,) * 9))
    assert wider.mid == pytest.approx(plain.mid)
    assert wider.high - wider.mid == pytest.approx(4 * (plain.high - plain.mid))
    assert wider.mid - wider.low == pytest.approx(4 * (plain.mid - plain.low))
    assert "4.0 times wider" in wider.basis
    assert "wider" not in plain.basis
