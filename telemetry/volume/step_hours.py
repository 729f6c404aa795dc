"""How many hours of steps a tenant may fill: each is a row, and spans of a year ago are welcome.

A step has an hour or two under way; whoever spreads made-up times over a year would fill thousands for each step.
Files are exempt: whoever takes in a year of telemetry on the server's own machine means it.
"""

from typing import Final

import numpy as np

from telemetry.assemble import Quarantine
from telemetry.volume.columns import Columns, identify_steps, mix_keys
from telemetry.volume.hourly import HOUR_S
from telemetry.volume.trust import Judged, set_aside

MAX_STEP_HOURS: Final = 200_000
"""Hours of steps that a tenant's requests may fill in an hour: a thousand steps for eight days of late telemetry."""

_HOUR_NS: Final = np.uint64(HOUR_S * 10**9)


class StepHours:
    """The hours of steps that each tenant filled in the hour that is under way."""

    def __init__(self, *, limit: int = MAX_STEP_HOURS) -> None:
        self._limit = limit
        self._hour = 0
        self._filled: dict[str, set[int]] = {}

    def admit(self, columns: Columns, judged: Judged, *, hour: int) -> Judged:
        """Set spans of hours beyond a tenant's limit aside; `hour` is that of arrival."""
        if hour != self._hour:
            self._hour, self._filled = hour, {}
        places = np.flatnonzero(judged.counts & ~columns.from_file)
        hours = (columns.start_ns[places] // _HOUR_NS).astype(np.int64)
        identities = identify_steps(columns)[columns.step[places]]
        keys = mix_keys(identities.astype(np.uint64), hours)
        distinct, first, which = np.unique(keys, return_index=True, return_inverse=True)
        owners = [columns.steps[code].repository for code in columns.step[places[first]].tolist()]
        refused = np.array(
            [
                not self._may_fill(owner, key)
                for owner, key in zip(owners, distinct.tolist(), strict=True)
            ],
            np.bool_,
        )
        if not refused.any():
            return judged
        beyond = np.zeros(len(columns), np.bool_)
        beyond[places[refused[which]]] = True
        return set_aside(columns, judged, beyond, Quarantine.TOO_MANY_HOURS)

    def _may_fill(self, repository: str, key: int) -> bool:
        filled = self._filled.setdefault(repository, set())
        if key in filled:
            return True
        if len(filled) >= self._limit:
            return False
        filled.add(key)
        return True
