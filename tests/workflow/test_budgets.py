from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow import Budget, Spending, find_pause

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOURLY = Budget(usd_per_hour=Decimal(1))


def spent(*costs: tuple[float, str]) -> Spending:
    return Spending((NOW - timedelta(hours=hours), Decimal(usd)) for hours, usd in costs)


@pytest.mark.parametrize(
    ("spending", "paused"),
    [
        (spent(), False),
        (spent((0.5, "0.99")), False),
        (spent((0.5, "1.00")), True),
        (spent((0.9, "0.5"), (0.1, "0.5")), True),
        (spent((1.0, "5")), False),
        (spent((-0.5, "5")), False),
    ],
)
def test_a_workflow_pauses_when_the_last_hour_is_spent(spending: Spending, paused: bool) -> None:
    assert bool(find_pause(HOURLY, spending, NOW)) is paused


def test_the_day_counts_beside_the_hour() -> None:
    both = Budget(Decimal(1), Decimal(3))
    spending = spent((20, "1"), (10, "1"), (5, "1"))
    assert find_pause(both, spending, NOW) == "$3.0000 of $3.0000 a day are spent"
    assert find_pause(both, spending, NOW + timedelta(hours=4)) == ""


def test_without_a_budget_nothing_pauses() -> None:
    assert find_pause(Budget(), spent((0, "1000000")), NOW) == ""


def test_a_budget_of_nothing_lets_nothing_run() -> None:
    assert find_pause(Budget(usd_per_day=Decimal(0)), spent(), NOW)


_COSTS = st.lists(st.tuples(st.integers(0, 100), st.decimals(0, 9, places=2)), max_size=20)


@given(known=_COSTS, noted=_COSTS, after=st.integers(-1, 101), length=st.integers(0, 50))
@settings(deadline=None, max_examples=60)
def test_what_is_known_and_what_is_noted_add_up(
    known: list[tuple[int, Decimal]],
    noted: list[tuple[int, Decimal]],
    after: int,
    length: int,
) -> None:
    def at(minute: int) -> datetime:
        return NOW + timedelta(minutes=minute)

    spending = Spending((at(minute), usd) for minute, usd in known)
    for minute, usd in sorted(noted):
        spending.add(at(minute), usd)
    expected = sum(usd for minute, usd in known + noted if after < minute <= after + length)
    assert spending.total_usd(at(after), at(after + length)) == expected


def test_spending_is_noted_in_order() -> None:
    spending = spent()
    spending.add(NOW, Decimal(1))
    with pytest.raises(ValueError, match="order"):
        spending.add(NOW - timedelta(seconds=1), Decimal(1))
