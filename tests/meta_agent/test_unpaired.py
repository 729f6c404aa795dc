"""Runs that weren't replayed count in the estimate: the ledger compares with all of them."""

import numpy as np

from meta_agent import Pair, RoiEstimate, RoiSettings, RunOutcome, Traffic, estimate_roi

_OK, _LOST = RunOutcome(0.01, True, 1.0), RunOutcome(0.01, False, 1.0)
_PAIRS = [*[Pair(_OK, _OK)] * 90, *[Pair(_LOST, _OK)] * 10]


def _estimate(unpaired: list[RunOutcome]) -> RoiEstimate:
    found = estimate_roi(
        _PAIRS,
        settings=RoiSettings(value_per_success_usd=1.0),
        traffic=Traffic(1_000.0, "as set"),
        patch_class="retries",
        tier_name="LOW",
        rng=np.random.default_rng(0),
        unpaired=unpaired,
        future_runs=1_000,
    )
    assert found is not None
    return found


def test_more_failures_among_them_promise_more() -> None:
    many, few = _estimate([_LOST] * 200 + [_OK] * 700), _estimate([_OK] * 900)
    assert many.mid > 1.5 * _estimate([]).mid
    assert few.mid < 0.5 * _estimate([]).mid


def test_as_many_failures_promise_as_much() -> None:
    alike = _estimate([_LOST] * 90 + [_OK] * 810)
    assert abs(alike.mid / _estimate([]).mid - 1) < 0.1


def test_what_was_replayed_is_what_is_named() -> None:
    assert _estimate([_OK] * 900).runs == len(_PAIRS)


def test_what_nobody_replayed_the_like_of_is_left_out() -> None:
    pairs = [Pair(_OK, _OK)] * 40
    found = estimate_roi(
        pairs,
        settings=RoiSettings(),
        traffic=Traffic(1_000.0, "as set"),
        patch_class="retries",
        tier_name="LOW",
        rng=np.random.default_rng(0),
        unpaired=[_LOST] * 40,
    )
    assert found is not None
    assert found.gains.success.mid <= 0.35 * 1_000 * RoiSettings().value_per_success_usd
