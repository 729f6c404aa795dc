"""What tokens cost, whoever asks: simulated models by their own file, real ones by the dated table."""

from decimal import Decimal

from app.adapters.simulated_models import PREFIX, load_simulated_models
from telemetry import price_usd

_MILLION = Decimal(1_000_000)


def reprice(model: str, input_tokens: int, output_tokens: int) -> Decimal | None:
    """Return USD for a call; None for a model without a price."""
    if not model.startswith(PREFIX):
        return price_usd(model, input_tokens, output_tokens)
    known = load_simulated_models().get(model)
    if known is None:
        return None
    price = known.price_per_million_usd
    return (price.input * input_tokens + price.output * output_tokens) / _MILLION
