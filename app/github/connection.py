"""Carries requests to GitHub with PyGithub, under one identity; every failure comes back as an error of ours."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import requests
from github.Auth import Auth
from github.GithubException import GithubException
from github.Requester import Requester
from pydantic import JsonValue

from app.errors import GitHubUnavailableError
from app.github.addresses import Address
from app.github.failures import explain_failure

PER_PAGE = 100
_API_VERSION = "2022-11-28"
_USER_AGENT = "flujo-app"

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; `path` begins with `/` and is already percent-encoded."""

    verb: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: JsonValue = None

    @property
    def name(self) -> str:
        """Verb and path, for messages; never a secret."""
        return f"{self.verb} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub said; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: JsonValue


class Connection:
    """A connection under one identity. Requests go one at a time: PyGithub's own aren't safe to share."""

    def __init__(
        self, address: Address, auth: Auth | None, *, timeout_s: int, clock: Clock
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._requester = Requester(
            auth=auth,
            base_url=address.api_url,
            timeout=timeout_s,
            user_agent=_USER_AGENT,
            per_page=PER_PAGE,
            verify=True,
            retry=None,  # whoever asks knows whether asking again is safe, and jobs come back by themselves
            pool_size=None,
            api_version=_API_VERSION,
        )

    def send(self, request: Request) -> Answer:
        """Return a good answer; raises `GitHubError` for any other, and for none."""
        try:
            with self._lock:
                status, headers, text = self._requester.requestJson(
                    request.verb,
                    request.path,
                    parameters=dict(request.query),
                    headers={"Accept": "application/vnd.github+json"},
                    input=request.body,
                )
        except (requests.RequestException, GithubException, OSError, RuntimeError) as error:
            raise GitHubUnavailableError(request.name, 0, _name_cause(error)) from error
        known = {name.lower(): str(value) for name, value in headers.items()}
        if status < 300:
            return Answer(status, known, _parse(request, status, text))
        raise explain_failure(request.name, status, known, _try_parse(text), now=self._clock())

    def close(self) -> None:
        """Give back the sockets."""
        self._requester.close()


def _parse(request: Request, status: int, text: str) -> JsonValue:
    try:
        return _load(text)
    except ValueError as error:
        raise GitHubUnavailableError(request.name, status, "the answer is cut off") from error


def _try_parse(text: str) -> JsonValue:
    try:
        return _load(text)
    except ValueError:
        return None  # a page of a proxy in between


def _load(text: str) -> JsonValue:
    parsed: JsonValue = json.loads(text) if text.strip() else None
    return parsed


def _name_cause(error: Exception) -> str:
    """Name the kind of failure; the message itself may hold addresses of proxies, with passwords."""
    match error:
        case requests.Timeout():
            return "no answer in time"
        case requests.exceptions.SSLError():
            return "its certificate can't be checked"
        case requests.ConnectionError():
            return "the connection failed"
        case _:
            return type(error).__name__
