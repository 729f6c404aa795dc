"""The route of webhooks, and what the server tells of it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from fastapi import APIRouter

from app.store import Store
from app.webhooks.figures import Figures
from app.webhooks.intake import Intake
from app.webhooks.receiver import Receiver


class Webhooks:
    """An open receiver: its route, its state, its figures; `close` writes down what waits."""

    def __init__(
        self, store: Store, secrets: Sequence[bytes], *, clock: Callable[[], datetime]
    ) -> None:
        self._figures = Figures()
        self._intake = Intake(store)
        receiver = Receiver(self._intake, self._figures, secrets, clock=clock)
        self.router = APIRouter()
        self.router.add_api_route(
            "/webhooks/github", receiver.receive, methods=["POST"], response_model=None
        )

    def find_problem(self) -> str:
        """Return why deliveries can't be taken now, "" when they can."""
        return "deliveries can't be written" if self._intake.is_failing else ""

    def render(self) -> list[str]:
        """Return the figures as lines of OpenMetrics."""
        return self._figures.render({"webhook_waiting": self._intake.waiting})

    def close(self) -> None:
        """Write what waits, and stop."""
        self._intake.close()
