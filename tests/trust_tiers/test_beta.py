"""The beta distribution, beside what is known of it in closed form."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_tiers.beta import beta_cdf, beta_quantile, bound_rate

SHAPES = st.floats(min_value=1, max_value=500)


@pytest.mark.parametrize("a", [1, 2, 7, 29, 400])
@pytest.mark.parametrize("x", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_it_is_a_power_where_one_of_the_shapes_is_one(a: int, x: float) -> None:
    assert beta_cdf(x, a, 1) == pytest.approx(x**a, abs=1e-12)
    assert beta_cdf(x, 1, a) == pytest.approx(1 - (1 - x) ** a, abs=1e-12)


@pytest.mark.parametrize(("hits", "tries"), [(0, 5), (3, 10), (24, 300), (299, 300)])
@pytest.mark.parametrize("x", [0.01, 0.08, 0.3, 0.97])
def test_it_is_the_tail_of_a_binomial(hits: int, tries: int, x: float) -> None:
    tail = sum(
        math.comb(tries, k) * x**k * (1 - x) ** (tries - k) for k in range(hits + 1, tries + 1)
    )
    assert beta_cdf(x, hits + 1, tries - hits) == pytest.approx(tail, abs=1e-10)


@pytest.mark.parametrize(("x", "share"), [(-1.0, 0.0), (0.0, 0.0), (1.0, 1.0), (2.0, 1.0)])
def test_outside_of_its_range_it_is_certain(x: float, share: float) -> None:
    assert beta_cdf(x, 2, 3) == share


@given(st.floats(min_value=0.001, max_value=0.999), SHAPES, SHAPES)
@settings(deadline=None, max_examples=50)
def test_it_mirrors(x: float, a: float, b: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(1 - beta_cdf(1 - x, b, a), abs=1e-9)


@given(st.floats(min_value=0.001, max_value=0.999), SHAPES, SHAPES)
@settings(deadline=None, max_examples=50)
def test_a_quantile_is_where_the_share_is_reached(probability: float, a: float, b: float) -> None:
    x = beta_quantile(probability, a, b)
    assert beta_cdf(x, a, b) == pytest.approx(probability, abs=1e-6)


@given(st.integers(min_value=1, max_value=2000), st.data())
@settings(deadline=None, max_examples=50)
def test_more_hits_or_less_risk_never_lower_the_bound_of_a_rate(
    tries: int, data: st.DataObject
) -> None:
    hits = data.draw(st.integers(min_value=0, max_value=tries))
    bound = bound_rate(hits, tries, 0.01)
    assert hits / tries <= bound <= 1
    assert bound_rate(hits, tries, 0.001) >= bound
    assert bound_rate(min(tries, hits + 1), tries, 0.01) >= bound


def test_nothing_is_known_of_a_rate_without_tries() -> None:
    assert bound_rate(0, 0, 0.05) == 1.0
    assert bound_rate(7, 7, 0.05) == 1.0
