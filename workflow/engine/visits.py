"""Numbers the executions of each step so that the number doesn't depend on which of two came first.

The items of a map may run at once. Each has a lane of its own: execution `k` (from 0) of a step in item `i` of `n` is
number `first + k * n + i`, whatever the order, so that a recording is found again under any limit of concurrency.
"""

from collections.abc import Sequence


class Visits:
    """Counts executions by `step_id`, from 0; steps in different lanes are counted apart and never share a number."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def next(self, step_id: str) -> int:
        """Return the number of the execution that begins."""
        count = self._counts.get(step_id, 0)
        self._counts[step_id] = count + 1
        return count

    def count(self, step_id: str) -> int:
        """Return how many executions have been counted here."""
        return self._counts.get(step_id, 0)

    def split(self, lanes: int) -> list["Visits"]:
        """Return so many lanes; until they are joined again nothing else counts the steps in them."""
        first = dict(self._counts)
        return [_Lane(self, first, lane, lanes) for lane in range(lanes)]

    def join(self, lanes: Sequence["Visits"]) -> None:
        """Go on counting behind what the lanes have used."""
        first = dict(self._counts)
        for lane in lanes:
            for step_id, count in lane._counts.items():
                used = first.get(step_id, 0) + count * len(lanes)
                self._counts[step_id] = max(used, self._counts.get(step_id, 0))


class _Lane(Visits):
    __slots__ = ("_around", "_first", "_lane", "_lanes")

    def __init__(self, around: Visits, first: dict[str, int], lane: int, lanes: int) -> None:
        super().__init__()
        self._around, self._first, self._lane, self._lanes = around, first, lane, lanes

    def next(self, step_id: str) -> int:
        return self._place(step_id, super().next(step_id))

    def _place(self, step_id: str, count: int) -> int:
        """Return the number, in the whole run, of what is counted `count` in this lane."""
        here = self._first.get(step_id, 0) + count * self._lanes + self._lane
        around = self._around
        return around._place(step_id, here) if isinstance(around, _Lane) else here
