"""From paired replays to what the ledger will read: the mean of runs to come minus the mean already observed.

Let B be the mean of the observed base runs, H the mean of the same runs replayed with the patch, D = H − B, and F the
mean of `future_runs` real runs after the patch. The ledger reads R = F − B, so R − D = F − H: the base cancels, and
what is uncertain is how far the replayed sample is from the truth and how far the future one will be. Both are drawn
here. Of D itself the part that is probably chance is taken away first: it is shrunk toward the prior of its patch
class, as far as its own noise demands (empirical Bayes), or the best of many candidates would always disappoint.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meta_agent.priors import Prior

DRAWS: Final = 1_000

_EXACT_PAIRS = 2_000
_EXACT_FUTURE = 300
"""Above these sample sizes means are as good as normal, and drawing them so costs nothing."""

Table = NDArray[np.float64]
"""One row a run, one column a term: money, success, latency; USD a run, gains positive, costs negative."""

SUCCESS: Final = 1

_QUANTILE: Final = 1.645
_FEWEST_DEGREES: Final = 3.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """`centre` is the expected effect on each term in USD a run; `draws` are readings of the ledger, one row each.

    The two differ where the base was lucky or unlucky in the sample: that luck isn't part of the effect, but the
    ledger, which compares with the same observed base, will read it all the same.
    """

    centre: Table
    draws: Table

    def less(self, loss_usd: float, rng: np.random.Generator) -> "Prediction":
        """Return the prediction where successes of this worth a run may be lost, nobody knows how many.

        The loss is drawn as an exponential: most likely hardly anything, now and then several times as much.
        """
        if not loss_usd:
            return self
        lost = np.zeros(self.centre.shape)
        lost[SUCCESS] = loss_usd
        luck = rng.exponential(size=(len(self.draws), 1))
        return Prediction(self.centre - lost, self.draws - luck * lost)


def predict(
    base: Table,
    head: Table,
    *,
    success_usd: float,
    prior: Prior,
    future_runs: int,
    rng: np.random.Generator,
    replayed: int | None = None,
) -> Prediction:
    """Predict effect and readings; `base` and `head` are paired row by row, two rows at least.

    Only the first `replayed` rows were (by default all): the others' differences are drawn from theirs.
    """
    differences = head - base
    effect = differences.mean(axis=0)
    told = differences[:replayed]
    luck_usd = _estimate_luck(told.sum(axis=1), success_usd - float(base.sum(axis=1).mean()), prior)
    centre = effect - luck_usd * _share_of(differences, differences)
    reading = effect - luck_usd * _share_of(head, differences)
    means = _draw_means(head, success_usd, future_runs, rng)
    errors = means.mean(axis=0) - head.mean(axis=0)
    spread = (means - means.mean(axis=0)) * _widening(head.sum(axis=1))
    return Prediction(centre, reading + errors + spread + _draw_transfer(told, len(base), rng))


def _draw_transfer(told: Table, rows: int, rng: np.random.Generator) -> Table:
    """Draw by how much the mean difference of the other rows is off, which was drawn from those that are told."""
    others = 1 - len(told) / rows
    if not others:
        return np.zeros((1, told.shape[1]))
    error = np.cov(told, rowvar=False) / len(told) * others**2
    return rng.multivariate_normal(np.zeros(told.shape[1]), error, size=DRAWS, method="eigh")


def _widening(values: Table) -> float:
    """Return how much too narrow a bootstrap of these values is.

    Its variance lacks n + 1 for n − 1, and its tails are the normal's for Student's t. The degrees of freedom are those
    of the sample's variance (Satterthwaite 1946), 2n / (kurtosis − 1): few where a handful of runs make most of it.
    """
    count = len(values)
    squares = (values - values.mean()) ** 2
    variance = float(squares.mean())
    if variance <= 0:
        return 1 + 1 / (count - 1)
    kurtosis = float((squares**2).mean()) / variance**2
    freedom = max(_FEWEST_DEGREES, 2 * count / max(kurtosis - 1, 1e-9))
    # Cornish and Fisher's first term for the ratio of the quantiles of t and normal.
    return (1 + 1 / (count - 1)) * (1 + (_QUANTILE**2 + 1) / (4 * freedom))


def _estimate_luck(differences: Table, loss_usd: float, prior: Prior) -> float:
    """Return E[D − Δ | D] = (1 − w)(D − prior mean), the part of the observed effect that is probably chance.

    w weighs the prior's variance against that of D, the mean of the paired `differences`.
    """
    noise = float(differences.var(ddof=1)) / len(differences)
    spread = (prior.sd * loss_usd) ** 2
    if noise + spread <= 0:
        return 0.0
    return noise / (noise + spread) * (float(differences.mean()) - prior.mean * loss_usd)


def _share_of(rows: Table, differences: Table) -> Table:
    """Return how much of the differences' chance each term of `rows` carries: its regression on their total."""
    total = differences.sum(axis=1)
    total = total - total.mean()
    variance = float(total @ total)
    if variance <= 0:
        return np.zeros(rows.shape[1])
    return np.asarray((rows - rows.mean(axis=0)).T @ total / variance)


def _draw_means(
    head: Table, success_usd: float, future_runs: int, rng: np.random.Generator
) -> Table:
    """Draw means of future runs; the Bayesian bootstrap (Rubin 1981) over the sample and a few half-weight runs.

    They are an average run that failed, one that succeeded, and the worst run seen once more (Jeffreys' prior for the
    rates of failure and of disaster): without them thirty runs without a failure would promise that there will never be
    one, and a sample with two of its hangs that there will never be six.
    """
    average = head.mean(axis=0)
    failure, success = average.copy(), average.copy()
    failure[SUCCESS], success[SUCCESS] = 0.0, success_usd
    worst = head[np.argmin(head.sum(axis=1))]
    rows = np.vstack([head, failure, success, worst])
    concentration = np.append(np.ones(len(head)), [0.5, 0.5, 0.5])
    if len(head) > _EXACT_PAIRS:
        return _normal_means(rows, concentration, 1 / len(head) + 1 / future_runs, rng)
    weights = rng.dirichlet(concentration, size=DRAWS)
    if future_runs <= _EXACT_FUTURE:
        return np.asarray(rng.multinomial(future_runs, weights) / future_runs @ rows)
    future = _normal_means(rows, concentration, 1 / future_runs, rng)
    centre = concentration / concentration.sum() @ rows
    return np.asarray(weights @ rows + future - centre)


def _normal_means(
    rows: Table, concentration: NDArray[np.float64], scale: float, rng: np.random.Generator
) -> Table:
    mean = concentration / concentration.sum() @ rows
    covariance = np.cov(rows, rowvar=False, aweights=concentration, ddof=0) * scale
    return rng.multivariate_normal(mean, covariance, size=DRAWS, method="eigh")
