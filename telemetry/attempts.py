"""An attempt span → `Attempt`: who answered, how it ended, what it cost."""

from decimal import Decimal, InvalidOperation
from typing import Final

from telemetry.attributes import (
    ATTEMPT,
    COST_USD,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    REQUEST_MODEL,
    RESPONSE_MODEL,
    VALIDATORS_MS,
)
from telemetry.fields import (
    BadFieldError,
    read_count,
    read_error_class,
    read_outcome,
    read_string,
    read_times_ms,
)
from telemetry.prices import date_of_price, price_usd
from telemetry.runs import Attempt
from telemetry.spans import AttributeValue, Span

MAX_ATTEMPT_USD: Final = Decimal(10_000)
"""No single call costs more; a higher figure is an error or an attack."""

_FREE = Decimal(0)
_DECIMALS = 12
"""Costs are kept to a millionth of a millionth of a dollar, so that sums are exact in any order."""


def read_attempt(span: Span) -> Attempt:
    """Return the attempt a span tells of; a missing cost is computed from model and tokens where both are known."""
    values = span.attributes
    model = read_string(values, REQUEST_MODEL) or read_string(values, RESPONSE_MODEL)
    input_tokens = read_count(values, INPUT_TOKENS)
    output_tokens = read_count(values, OUTPUT_TOKENS)
    return Attempt(
        read_count(values, ATTEMPT),
        read_outcome(values),
        read_error_class(values),
        (span.end_ns - span.start_ns) / 1e6,
        _read_cost(span, model, input_tokens, output_tokens),
        model,
        input_tokens,
        output_tokens,
        read_times_ms(values, VALIDATORS_MS),
    )


def _read_cost(span: Span, model: str, input_tokens: int, output_tokens: int) -> Decimal:
    stated = span.attributes.get(COST_USD)
    if stated is None or stated == "":
        known = model and (input_tokens or output_tokens)
        at = date_of_price(span.start_ns)
        price = price_usd(model, input_tokens, output_tokens, at=at) if known else None
        return _FREE if price is None else round(price, _DECIMALS)
    if stated == 0 and stated is not False:
        return _FREE
    return parse_usd(stated)


def parse_usd(stated: AttributeValue) -> Decimal:
    """Return a stated cost, at most `MAX_ATTEMPT_USD`, to twelve decimals; raises `BadFieldError`."""
    if isinstance(stated, bool):
        raise BadFieldError(COST_USD)
    try:
        cost = Decimal(str(stated))
    except InvalidOperation as error:
        raise BadFieldError(COST_USD) from error
    if not (cost.is_finite() and 0 <= cost <= MAX_ATTEMPT_USD):
        raise BadFieldError(COST_USD)
    return round(cost, _DECIMALS) if _is_finer(cost) else cost


def _is_finer(cost: Decimal) -> bool:
    exponent = cost.as_tuple().exponent
    return isinstance(exponent, int) and exponent < -_DECIMALS
