"""One repository's part of the API: paths, pages, paced writes, and a new token when the old one ended."""

from collections.abc import Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, JsonValue, ValidationError

from app.errors import BadInputError, GitHubAuthError, GitHubUnavailableError
from app.github.connection import PER_PAGE, Answer, Request
from app.github.grants import Grants
from app.github.pace import Pace
from app.github.permissions import METADATA, READ, Scope, is_write

Query = Mapping[str, str | int]
Model = TypeVar("Model", bound=BaseModel)

_MAX_PAGES = 30


class RepositoryApi:
    """Asks for things below `/repos/OWNER/NAME`; every method raises `GitHubError`."""

    def __init__(self, full_name: str, *, grants: Grants, pace: Pace) -> None:
        owner, _, name = full_name.partition("/")
        self.owner = owner
        self.full_name = full_name
        self._root = f"/repos/{in_path(owner)}/{in_path(name)}"
        self._grants = grants
        self._pace = pace

    def read(self, path: str, query: Query | None = None, *, scope: Scope = READ) -> JsonValue:
        """Return what is at a path below the repository."""
        return self._send(Request("GET", self._root + path, query or {}), scope).body

    def read_elsewhere(self, path: str, *, scope: Scope = METADATA) -> JsonValue:
        """Return what is at a path that isn't below the repository."""
        return self._send(Request("GET", path), scope).body

    def read_pages(
        self, path: str, query: Query | None = None, *, inside: str = "", scope: Scope = READ
    ) -> Iterator[JsonValue]:
        """Give the items of a list, page by page as they are asked for; `inside` names the member that holds them."""
        for page in range(1, _MAX_PAGES + 1):
            answer = self.read(
                path, {**(query or {}), "per_page": PER_PAGE, "page": page}, scope=scope
            )
            items = answer.get(inside) if isinstance(answer, dict) else answer
            found = items if isinstance(items, list) else []
            yield from found
            if len(found) < PER_PAGE:
                return

    def write(self, verb: str, path: str, body: JsonValue = None, *, scope: Scope) -> JsonValue:
        """Change something, in our turn; raises `GitHubUnavailableError` when nobody knows whether it happened."""
        with self._pace.turn():
            return self._send(Request(verb, self._root + path, body=body), scope).body

    def _send(self, request: Request, scope: Scope) -> Answer:
        assert is_write(scope) or request.verb == "GET"
        connection = self._grants.connection(scope)
        try:
            return connection.send(request)
        except GitHubAuthError:  # refused before anything was done, so that once more is safe
            renewed = self._grants.renew(scope, connection)
            if renewed is None:
                raise
            return renewed.send(request)


def in_path(text: str) -> str:
    """Return text as one or more segments of a path; raises `BadInputError` for what would lead elsewhere."""
    if not text or any(segment in {"", ".", ".."} for segment in text.split("/")):
        raise BadInputError(f"{text[:80]!r} can't stand in an address")
    return quote(text, safe="/")


def parse(model: type[Model], answer: JsonValue, what: str) -> Model:
    """Read an answer; raises `GitHubUnavailableError` for one that isn't what GitHub documents."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise GitHubUnavailableError(what, 200, f"not as documented at {place!r}") from error
