"""How many there were, from how many were kept; and shares that nobody exceeds."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.volume import cap_shares, estimate_population, even_out
from telemetry.volume.populations import RANKS

_NAMES = st.sampled_from("abcde")


@pytest.mark.parametrize("size", [500, 5_000, 50_000])
def test_a_full_sample_tells_how_many_there_were(size: int) -> None:
    chance = random.Random(size)
    ranks = sorted(chance.randrange(RANKS) for _ in range(size))[:200]
    assert estimate_population(ranks) == pytest.approx(size, rel=0.25)


@pytest.mark.parametrize("size", [0, 1, 199])
def test_a_sample_that_isnt_full_holds_everybody(size: int) -> None:
    assert estimate_population(range(size)) == size


@settings(deadline=None, max_examples=50)
@given(
    sizes=st.dictionaries(_NAMES, st.integers(1, 10_000), min_size=1),
    share=st.sampled_from([0.5, 0.7, 1.0]),
)
def test_nobody_has_more_than_the_share_and_nobody_gains(
    sizes: dict[str, float], share: float
) -> None:
    capped = cap_shares(sizes, max_share=share)
    assert all(capped[name] <= sizes[name] for name in sizes)
    if len(sizes) > 1:
        assert max(capped.values()) <= share * sum(capped.values()) + 1e-6
    else:
        assert capped == sizes


@settings(deadline=None, max_examples=50)
@given(sizes=st.dictionaries(_NAMES, st.integers(1, 10_000), min_size=1))
def test_what_is_taken_is_there_and_in_proportion(sizes: dict[str, float]) -> None:
    sampled = {name: int(min(200, size)) for name, size in sizes.items()}
    taken = even_out(sampled, sizes)
    assert all(taken[name] <= sampled[name] for name in sizes)
    rate = min(1.0, min(sampled[name] / sizes[name] for name in sizes))
    assert all(abs(taken[name] - rate * sizes[name]) <= 1 for name in sizes)
