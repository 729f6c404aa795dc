"""Bounds, tests and fits against known values."""

import math
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_agent.statistics import (
    LogNormal,
    benjamini_hochberg,
    binomial_tail,
    fit_log_normal,
    more_trials,
    quantile,
    wilson_bounds,
)


def test_wilson_bounds_are_the_published_ones() -> None:
    assert wilson_bounds(10, 100, z=1.959964) == pytest.approx((0.05523, 0.17437), abs=1e-5)
    assert wilson_bounds(0, 0) == (0.0, 1.0)


@given(st.integers(1, 500), st.data())
@settings(deadline=None, max_examples=50)
def test_wilson_bounds_enclose_the_rate(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    low, high = wilson_bounds(hits, trials)
    assert 0 <= low <= hits / trials + 1e-12
    assert hits / trials - 1e-12 <= high <= 1


@given(st.integers(1, 60), st.floats(0.001, 0.9), st.data())
@settings(deadline=None, max_examples=50)
def test_a_binomial_tail_is_the_sum_of_its_terms(
    trials: int, rate: float, data: st.DataObject
) -> None:
    hits = data.draw(st.integers(0, trials))
    exact = sum(
        math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(hits, trials + 1)
    )
    assert binomial_tail(hits, trials, rate) == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_a_binomial_tail_of_a_million_trials_is_quick_and_finite() -> None:
    assert binomial_tail(10_000, 1_000_000, 0.01) == pytest.approx(0.5, abs=0.01)
    assert binomial_tail(20_000, 1_000_000, 0.01) < 1e-300


def test_the_rarer_the_excess_the_more_trials_it_takes() -> None:
    assert more_trials(6, 100, 0.01) == 100
    assert more_trials(2, 100, 0.01) > 400
    assert more_trials(1, 100, 0.01) == 6_300


def test_benjamini_hochberg_rejects_up_to_the_last_one_below_its_line() -> None:
    p_values = [0.6, 0.001, 0.04, 0.013, 0.019]
    assert benjamini_hochberg(p_values, q=0.05) == [False, True, True, True, True]
    assert benjamini_hochberg([], q=0.05) == []


def test_a_quantile_is_a_value_of_the_sample() -> None:
    assert quantile([1, 2, 3, 4], 0.5) == 3
    assert quantile([1, 2, 3, 4], 1) == 4
    assert quantile([7], 0.99) == 7


@pytest.mark.parametrize("cut_at", [None, 3.0, 2.0])
def test_a_log_normal_is_recovered_though_a_timeout_cuts_its_tail(cut_at: float | None) -> None:
    random = Random(3)
    sample = [random.lognormvariate(0, 0.6) for _ in range(5_000)]
    seen = sorted(x for x in sample if cut_at is None or x <= cut_at)
    fit = fit_log_normal(seen, censored=len(sample) - len(seen))
    assert fit is not None
    assert fit.mu == pytest.approx(0, abs=0.05)
    assert fit.sigma == pytest.approx(0.6, abs=0.05)


def test_a_few_hangs_hardly_move_the_fit() -> None:
    random = Random(3)
    sample = [random.lognormvariate(0, 0.6) for _ in range(970)]
    fit = fit_log_normal(sorted(sample), censored=30)
    assert fit is not None
    assert fit.sigma == pytest.approx(0.6, abs=0.08)


def test_too_little_or_too_cut_a_sample_fits_nothing() -> None:
    assert fit_log_normal([1.0] * 9) is None
    assert fit_log_normal([1.0] * 70, censored=30) is None
    assert fit_log_normal([]) is None


def test_equal_or_zero_latencies_still_fit() -> None:
    assert fit_log_normal([0.0] * 20) is not None
    assert fit_log_normal([2.0] * 20) == LogNormal(math.log(2.0), 0.05)


def test_tail_and_quantile_are_inverse() -> None:
    fit = LogNormal(0.3, 0.7)
    assert fit.tail(fit.quantile(0.99)) == pytest.approx(0.01)
    assert fit.tail(0) == 1.0
    assert fit.quantile(0.5) == pytest.approx(math.exp(0.3))
    assert fit.tail(math.exp(1)) == pytest.approx(1 - NormalDist(0.3, 0.7).cdf(1))
