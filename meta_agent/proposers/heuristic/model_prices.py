"""What a call would cost on another model: by the price table, else by what was paid for it in the same runs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from telemetry import Attempt, Run, price_usd

_MIN_CALLS = 10


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """USD per (input, output) token of the models seen in telemetry; the table is asked first."""

    paid: dict[str, tuple[float, float]]

    def call_usd(self, model: str, input_tokens: float, output_tokens: float) -> float | None:
        """Return the price of an average call, `None` for a model nobody knows the price of."""
        listed = price_usd(model, round(input_tokens), round(output_tokens))
        if listed is not None:
            return float(listed)
        paid = self.paid.get(model)
        return paid and paid[0] * input_tokens + paid[1] * output_tokens


def learn_prices(runs: Iterable[Run]) -> ModelPrices:
    """Fit what each model's calls cost by their tokens; a model needs ten priced calls."""
    by_model: dict[str, list[Attempt]] = {}
    for run in runs:
        for step in run.steps:
            for attempt in step.attempts:
                if attempt.model and attempt.cost_usd:
                    by_model.setdefault(attempt.model, []).append(attempt)
    return ModelPrices(
        {model: _fit(calls) for model, calls in by_model.items() if len(calls) >= _MIN_CALLS}
    )


def _fit(calls: list[Attempt]) -> tuple[float, float]:
    """Least squares without a constant; one price for all tokens where the calls are too alike to tell them apart."""
    tokens = np.asarray([(call.input_tokens, call.output_tokens) for call in calls], dtype=float)
    paid_usd = np.asarray([float(call.cost_usd) for call in calls])
    prices, _, matrix_rank, _ = np.linalg.lstsq(tokens, paid_usd, rcond=1e-6)
    if matrix_rank == 2 and (prices >= 0).all():
        return float(prices[0]), float(prices[1])
    mean_usd = float(paid_usd.sum() / max(1.0, tokens.sum()))
    return mean_usd, mean_usd
