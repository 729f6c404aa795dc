"""The usage governor: what one run may use up in all, and the sentence that says when it has used up more."""

from dataclasses import dataclass
from decimal import Decimal

from workflow.format.step_spec import UsageLimits


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run may cost and how many tokens, in and out together, it may use; None is no limit."""

    cost_usd: Decimal | None = None
    tokens: int | None = None

    @classmethod
    def of_spec(cls, limits: UsageLimits | None) -> "RunLimits":
        """Return the limits that a spec's top-level `usage_limits` set."""
        if limits is None:
            return NO_LIMITS
        cost_usd = limits.total_cost_usd_limit
        return cls(
            None if cost_usd is None else Decimal(str(cost_usd)),
            limits.total_tokens_limit,
        )

    @property
    def is_set(self) -> bool:
        """Whether there is any limit."""
        return self.cost_usd is not None or self.tokens is not None

    def tighten(self, other: "RunLimits | None") -> "RunLimits":
        """Return the smaller of each limit."""
        if other is None or not other.is_set:
            return self
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        tokens = [count for count in (self.tokens, other.tokens) if count is not None]
        return RunLimits(min(costs, default=None), min(tokens, default=None))

    def explain_breach(self, cost_usd: Decimal, tokens: int) -> str:
        """Say which limit a tally is beyond, `""` if none."""
        if self.cost_usd is not None and cost_usd > self.cost_usd:
            return f"the run has used ${cost_usd}, its limit is ${self.cost_usd}"
        if self.tokens is not None and tokens > self.tokens:
            return f"the run has used {tokens} tokens, its limit is {self.tokens}"
        return ""


NO_LIMITS = RunLimits()
