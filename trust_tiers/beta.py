"""The beta distribution, as far as rates need it: its distribution function, and exact bounds of a rate."""

import math

_TINY = 1e-300
_PRECISION = 1e-12
_MOST_TERMS = 10_000
_HALVINGS = 60


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return P(X ≤ x) of Beta(a, b): the regularised incomplete beta function (Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges fast on one side of the mean only; the other side is its mirror image.
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(x, a, b) / a
    return 1 - front * _continued_fraction(1 - x, b, a) / b


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the x with P(X ≤ x) = probability, from below."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_cdf(middle, a, b) <= probability else (low, middle)
    return low


def bound_rate(hits: int, tries: int, alpha: float) -> float:
    """Return an upper bound of a rate that holds with probability 1 − alpha (Clopper and Pearson 1934)."""
    return 1.0 if hits >= tries else beta_quantile(1 - alpha, hits + 1, tries - hits)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Evaluate by Lentz's method, two terms at a time."""
    c, d = 1.0, 1 / _keep_away_from_zero(1 - (a + b) * x / (a + 1))
    value, m, step = d, 0, 0.0
    while abs(step - 1) > _PRECISION and m < _MOST_TERMS:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _keep_away_from_zero(1 + term * d)
            c = _keep_away_from_zero(1 + term / c)
            step = c * d
            value *= step
    return value


def _keep_away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
