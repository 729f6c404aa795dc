"""How many steps a tenant may bring into being: whoever makes names up can't make the statistics grow without end."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telemetry.assemble import Quarantine
from telemetry.volume.columns import Columns, StepKey, key_of_text
from telemetry.volume.trust import Judged

MAX_NEW_STEPS: Final = 20_000
"""Steps that a tenant may name for the first time in an hour: ten large workflows in twenty versions each."""


class StepNames:
    """The steps that have statistics already, and how many each tenant added in the hour that is under way."""

    def __init__(self, known: Iterable[StepKey] = (), *, limit: int = MAX_NEW_STEPS) -> None:
        self._known = {_identify(step) for step in known}
        self._limit = limit
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
        return Judged(judged.counts & ~beyond, self._tell(columns, judged, beyond))

    def _may_count(self, step: StepKey) -> bool:
        key = _identify(step)
        if key in self._known:
            return True
        if self._added[step.repository] >= self._limit:
            return False
        self._added[step.repository] += 1
        self._known.add(key)
        return True

    def _tell(
        self, columns: Columns, judged: Judged, beyond: NDArray[np.bool_]
    ) -> dict[tuple[str, Quarantine], int]:
        told = Counter(judged.quarantined)
        for code, spans in zip(*np.unique(columns.step[beyond], return_counts=True), strict=True):
            told[columns.steps[code].repository, Quarantine.TOO_MANY_STEPS] += int(spans)
        return dict(told)


def _identify(step: StepKey) -> int:
    return key_of_text("\0".join(step))
