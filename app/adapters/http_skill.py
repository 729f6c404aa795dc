"""The skill `flujo.http.get`: one HTTP GET with a size cap, a deadline, and redirects on the same host only.

It runs httpx2 synchronously in a thread: the engine's loop may skip idle waits, so an asynchronous client would see its
timeouts fire at once; work in threads is waited for.
"""

import asyncio
import time
from typing import Annotated

import httpx2
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import from_json

from telemetry import ErrorClass
from workflow import SideEffects, Skill, skill

_MAX_BYTES = 1024 * 1024
_MAX_REDIRECTS = 3
_CHUNK_BYTES = 64 * 1024
_PORTS = {"http": 80, "https": 443}


class HttpGetError(Exception):
    """Raised when a GET got no usable answer; `status` is 0 when it isn't the status that was refused.

    Without an `error_class` the status says which it is.
    """

    def __init__(self, message: str, *, error_class: ErrorClass | None = None, status: int = 0):
        self.error_class = error_class
        self.status = status
        super().__init__(message)


_HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
_HeaderValue = Annotated[str, Field(pattern=r"^[\t\x20-\x7e]{0,8000}$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    params: dict[str, str | int | float | bool] = {}
    headers: dict[_HeaderName, _HeaderValue] = {}
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 30.0


@skill(side_effects="idempotent")
async def http_get(data: JsonValue, **params: JsonValue) -> JsonValue:
    """Get a URL: `{url, params, headers, timeout_s}` → `{status, json}` or `{status, text}`.

    With a `url` among the step's own parameters these are the request, else the step's input is. A status of 400 and
    more raises `HttpGetError` with its `status`; a redirect to another host, or an answer over 1 MiB, is refused.
    """
    return await asyncio.to_thread(_get, _parse(params if "url" in params else data))


HTTP_GET = Skill(
    "flujo.http.get", http_get, SideEffects.IDEMPOTENT, "Get a URL: its JSON, or its text."
)


def _parse(request: JsonValue) -> _Request:
    try:
        return _Request.model_validate(request)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the request"
        raise _invalid(f"{where}: {first['msg']}") from error


def _get(request: _Request) -> JsonValue:
    deadline = time.monotonic() + request.timeout_s
    try:
        with httpx2.Client(timeout=request.timeout_s, follow_redirects=False) as client:
            return _follow(client, request, deadline)
    except httpx2.TimeoutException as error:
        raise TimeoutError(f"no answer within {request.timeout_s:g} s") from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
        raise _invalid(str(error)) from error
    except httpx2.HTTPError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from error


def _follow(client: httpx2.Client, request: _Request, deadline: float) -> JsonValue:
    first = url = _check_url(httpx2.URL(request.url).copy_merge_params(request.params))
    for _ in range(_MAX_REDIRECTS + 1):
        headers = {**request.headers, "Accept-Encoding": "identity"}
        with client.stream("GET", url, headers=headers) as response:
            if not response.has_redirect_location:
                return _read(response, deadline)
            url = _check_url(url.join(response.headers["location"]))
        if not _is_same_place(first, url):
            raise HttpGetError(
                f"redirected to another host, {url.host!r}: refused",
                error_class=ErrorClass.REJECTED,
            )
    raise HttpGetError(
        f"more than {_MAX_REDIRECTS} redirects", error_class=ErrorClass.INVALID_OUTPUT
    )


def _check_url(url: httpx2.URL) -> httpx2.URL:
    if url.scheme not in _PORTS or not url.host:
        raise _invalid("only http:// and https:// URLs with a host can be fetched")
    if url.userinfo:
        raise _invalid("a URL with a user or password in it is refused; use headers")
    return url


def _is_same_place(first: httpx2.URL, url: httpx2.URL) -> bool:
    """The same host and port; https is never left, and may be moved up to on the standard ports."""
    here, there = (
        (place.host, place.port or _PORTS[place.scheme], place.scheme) for place in (first, url)
    )
    upgraded = (first.host, 443, "https") if here[1:] == (80, "http") else here
    return there in (here, upgraded)


def _read(response: httpx2.Response, deadline: float) -> JsonValue:
    status = response.status_code
    if status >= 400:
        is_ours = status < 500 and status != 429
        error_class = ErrorClass.INVALID_INPUT if is_ours else None
        raise HttpGetError(f"HTTP {status}", status=status, error_class=error_class)
    body = _read_body(response, deadline)
    if "json" in response.headers.get("content-type", ""):
        return {"status": status, "json": _parse_json(body)}
    encoding = response.charset_encoding or "utf-8"
    return {"status": status, "text": _decode(body, encoding)}


def _read_body(response: httpx2.Response, deadline: float) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise HttpGetError(
            "a compressed answer was not asked for: refused", error_class=ErrorClass.INVALID_OUTPUT
        )
    body = bytearray()
    for chunk in response.iter_raw(_CHUNK_BYTES):
        body += chunk
        if len(body) > _MAX_BYTES:
            raise HttpGetError(
                f"the answer is larger than {_MAX_BYTES} bytes",
                error_class=ErrorClass.INVALID_OUTPUT,
            )
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long to arrive")
    return bytes(body)


def _parse_json(body: bytes) -> JsonValue:
    try:
        parsed: JsonValue = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise HttpGetError(
            f"the answer isn't JSON: {error}", error_class=ErrorClass.INVALID_OUTPUT
        ) from error
    return parsed


def _decode(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def _invalid(message: str) -> HttpGetError:
    return HttpGetError(message, error_class=ErrorClass.INVALID_INPUT)
