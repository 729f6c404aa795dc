"""Deliveries that are refused: the status and the reason."""


class RefusedError(Exception):
    """Raised for a delivery that can't be taken; `status` is that of HTTP. It never leaves this package."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)
