"""How much may be spent on asking a model, and how many requests that buys at worst."""

from dataclasses import dataclass
from decimal import Decimal

from prompt_guard import Prompt
from telemetry import price_usd

_CHARS_PER_TOKEN_AT_WORST = 2
_OVERHEAD_TOKENS = 1_000
"""For the answer's schema and the reasons that go back with a retry."""


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """Ceilings for one sweep over one spec; `max_usd` binds where the model has a list price."""

    max_requests: int = 3
    max_output_tokens: int = 2_000
    max_total_tokens: int = 60_000
    max_usd: Decimal = Decimal("0.25")
    timeout_s: float = 60.0
    max_opportunities: int = 8


def affordable_requests(prompt: Prompt, model_name: str, limits: ModelLimits) -> int:
    """Return how many requests stay below the ceiling even if each is as long as it may be.

    Every retry repeats the conversation so far. For a model without a list price it is `limits.max_requests`.
    """
    chars = len(prompt.system) + len(prompt.user)
    input_tokens = chars // _CHARS_PER_TOKEN_AT_WORST + _OVERHEAD_TOKENS
    spent = Decimal(0)
    for done in range(limits.max_requests):
        price = price_usd(model_name, input_tokens, limits.max_output_tokens)
        spent += price or Decimal(0)
        if spent > limits.max_usd:
            return done
        input_tokens += limits.max_output_tokens + _OVERHEAD_TOKENS
    return limits.max_requests
