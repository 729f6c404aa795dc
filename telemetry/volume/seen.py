"""Which keys were seen lately: redelivered spans are told from new ones, in bounded memory."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from telemetry.volume.columns import Keys

KEYS_PER_GENERATION: Final = 2**21
"""Sixteen mebibytes; a copy is recognised until between one and two generations of others came after it."""

_MAX_PARTS: Final = 6


class SeenKeys:
    """A window over a stream of 64-bit keys: the current generation and the one before."""

    def __init__(self, *, keys_per_generation: int = KEYS_PER_GENERATION) -> None:
        self._limit = keys_per_generation
        self._before: list[Keys] = []
        self._current: list[Keys] = []
        self._size = 0

    def add(self, keys: Keys) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Remember keys; returns which of them were new, the first of several equal ones."""
        distinct, first = np.unique(keys, return_index=True)
        known = np.zeros(len(distinct), np.bool_)
        for part in (*self._before, *self._current):
            places = np.searchsorted(part, distinct)
            places[places == len(part)] = 0
            known |= part[places] == distinct
        new = np.zeros(len(keys), np.bool_)
        new[first[~known]] = True
        self._remember(distinct[~known])
        return new

    def remember(self, parts: Iterable[Keys]) -> None:
        """Take back keys that were new once, oldest first."""
        for keys in parts:
            self._remember(np.sort(keys))

    def _remember(self, keys: Keys) -> None:
        if not len(keys):
            return
        if self._size + len(keys) > self._limit:
            self._before, self._current, self._size = self._current, [], 0
        self._current.append(keys)
        self._size += len(keys)
        while len(self._current) > 1 and (
            len(self._current) > _MAX_PARTS or len(self._current[-1]) * 2 > len(self._current[-2])
        ):
            last = self._current.pop()
            self._current[-1] = np.sort(np.concatenate((self._current[-1], last)), kind="stable")
