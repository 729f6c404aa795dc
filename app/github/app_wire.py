"""How GitHub writes what an App asks about itself."""

from datetime import datetime

from pydantic import BaseModel, JsonValue

from app.forge import HookDelivery, Installation
from app.github.api import parse
from app.github.wire import WireAccount, to_account


class WireApp(BaseModel):
    """An App."""

    id: int
    slug: str
    name: str
    permissions: dict[str, str]
    events: tuple[str, ...] = ()


class WireInstallation(BaseModel):
    """An installation."""

    id: int
    account: WireAccount | None
    permissions: dict[str, str]
    events: tuple[str, ...] = ()
    repository_selection: str
    suspended_at: datetime | None = None


class WireRepository(BaseModel):
    """A repository, in short."""

    id: int
    full_name: str


class WireRepositories(BaseModel):
    """A page of repositories."""

    repositories: tuple[WireRepository, ...]


class WireHook(BaseModel):
    """The settings of a hook; the secret is masked."""

    url: str = ""
    content_type: str = ""
    secret: str | None = None
    insecure_ssl: str | int | float = "0"


class WireDelivery(BaseModel):
    """An attempt to deliver an event."""

    id: int
    guid: str
    event: str
    action: str | None = None
    delivered_at: datetime
    status_code: int
    redelivery: bool
    installation_id: int | None = None


def to_installation(answer: JsonValue) -> Installation:
    """Read an installation."""
    found = parse(WireInstallation, answer, "an installation")
    return Installation(
        id=found.id,
        account=to_account(found.account),
        permissions=found.permissions,
        events=found.events,
        selection=found.repository_selection,
        is_suspended=found.suspended_at is not None,
    )


def to_delivery(answer: JsonValue) -> HookDelivery:
    """Read an attempt to deliver an event."""
    found = parse(WireDelivery, answer, "a delivery")
    return HookDelivery(
        id=found.id,
        guid=found.guid,
        event=found.event,
        action=found.action or "",
        delivered_at=found.delivered_at,
        status_code=found.status_code,
        is_redelivery=found.redelivery,
        installation_id=found.installation_id,
    )
