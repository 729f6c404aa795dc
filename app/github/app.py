"""GitHub as the App sees it, outside any repository. See https://docs.github.com/en/rest/apps."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import JsonValue

from app.errors import GitHubUnavailableError
from app.forge import (
    Account,
    App,
    HookConfig,
    HookDelivery,
    Installation,
    InstalledRepository,
)
from app.github.api import RepositoryApi, parse
from app.github.app_key import AppKey
from app.github.app_wire import (
    WireApp,
    WireHook,
    WireRepositories,
    to_delivery,
    to_installation,
)
from app.github.connection import PER_PAGE, Answer, Request
from app.github.forge import GitHubForge, Identity
from app.github.grants import InstallationGrants
from app.github.pace import Pace
from app.github.permissions import METADATA
from app.github.wire import WireAccount, to_account
from app.github.world import World

_MAX_PAGES = 100


class GitHubApp:
    """Implements `app.forge.AppForge` with the App's private key."""

    def __init__(self, app_id: int, key: AppKey, world: World) -> None:
        self._world = world
        self._app_id = app_id
        self._connection = world.connect(key.sign_in(app_id))
        self._lock = threading.Lock()
        self._paces: dict[int, Pace] = {}
        self._grants: dict[tuple[int, int | None], InstallationGrants] = {}
        self._find_me = cache(self._ask_who_we_are)

    def app(self) -> App:
        """Return the App that our key belongs to."""
        found = parse(WireApp, self._read("/app").body, "an App")
        return App(found.id, found.slug, found.name, found.permissions, found.events)

    def server_time(self) -> datetime:
        """Return GitHub's own clock; asked without our key, which a wrong clock makes useless."""
        answer = self._world.connect(None).send(Request("GET", "/meta"))
        date = answer.headers.get("date", "")
        try:
            return parsedate_to_datetime(date).astimezone(UTC)
        except ValueError as error:
            raise GitHubUnavailableError("GET /meta", answer.status, "it has no date") from error

    def installations(self) -> tuple[Installation, ...]:
        """Return all installations."""
        return tuple(to_installation(item) for item in self._pages("/app/installations"))

    def installation(self, installation_id: int) -> Installation:
        """Return one installation."""
        return to_installation(self._read(f"/app/installations/{installation_id}").body)

    def repositories(self, installation_id: int) -> tuple[InstalledRepository, ...]:
        """Return the repositories that an installation reaches."""
        connection = self._grants_for(installation_id, None).connection(METADATA)
        found: list[InstalledRepository] = []
        for page in range(1, _MAX_PAGES + 1):
            query = {"per_page": PER_PAGE, "page": page}
            answer = connection.send(Request("GET", "/installation/repositories", query))
            items = parse(WireRepositories, answer.body, "repositories").repositories
            found += [InstalledRepository(item.id, item.full_name) for item in items]
            if len(items) < PER_PAGE:
                break
        return tuple(found)

    def hook(self) -> HookConfig:
        """Return how the App's webhook is set."""
        found = parse(WireHook, self._read("/app/hook/config").body, "a hook")
        return HookConfig(
            url=found.url,
            content_type=found.content_type,
            has_secret=bool(found.secret),
            checks_certificate=str(found.insecure_ssl) == "0",
        )

    def deliveries(self, since: datetime) -> tuple[HookDelivery, ...]:
        """Return the deliveries after `since`, the latest first."""
        found: list[HookDelivery] = []
        cursor = ""
        for _ in range(_MAX_PAGES):
            query: dict[str, str | int] = {"per_page": PER_PAGE}
            if cursor:
                query["cursor"] = cursor
            answer = self._read("/app/hook/deliveries", query)
            page = [to_delivery(item) for item in _items(answer.body)]
            recent = [delivery for delivery in page if delivery.delivered_at > since]
            found += recent
            cursor = _next_cursor(answer)
            if len(recent) < len(page) or not cursor:
                break
        return tuple(found)

    def redeliver(self, delivery_id: int) -> None:
        """Have a delivery sent again."""
        self._connection.send(Request("POST", f"/app/hook/deliveries/{delivery_id}/attempts"))

    def open(self, installation_id: int, repository: InstalledRepository) -> GitHubForge:
        """Return one repository, reached with rights to it alone."""
        api = self.api(installation_id, repository)
        identity = Identity(me=lambda: self._find_me(installation_id), app_id=lambda: self._app_id)
        return GitHubForge(api, identity)

    def api(self, installation_id: int, repository: InstalledRepository) -> RepositoryApi:
        """Return the API of one repository; all of one installation write in turn."""
        grants = self._grants_for(installation_id, repository.id)
        with self._lock:
            pace = self._paces.setdefault(installation_id, self._world.new_pace())
        return RepositoryApi(repository.full_name, grants=grants, pace=pace)

    def _grants_for(self, installation_id: int, repository_id: int | None) -> InstallationGrants:
        with self._lock:
            key = (installation_id, repository_id)
            if key not in self._grants:
                self._grants[key] = InstallationGrants(
                    installation_id,
                    repository_id,
                    app=self._connection,
                    connect=self._world.connect,
                    clock=self._world.clock,
                )
            return self._grants[key]

    def _ask_who_we_are(self, installation_id: int) -> Account:
        """An App writes as a bot that is named after it; its id is the bot's, not the App's."""
        connection = self._grants_for(installation_id, None).connection(METADATA)
        login = quote(f"{self.app().slug}[bot]", safe="")
        answer = connection.send(Request("GET", f"/users/{login}"))
        return to_account(parse(WireAccount, answer.body, "a bot"))

    def _read(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer:
        return self._connection.send(Request("GET", path, query or {}))

    def _pages(self, path: str) -> Iterator[JsonValue]:
        for page in range(1, _MAX_PAGES + 1):
            items = _items(self._read(path, {"per_page": PER_PAGE, "page": page}).body)
            yield from items
            if len(items) < PER_PAGE:
                return


def _items(answer: JsonValue) -> list[JsonValue]:
    return answer if isinstance(answer, list) else []


def _next_cursor(answer: Answer) -> str:
    """Read the cursor out of the `Link` header; the address itself is never followed."""
    for part in answer.headers.get("link", "").split(","):
        address, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return parse_qs(urlsplit(address.strip(" <>")).query).get("cursor", [""])[0]
    return ""
