"""The models of all worlds: real names with list prices, so that the product prices them as it would a user's."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Model:
    """USD for a million tokens, and how its calls differ from the large one's in time and in length."""

    name: str
    input_usd: Decimal
    output_usd: Decimal
    slowness: float
    wordiness: float

    def cost_usd(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return the price of a call."""
        return (self.input_usd * input_tokens + self.output_usd * output_tokens) / _MILLION


LARGE: Final = Model("openai:gpt-4.1", Decimal(2), Decimal(8), 1.0, 1.0)
MIDDLE: Final = Model("openai:gpt-4.1-mini", Decimal("0.4"), Decimal("1.6"), 0.7, 1.05)
SMALL: Final = Model("openai:gpt-4.1-nano", Decimal("0.1"), Decimal("0.4"), 0.5, 1.1)
MODELS: Final = {model.name: model for model in (LARGE, MIDDLE, SMALL)}
ALLOWED: Final = tuple(MODELS)
