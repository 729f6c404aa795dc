"""Errors of this package.

TrustTiersError
└── RolloutError   an event that a rollout's state doesn't allow; carries `state` and `event`
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trust_tiers.rollout import RolloutEvent, RolloutState


class TrustTiersError(Exception):
    """Root of the errors raised by `trust_tiers`."""


class RolloutError(TrustTiersError):
    """Raised when an event can't happen in this state."""

    def __init__(self, state: "RolloutState", event: "RolloutEvent") -> None:
        self.state = state
        self.event = event
        super().__init__(f"a {state.value} rollout can't take the event {event.value!r}")
