"""List prices from the bundled table."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from telemetry import price_usd
from telemetry.prices import date_of_price


@pytest.mark.parametrize("model", ["gpt-4o-mini", "openai:gpt-4o-mini"])
def test_a_known_model_has_its_list_price(model: str) -> None:
    assert price_usd(model, 1_000_000, 0) == Decimal("0.15")
    assert price_usd(model, 0, 1_000_000) == Decimal("0.6")


@pytest.mark.parametrize(
    "model", ["", "sim:small", "nobody:gpt-4o-mini", "gpt-unheard-of", ":", "a:b:c"]
)
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert price_usd(model, 1_000, 1_000) is None


def test_a_price_is_that_of_the_day() -> None:
    before = price_usd("o3", 1_000_000, 0, at=datetime(2025, 6, 1, tzinfo=UTC))
    after = price_usd("o3", 1_000_000, 0, at=datetime(2025, 7, 1, tzinfo=UTC))
    assert (before, after) == (Decimal(10), Decimal(2))


@pytest.mark.parametrize("at_ns", [0, 2**64 - 1])
def test_any_time_on_the_wire_has_a_date(at_ns: int) -> None:
    assert date_of_price(at_ns).minute == 0
