"""List prices from the bundled table."""

from decimal import Decimal

import pytest

from telemetry import price_usd


@pytest.mark.parametrize("model", ["gpt-4o-mini", "openai:gpt-4o-mini"])
def test_a_known_model_has_its_list_price(model: str) -> None:
    assert price_usd(model, 1_000_000, 0) == Decimal("0.15")
    assert price_usd(model, 0, 1_000_000) == Decimal("0.6")


@pytest.mark.parametrize(
    "model", ["", "sim:small", "nobody:gpt-4o-mini", "gpt-unheard-of", ":", "a:b:c"]
)
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert price_usd(model, 1_000, 1_000) is None
