"""`POST /webhooks/github`: read, verify, look into it, write down, answer. What was answered with 202 is in the store.

Source: https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks
"""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from app.errors import StoreError
from app.store import Delivery, Receipt
from app.webhooks.events import find_work
from app.webhooks.facts import Facts, read_facts
from app.webhooks.figures import Figures
from app.webhooks.intake import Arrival, Intake
from app.webhooks.refusals import RefusedError
from app.webhooks.signatures import check_signature, find_signature

MAX_BODY_BYTES: Final = 25 * 1024 * 1024
"""GitHub sends no more: https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap."""

MAX_IN_FLIGHT_BYTES: Final = 128 * 1024 * 1024
"""What deliveries under way may hold together: nobody has shown a signature yet."""

SECRET_VARIABLE: Final = "FLUJO_GITHUB_WEBHOOK_SECRET"  # noqa: S105 -- its name
"""Holds the secret, or two with a comma between while one takes over from the other."""

_LARGE_BYTES: Final = 256 * 1024
"""Larger bodies are hashed and parsed beside the event loop, one at a time."""

_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_EVENT: Final = re.compile(r"[a-z0-9_]{1,64}")
_LOG: Final = logging.getLogger(__name__)


class Receiver:
    """Takes deliveries into the store; one line of log for each, which holds ids and no text."""

    def __init__(
        self,
        intake: Intake,
        figures: Figures,
        secrets: Sequence[bytes],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._intake = intake
        self._figures = figures
        self._secrets = tuple(secrets)
        self._clock = clock
        self._in_flight_bytes = 0
        self._one_large = asyncio.Lock()

    async def receive(self, request: Request) -> Response:
        """Answer one delivery."""
        try:
            result = await self._take(request)
        except ClientDisconnect:
            return self._refuse(request, RefusedError(400, "the client went away"))
        except RefusedError as error:
            return self._refuse(request, error)
        self._figures.answers[202] += 1
        self._figures.deliveries[result] += 1
        return JSONResponse({"result": result}, 202)

    async def _take(self, request: Request) -> str:
        if not self._secrets:
            raise RefusedError(503, f"{SECRET_VARIABLE} isn't set")
        signature = find_signature(request.headers.raw)
        _check_form(request)
        delivery_id, event = _read_names(request)
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            held += size
            self._in_flight_bytes += size
            if self._in_flight_bytes > MAX_IN_FLIGHT_BYTES:
                raise RefusedError(429, "too many deliveries are under way")

        try:
            body = await _read_body(request, hold)
            facts, body_sha256 = await self._look_into(body, signature)
        finally:
            self._in_flight_bytes -= held
        delivery = Delivery(delivery_id, body_sha256, event, self._clock(), facts.to_json())
        return await self._write(Arrival(delivery, find_work(event, facts)))

    async def _look_into(self, body: bytes, signature: bytes) -> tuple[Facts, str]:
        if len(body) <= _LARGE_BYTES:
            return _verify(body, signature, self._secrets)
        async with self._one_large:
            return await run_in_threadpool(_verify, body, signature, self._secrets)

    async def _write(self, arrival: Arrival) -> str:
        done = self._intake.submit(arrival)
        if done is None:
            raise RefusedError(429, "the store is behind")
        try:
            receipt = await asyncio.shield(asyncio.wrap_future(done))
        except StoreError as error:
            raise RefusedError(503, f"the store can't be written: {error}") from error
        result = receipt.value if receipt is not Receipt.NEW else _name_new(arrival)
        delivery = arrival.delivery
        _LOG.info(
            "delivery_taken id=%s event=%s facts=%s result=%s",
            *(delivery.id, delivery.event, dict(delivery.facts), result),
        )
        return result

    def _refuse(self, request: Request, error: RefusedError) -> Response:
        self._figures.answers[error.status] += 1
        given = request.headers.get("x-github-delivery", "")
        shown = given if _ID.fullmatch(given) else ""
        _LOG.warning(
            "delivery_refused status=%s id=%r reason=%s", error.status, shown, error.reason
        )
        # What is wrong on our side is for our log, not for whoever sends.
        told = error.reason if error.status != 503 else "deliveries can't be taken now"
        return JSONResponse({"error": told}, error.status)


def _name_new(arrival: Arrival) -> str:
    return "accepted" if arrival.work else "ignored"


def _verify(body: bytes, signature: bytes, secrets: Sequence[bytes]) -> tuple[Facts, str]:
    check_signature(body, signature, secrets)
    return read_facts(body), sha256(body).hexdigest()


def _check_form(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise RefusedError(415, "deliveries are application/json; the webhook's settings say so")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RefusedError(415, "deliveries aren't compressed")


def _read_names(request: Request) -> tuple[str, str]:
    delivery_id = request.headers.get("x-github-delivery", "")
    event = request.headers.get("x-github-event", "")
    if not (_ID.fullmatch(delivery_id) and _EVENT.fullmatch(event)):
        raise RefusedError(400, "X-GitHub-Delivery and X-GitHub-Event are missing or odd")
    return delivery_id, event


async def _read_body(request: Request, hold: Callable[[int], None]) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > MAX_BODY_BYTES):
        raise RefusedError(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise RefusedError(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
        hold(len(part))
        parts.append(part)
    return b"".join(parts)
