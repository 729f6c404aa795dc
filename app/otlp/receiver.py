"""`POST /v1/traces`: decode, check, write down, answer. A batch that was answered with 200 is on disk.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.errors import SegmentError, StoreError
from app.otlp.backlog import Backlog
from app.otlp.bodies import MAX_BODY_BYTES, MAX_SENT_BYTES, read_body
from app.otlp.figures import Figures
from app.otlp.refusals import RETRY_AFTER_S, RefusedError
from app.otlp.tenants import Tenant, Tenants
from app.segments.frames import Frame
from app.segments.group_commit import GroupCommit
from app.segments.texts import frame_texts
from telemetry import OtlpError
from telemetry.volume import (
    Checked,
    Encoding,
    check_body,
    drop_text,
    encode_response,
    encode_status,
)

MAX_IN_FLIGHT_BYTES: Final = 128 * 1024 * 1024
"""What requests under way may hold together."""

_LOG: Final = logging.getLogger(__name__)
_ENCODINGS: Final = {
    "application/x-protobuf": Encoding.PROTOBUF,
    "application/protobuf": Encoding.PROTOBUF,
    "application/json": Encoding.JSON,
}
_MEDIA: Final = {
    Encoding.PROTOBUF: "application/x-protobuf",
    Encoding.JSON: "application/json",
}
_LARGE_BYTES: Final = 512 * 1024
"""Larger bodies are checked beside the event loop, one at a time: they take several times their size then."""

_LIMITS: Final = {Encoding.PROTOBUF: MAX_BODY_BYTES, Encoding.JSON: 8 * 1024 * 1024}
"""What a body may be; JSON takes ten times its size while it is read."""

_LOGGED_CHARS: Final = 200
_GRPC_CODES: Final = {400: 3, 401: 16, 413: 8, 415: 3, 429: 8, 503: 14}


class Receiver:
    """Takes trace requests into the log; counts what came and what was refused, one line of log for each refusal.

    Texts that people and models wrote are dropped, or go to a log of their own if there is one.
    """

    def __init__(
        self,
        log: GroupCommit,
        tenants: Tenants,
        figures: Figures,
        backlog: Backlog,
        *,
        texts: GroupCommit | None = None,
    ) -> None:
        self._log = log
        self._texts = texts
        self._one_redacted = asyncio.Lock()
        self._tenants = tenants
        self._figures = figures
        self._backlog = backlog
        self._in_flight_bytes = 0
        self._one_large = asyncio.Lock()

    @property
    def in_flight_bytes(self) -> int:
        """What requests under way hold now."""
        return self._in_flight_bytes

    async def receive(self, request: Request) -> Response:
        """Answer one request."""
        encoding = _read_encoding(request)
        tenant = Tenant("")
        try:
            if encoding is None:
                raise RefusedError(415, f"content types are {' and '.join(_MEDIA.values())}")
            tenant = self._identify(request)
            response, found = await self._take(request, encoding, tenant)
        except ClientDisconnect:
            gone = RefusedError(400, "the client went away")
            return self._refuse(gone, encoding, tenant.repository)
        except RefusedError as error:
            return self._refuse(error, encoding, tenant.repository)
        self._figures.requests[200] += 1
        if found.refused:
            _log_refusal(200, tenant.repository, f"{found.refused} spans refused: {found.reason}")
        return response

    def _identify(self, request: Request) -> Tenant:
        try:
            return self._tenants.identify(
                request.headers.get("authorization"), request.headers.get("host", "")
            )
        except StoreError as error:
            raise RefusedError(503, "the store can't be read") from error

    async def _take(
        self, request: Request, encoding: Encoding, tenant: Tenant
    ) -> tuple[Response, Checked]:
        self._check_room(request)
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            held += size
            self._in_flight_bytes += size
            if self._in_flight_bytes > MAX_IN_FLIGHT_BYTES:
                raise RefusedError(429, "too many requests are under way")

        try:
            packing = request.headers.get("content-encoding", "")
            limit = _LIMITS[encoding]
            body = await read_body(_chunks(request), packing, hold, limit_bytes=limit)
            as_it_came = body if self._texts else b""  # else nobody holds it any longer
            body, found = await self._check(body, encoding)
            if found.accepted:
                now_ns = time.time_ns()
                frame = Frame(tenant.repository, now_ns, encoding, body, sender=tenant.sender)
                await self._keep_texts(replace(frame, body=as_it_came))
                await self._write(self._log, frame)
        finally:
            self._in_flight_bytes -= held
        self._figures.accepted_spans += found.accepted
        self._figures.refused_spans += found.refused
        self._figures.accepted_bytes += len(body)
        return _accept(encoding, found), found

    def _check_room(self, request: Request) -> None:
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and (len(announced) > 18 or int(announced) > MAX_SENT_BYTES):
            raise RefusedError(413, f"the request is larger than {MAX_SENT_BYTES} bytes")
        if self._backlog.is_too_long:
            raise RefusedError(429, "telemetry comes faster than it is worked off")

    async def _check(self, body: bytes, encoding: Encoding) -> tuple[bytes, Checked]:
        try:
            if len(body) > _LARGE_BYTES:
                async with self._one_large:
                    body, found = await run_in_threadpool(_strip_and_check, body, encoding)
            else:
                body, found = _strip_and_check(body, encoding)
        except OtlpError as error:
            raise RefusedError(400, error.reason) from None
        if found.refused and not found.accepted:
            raise RefusedError(400, f"no span can be read: {found.reason}")
        return body, found

    async def _keep_texts(self, frame: Frame) -> None:
        """Write texts down before the spans they are of: a request that is sent again brings them again."""
        if self._texts is None:
            return
        async with self._one_redacted:
            texts = await run_in_threadpool(frame_texts, frame)
        if texts is not None:
            await self._write(self._texts, texts)

    async def _write(self, log: GroupCommit, frame: Frame) -> None:
        try:
            done = log.submit(frame)
            if done is None:
                raise RefusedError(429, "the disk is behind")
            await asyncio.shield(asyncio.wrap_future(done))
        except SegmentError as error:
            raise RefusedError(503, f"the log can't be written: {error}") from error

    def _refuse(self, error: RefusedError, encoding: Encoding | None, repository: str) -> Response:
        self._figures.requests[error.status] += 1
        _log_refusal(error.status, repository, error.reason)
        headers = {"retry-after": str(RETRY_AFTER_S)} if error.may_retry else {}
        if error.status == 401:
            headers["www-authenticate"] = "Bearer"
        code = _GRPC_CODES[error.status]
        # What is wrong with our disk is for our log, not for whoever sends.
        reason = error.reason if error.status != 503 else "the server can't take telemetry now"
        if encoding is Encoding.PROTOBUF:
            content = encode_status(code, reason)
        else:
            content = orjson.dumps({"code": code, "message": reason})
        return Response(content, error.status, headers, _MEDIA[encoding or Encoding.JSON])


def _strip_and_check(body: bytes, encoding: Encoding) -> tuple[bytes, Checked]:
    """Return a body as it may be kept, without what people and models wrote, and what of it can be taken."""
    if encoding is Encoding.JSON:
        body = drop_text(body, encoding)
        return body, check_body(body, encoding)
    found = check_body(body, encoding)
    return (drop_text(body, encoding) if found.has_others else body), found


def _read_encoding(request: Request) -> Encoding | None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _ENCODINGS.get(media)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


def _accept(encoding: Encoding, found: Checked) -> Response:
    message = f"{found.refused} spans can't be read: {found.reason}" if found.refused else ""
    if encoding is Encoding.PROTOBUF:
        content = encode_response(found.refused, message)
    elif found.refused:
        partial = {"rejectedSpans": str(found.refused), "errorMessage": message}
        content = orjson.dumps({"partialSuccess": partial})
    else:
        content = b"{}"
    return Response(content, 200, media_type=_MEDIA[encoding])


def _log_refusal(status: int, repository: str, reason: str) -> None:
    shown = repr(reason[:_LOGGED_CHARS])
    _LOG.warning("request_refused status=%s repository=%r reason=%s", status, repository, shown)
