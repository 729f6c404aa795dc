"""The skill `flujo.http.get`: one HTTP GET with a size cap, a deadline, and redirects on the same host only.

It runs httpx2 synchronously in a thread: the engine's loop may skip idle waits, so an asynchronous client would see its
timeouts fire at once; work in threads is waited for. Proxies and credentials of the environment aren't used.
"""

import asyncio
import time

import httpx2
from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from app.adapters.http_places import PORTS, HttpGetError, check_url, find_addresses, invalid
from telemetry import ErrorClass
from workflow import HttpRequest, SideEffects, Skill, skill

_MAX_BYTES = 1024 * 1024
_MAX_REDIRECTS = 3


@skill(side_effects="idempotent")
async def http_get(data: JsonValue, **params: JsonValue) -> JsonValue:
    """Get a URL: `{url, params, headers, timeout_s}` → `{status, json}` or `{status, text}`.

    The request is given whole: as the step's own parameters if it has any, else as its input; so no header of the spec
    is ever sent to a URL from elsewhere. A status of 400 and more raises `HttpGetError` with its `status`.
    """
    return await asyncio.to_thread(_get, _parse(params or data))


HTTP_GET = Skill(
    "flujo.http.get", http_get, SideEffects.IDEMPOTENT, "Get a URL: its JSON, or its text."
)


def _parse(request: JsonValue) -> HttpRequest:
    try:
        return HttpRequest.model_validate(request)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the request"
        raise invalid(f"{where}: {first['msg']}") from error


def _get(request: HttpRequest) -> JsonValue:
    deadline = time.monotonic() + request.timeout_s
    try:
        with httpx2.Client(trust_env=False, follow_redirects=False) as client:
            return _follow(client, request, deadline)
    except httpx2.TimeoutException as error:
        raise TimeoutError(f"no answer within {request.timeout_s:g} s") from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
        raise invalid(str(error)) from error
    except httpx2.HTTPError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from error


def _follow(client: httpx2.Client, request: HttpRequest, deadline: float) -> JsonValue:
    first = url = check_url(httpx2.URL(request.url).copy_merge_params(request.params))
    for _ in range(_MAX_REDIRECTS + 1):
        response = _send(client, url, request, deadline)
        try:
            if not response.has_redirect_location:
                return _read(response, deadline)
            url = check_url(url.join(response.headers["location"]))
        finally:
            response.close()
        if not _is_same_place(first, url):
            raise HttpGetError(
                f"redirected to another host, {url.host!r}: refused",
                error_class=ErrorClass.REJECTED,
            )
    raise HttpGetError(
        f"more than {_MAX_REDIRECTS} redirects", error_class=ErrorClass.INVALID_OUTPUT
    )


def _send(
    client: httpx2.Client, url: httpx2.URL, request: HttpRequest, deadline: float
) -> httpx2.Response:
    """Connect to the first address of the host that listens, and to no other than those that were checked."""
    *others, last = find_addresses(url)
    for address in others:
        try:
            return _send_to(client, url, address, request, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    return _send_to(client, url, last, request, deadline)


def _send_to(
    client: httpx2.Client, url: httpx2.URL, address: str, request: HttpRequest, deadline: float
) -> httpx2.Response:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError(f"no answer within {request.timeout_s:g} s")
    host = url.netloc.decode("ascii")
    headers = {**request.headers, "Host": host, "Accept-Encoding": "identity"}
    wanted = client.build_request(
        "GET",
        url.copy_with(host=address),
        headers=headers,
        timeout=left_s,
        # The certificate must be the host's, not the address's.
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )
    return client.send(wanted, stream=True)


def _is_same_place(first: httpx2.URL, url: httpx2.URL) -> bool:
    """The same scheme, host and port."""
    here, there = (
        (place.scheme, place.host, place.port or PORTS[place.scheme]) for place in (first, url)
    )
    return here == there


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
    for chunk in response.iter_raw():
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
