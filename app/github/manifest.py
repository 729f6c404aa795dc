"""Registers an App from a manifest: what GitHub is asked to register, and the key and secret it gives back.

See https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, JsonValue

from app.errors import BadInputError
from app.github.addresses import Address
from app.github.api import parse
from app.github.connection import Request
from app.github.permissions import EVENTS, describe_permissions
from app.github.world import World

_MAX_NAME = 34
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")


@dataclass(frozen=True, slots=True)
class CreatedApp:
    """An App that GitHub has just registered."""

    app_id: int
    slug: str
    page_url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


def describe_app(*, name: str, webhook_url: str, redirect_url: str) -> dict[str, JsonValue]:
    """Return the manifest; raises `BadInputError` for a name or an address that GitHub wouldn't take."""
    if not 1 <= len(name) <= _MAX_NAME:
        raise BadInputError(
            f"an App's name has 1 to {_MAX_NAME} characters; {name!r} has {len(name)}"
        )
    parts = urlsplit(webhook_url)
    if parts.scheme != "https" or not parts.hostname:
        raise BadInputError(
            f"{webhook_url!r} can't receive events; write the address of your server,"
            " like https://flujo.example.com/webhooks/github"
        )
    return {
        "name": name,
        "url": f"https://{parts.netloc}",
        "hook_attributes": {"url": webhook_url, "active": True},
        "redirect_url": redirect_url,
        "public": False,
        "default_permissions": {**describe_permissions()},
        "default_events": [*EVENTS],
    }


def registration_url(address: Address, organisation: str, state: str) -> str:
    """Return the page that takes the manifest, for oneself or for an organisation."""
    if organisation and not _LOGIN.fullmatch(organisation):
        raise BadInputError(f"{organisation!r} can't be the name of an organisation")
    owner = f"organizations/{organisation}/" if organisation else ""
    return f"{address.web_url}/{owner}settings/apps/new?state={quote(state, safe='')}"


def exchange_code(code: str, world: World) -> CreatedApp:
    """Return the App that the code stands for; it is good once, for an hour. Raises `GitHubError`."""
    if not _CODE.fullmatch(code):
        raise BadInputError("GitHub's answer holds no code; start again")
    request = Request("POST", f"/app-manifests/{code}/conversions")
    found = parse(_WireCreated, world.connect(None).send(request).body, "an App")
    return CreatedApp(
        app_id=found.id,
        slug=found.slug,
        page_url=found.html_url,
        private_key=found.pem,
        webhook_secret=found.webhook_secret or "",
    )


class _WireCreated(BaseModel):
    id: int
    slug: str
    html_url: str
    pem: str
    webhook_secret: str | None = None
