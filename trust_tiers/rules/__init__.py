"""The rules, one file each; what none of them knows is HIGH."""

from trust_tiers.rules.backoff import raises_backoff
from trust_tiers.rules.documentation import writes_documentation
from trust_tiers.rules.models import swaps_model
from trust_tiers.rules.order import swaps_neighbours
from trust_tiers.rules.retries import raises_retries
from trust_tiers.rules.timeouts import moves_timeout
from trust_tiers.rules.token_limits import lowers_token_limit
from trust_tiers.rules.validators import adds_validators

RULES = (
    raises_retries,
    moves_timeout,
    raises_backoff,
    writes_documentation,
    lowers_token_limit,
    adds_validators,
    swaps_model,
    swaps_neighbours,
)

__all__ = ["RULES"]
