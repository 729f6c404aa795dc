"""Holds requests against GitHub's own OpenAPI description, with openapi-core."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

from tests.e2e.github_server import OUR_AGENT, Asked, start_server

DESCRIPTION = Path(__file__).parent / "github-openapi.json"
_HOST = "https://api.github.com"
_LONG_TAILS = re.compile(
    r"(?P<start>/repos/[^/]+/[^/]+/(?:git/refs?|compare|branches|rules/branches)/)"
    r"(?P<tail>.+?)(?P<end>/protection)?"
)
"""Parameters that may hold a `/`, which the description can't say and GitHub takes as it is."""


def check_requests() -> None:
    """Fail when something that was asked of the GitHub for tests since its last reset isn't documented."""
    if start_server.cache_info().currsize:
        ours = [entry for entry in start_server().log() if entry.agent == OUR_AGENT]
        assert find_violations(ours) == []


def find_violations(asked: Iterable[Asked]) -> list[str]:
    """Return what GitHub doesn't document of these requests, one line each."""
    different = {(entry.verb, entry.url, repr(entry.body)): entry for entry in asked}
    found = ((entry.name, _check(entry)) for entry in different.values())
    return [f"{name}: {complaint}" for name, complaint in found if complaint]


@cache
def read_description() -> OpenAPI:
    described = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    # The description itself isn't ours to validate, and it takes longer than all of the tests.
    unchecked: Any = None
    return OpenAPI.from_dict(described, config=Config(spec_validator_cls=unchecked))


def _check(entry: Asked) -> str:
    path, mark, query = entry.url.partition("?")
    long = _LONG_TAILS.fullmatch(path)
    if long:
        tail = quote(unquote(long["tail"]), safe="")
        path = f"{long['start']}{tail}{long['end'] or ''}"
    request = requests.Request(entry.verb, f"{_HOST}{path}{mark}{query}", json=entry.body)
    try:
        read_description().validate_request(RequestsOpenAPIRequest(request))
    except OpenAPIError as error:
        return f"{error} {error.__cause__ or ''}"
    return ""
