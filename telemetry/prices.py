"""What tokens cost: the price table bundled with `genai-prices`, read at one fixed date and never over the network."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

PRICED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""All runs are priced as if they ran now, so that a price change never looks like an effect of a patch."""


@lru_cache(maxsize=1)
def name_price_table() -> str:
    """Return which table costs are worked out with, as it is shown beside them."""
    from importlib.metadata import version  # twenty milliseconds that most programs never need

    return f"genai-prices {version('genai-prices')} at {PRICED_AT:%Y-%m-%d}"


@lru_cache(maxsize=65_536)
def price_usd(
    model: str,
    input_tokens: int,
    output_tokens: int,
    *,
    provider: str = "",
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
) -> Decimal | None:
    """Return the list price of one call, `None` for a model the table doesn't know.

    `model` may be `provider:model` where no `provider` is given. Cached tokens are a part of `input_tokens`; `None` too
    where they are more than that.
    """
    # The table takes half a second to import; most telemetry carries its own cost and never asks.
    from genai_prices import Usage, calc_price

    if not provider:
        provider, _, model = model.rpartition(":")
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=cache_read_tokens,
        cache_write_tokens=cache_write_tokens,
    )
    try:
        calculation = calc_price(
            usage,
            model_ref=model,
            provider_id=provider or None,
            genai_request_timestamp=PRICED_AT,
        )
    except (LookupError, ValueError):
        return None
    return calculation.total_price
