"""Requests that are refused: the status, the reason, and when to come back."""

from typing import Final

RETRY_AFTER_S: Final = 2
"""When to come back after 429 and 503."""


class RefusedError(Exception):
    """Raised for a request that can't be taken; `status` is that of HTTP. It never leaves this package."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)

    @property
    def may_retry(self) -> bool:
        """Whether the same request may be taken later."""
        return self.status in (429, 503)
