"""Budgets of a workflow: what its runs may cost in an hour and in a day before it is paused."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Budget:
    """US dollars in any 60 minutes and in any 24 hours; None is no limit."""

    usd_per_hour: Decimal | None = None
    usd_per_day: Decimal | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is any limit."""
        return self.usd_per_hour is not None or self.usd_per_day is not None


class Spending:
    """What runs cost, by when they started; made of what is known and added to as runs end."""

    def __init__(self, spent: Iterable[tuple[datetime, Decimal]] = ()) -> None:
        self._before = _Series(sorted(spent))
        self._since = _Series([])

    def add(self, started_at: datetime, cost_usd: Decimal) -> None:
        """Note a run that has ended; runs are noted in the order of their starts."""
        self._since.append(started_at, cost_usd)

    def total_usd(self, after: datetime, until: datetime) -> Decimal:
        """Return what the runs that started in between cost."""
        return self._before.total_usd(after, until) + self._since.total_usd(after, until)


def find_pause(budget: Budget, spending: Spending, now: datetime) -> str:
    """Return why no run may start now, "" when one may.

    A run's cost is known when it ends, so the last run may go beyond the budget; the next one doesn't start.
    """
    limits = (
        (budget.usd_per_hour, timedelta(hours=1), "hour"),
        (budget.usd_per_day, timedelta(days=1), "day"),
    )
    for limit_usd, window, word in limits:
        if limit_usd is None:
            continue
        spent_usd = spending.total_usd(now - window, now)
        if spent_usd >= limit_usd:
            return f"${spent_usd:.4f} of ${limit_usd:.4f} a {word} are spent"
    return ""


class _Series:
    """Costs in the order of time, with running sums."""

    def __init__(self, spent: list[tuple[datetime, Decimal]]) -> None:
        self._at: list[datetime] = []
        self._sums_usd = [Decimal(0)]
        for started_at, cost_usd in spent:
            self.append(started_at, cost_usd)

    def append(self, started_at: datetime, cost_usd: Decimal) -> None:
        if self._at and started_at < self._at[-1]:
            raise ValueError("spending is noted in the order of time")
        self._at.append(started_at)
        self._sums_usd.append(self._sums_usd[-1] + cost_usd)

    def total_usd(self, after: datetime, until: datetime) -> Decimal:
        first, last = bisect_right(self._at, after), bisect_right(self._at, until)
        return self._sums_usd[max(first, last)] - self._sums_usd[first]
