"""Runs that were seen and not replayed: what they would have become, told by the pairs that went alike.

The ledger compares with all runs before a patch. Where replaying stopped early, because the answer was clear, the mean
of the replayed ones is off by chance; each other run is given the difference of a pair whose base came out as it did.
"""

from collections.abc import Sequence

import numpy as np

from meta_agent.roi_outcomes import Pair, RunOutcome


def fill_up(
    pairs: Sequence[Pair], unpaired: Sequence[RunOutcome], rng: np.random.Generator
) -> list[Pair]:
    """Return the pairs, and one for every other run that a pair went like; `pairs` aren't empty."""
    alike = {ended: [p for p in pairs if p.base.succeeded is ended] for ended in (True, False)}
    filled = list(pairs)
    for run in unpaired:
        donors = alike[run.succeeded]
        if donors:
            filled.append(_pair_like(donors[int(rng.integers(len(donors)))], run))
    return filled


def _pair_like(donor: Pair, run: RunOutcome) -> Pair:
    head = RunOutcome(
        cost_usd=max(0.0, run.cost_usd + donor.head.cost_usd - donor.base.cost_usd),
        succeeded=donor.head.succeeded,
        latency_s=max(0.0, run.latency_s + donor.head.latency_s - donor.base.latency_s),
    )
    return Pair(run, head)
