"""What tokens cost: the dated price table bundled with `genai-prices`, never over the network.

A span is priced by its own date. What might be, as a run with another model, is priced at one fixed date.
"""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

PRICED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Where nothing has a date: comparisons are made at one, so that a price change never looks like an effect."""

_HOUR_S: Final = 3600
_LATEST_S: Final = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())


@lru_cache(maxsize=1)
def name_price_table() -> str:
    """Return which table costs are worked out with, as it is shown beside them."""
    from importlib.metadata import version  # twenty milliseconds that most programs never need

    return f"genai-prices {version('genai-prices')} by date"


def date_of_price(at_ns: int) -> datetime:
    """Return the hour in which something was asked, by which it is priced: prices may change at any hour of a day."""
    return datetime.fromtimestamp(min(at_ns // 10**9, _LATEST_S) // _HOUR_S * _HOUR_S, UTC)


@lru_cache(maxsize=65_536)
def price_usd(
    model: str,
    input_tokens: int,
    output_tokens: int,
    *,
    at: datetime = PRICED_AT,
    provider: str = "",
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
) -> Decimal | None:
    """Return the list price of one call at a date, `None` for a model the table doesn't know.

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
            genai_request_timestamp=at,
        )
    except (LookupError, ValueError):
        return None
    return calculation.total_price
