"""What tokens cost: the price table bundled with `genai-prices`, read at one fixed date and never over the network."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

PRICED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""All runs are priced as if they ran now, so that a price change never looks like an effect of a patch."""


@lru_cache(maxsize=65_536)
def price_usd(model: str, input_tokens: int, output_tokens: int) -> Decimal | None:
    """Return the list price of one call, `None` for a model the table doesn't know; `model` may be `provider:model`."""
    # The table takes half a second to import; most telemetry carries its own cost and never asks.
    from genai_prices import Usage, calc_price

    provider, _, name = model.rpartition(":")
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    try:
        calculation = calc_price(
            usage,
            model_ref=name,
            provider_id=provider or None,
            genai_request_timestamp=PRICED_AT,
        )
    except LookupError:
        return None
    return calculation.total_price
