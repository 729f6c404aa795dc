"""What speaking to GitHub takes from outside: where it is, the clock, how to wait."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from github.Auth import Auth

from app.github.addresses import Address
from app.github.connection import Connection
from app.github.pace import Pace


@dataclass(frozen=True, slots=True)
class World:
    """Where GitHub is, and time: `clock` is aware, `monotonic` and `sleep` are in seconds."""

    address: Address
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    timeout_s: int = 15

    def connect(self, auth: Auth | None) -> Connection:
        """Return a connection under an identity, or under none."""
        return Connection(self.address, auth, timeout_s=self.timeout_s, clock=self.clock)

    def new_pace(self) -> Pace:
        """Return the order of writes for one more installation."""
        return Pace(monotonic=self.monotonic, sleep=self.sleep)
