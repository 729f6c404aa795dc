"""How many steps a tenant may bring into being: whoever makes names up can't make the statistics grow without end."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np

from telemetry.assemble import Quarantine
from telemetry.volume.columns import Columns, StepKey, key_of_text
from telemetry.volume.trust import Judged, set_aside

MAX_NEW_STEPS: Final = 20_000
"""Steps that a tenant may name for the first time in an hour: ten large workflows in twenty versions each."""

MAX_STEPS: Final = 500_000
"""Steps that a tenant may have in all, for whoever makes some up every hour."""


class StepNames:
    """The steps that have statistics already, and how many each tenant added in the hour that is under way."""

    def __init__(
        self,
        known: Iterable[StepKey] = (),
        *,
        limit: int = MAX_NEW_STEPS,
        in_all: int = MAX_STEPS,
    ) -> None:
        self._known: set[int] = set()
        self._total: Counter[str] = Counter()
        for step in known:
            self._remember(step)
        self._limit = limit
        self._in_all = in_all
        self._hour = 0
        self._added: Counter[str] = Counter()

    def admit(self, columns: Columns, judged: Judged, *, hour: int) -> Judged:
        """Set spans of steps beyond a tenant's limit aside; `hour` is that of arrival."""
        if hour != self._hour:
            self._hour, self._added = hour, Counter()
        refused = [
            code
            for code in np.unique(columns.step[judged.counts]).tolist()
            if not self._may_count(columns.steps[code])
        ]
        if not refused:
            return judged
        beyond = judged.counts & np.isin(columns.step, refused)
        return set_aside(columns, judged, beyond, Quarantine.TOO_MANY_STEPS)

    def _may_count(self, step: StepKey) -> bool:
        name = step.repository
        if _identify(step) in self._known:
            return True
        if self._added[name] >= self._limit or self._total[name] >= self._in_all:
            return False
        self._added[name] += 1
        self._remember(step)
        return True

    def _remember(self, step: StepKey) -> None:
        self._known.add(_identify(step))
        self._total[step.repository] += 1


def _identify(step: StepKey) -> int:
    return key_of_text("\0".join(step))
