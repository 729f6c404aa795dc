"""What an App asks of GitHub about itself: where it is installed, what was delivered to it, how its hook is set."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.forge.forge import Forge
from app.forge.people import Account


@dataclass(frozen=True, slots=True)
class App:
    """The App as registered; `permissions` maps a name such as `contents` to `read` or `write`."""

    id: int
    slug: str
    name: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Installation:
    """The App on one account; `selection` is `all` or `selected` repositories."""

    id: int
    account: Account
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    selection: str
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class InstalledRepository:
    """A repository that an installation reaches."""

    id: int
    full_name: str


@dataclass(frozen=True, slots=True)
class HookConfig:
    """Where GitHub sends events; GitHub tells only whether there is a secret, never which."""

    url: str
    content_type: str
    has_secret: bool
    checks_certificate: bool


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One attempt to deliver an event; attempts at the same one share `guid`. `status_code` is 0 without an answer."""

    id: int
    guid: str
    event: str
    action: str
    delivered_at: datetime
    status_code: int
    is_redelivery: bool
    installation_id: int | None

    @property
    def is_ok(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status_code < 300


class AppForge(Protocol):
    """GitHub as the App sees it, outside any repository. Every method may raise a `GitHubError`."""

    def app(self) -> App:
        """Return the App that our key belongs to."""

    def server_time(self) -> datetime:
        """Return GitHub's own clock, in whole seconds."""

    def installations(self) -> tuple[Installation, ...]:
        """Return all installations, suspended ones too."""

    def installation(self, installation_id: int) -> Installation:
        """Return one installation; raises `GitHubNotFoundError` when it was removed."""

    def repositories(self, installation_id: int) -> tuple[InstalledRepository, ...]:
        """Return the repositories that an installation reaches."""

    def hook(self) -> HookConfig:
        """Return how the App's webhook is set."""

    def deliveries(self, since: datetime) -> tuple[HookDelivery, ...]:
        """Return the deliveries after `since`, the latest first; GitHub keeps three days of them."""

    def redeliver(self, delivery_id: int) -> None:
        """Have a delivery sent again; ours to ignore when it had arrived after all, since its guid stays."""

    def open(self, installation_id: int, repository: InstalledRepository) -> Forge:
        """Return one repository, reached with rights to it alone."""
