"""Whether a body comes from who knows our secret: HMAC-SHA256 over its raw bytes, before anybody looks into it.

Source: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hmac
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from app.webhooks.refusals import RefusedError

_HEADER: Final = b"x-hub-signature-256"
_OLD_HEADER: Final = b"x-hub-signature"
_FORM: Final = re.compile(rb"sha256=[0-9a-f]{64}")

Headers = Sequence[tuple[bytes, bytes]]
"""Header lines as they came, names in lower case, repeated ones too."""


def find_signature(headers: Headers) -> bytes:
    """Return the one signature of a delivery; raises `RefusedError` (401) for none, several, or one of another form."""
    found = [value for name, value in headers if name == _HEADER]
    if not found:
        has_old = any(name == _OLD_HEADER for name, _ in headers)
        raise RefusedError(401, "SHA-1 signatures aren't taken" if has_old else "it isn't signed")
    if len(found) > 1:
        raise RefusedError(401, "it has more than one signature")
    if not _FORM.fullmatch(found[0]):
        raise RefusedError(401, "the signature isn't `sha256=` and 64 lower-case digits")
    return found[0]


def check_signature(body: bytes, signature: bytes, secrets: Sequence[bytes]) -> None:
    """Raise `RefusedError` (401) unless one of the secrets made the signature; all are tried, in constant time each."""
    tried = [hmac.compare_digest(sign(body, secret), signature) for secret in secrets]
    if not any(tried):
        raise RefusedError(401, "the signature is wrong")


def sign(body: bytes, secret: bytes) -> bytes:
    """Return the signature of a body, as its header has it."""
    return b"sha256=" + hmac.digest(secret, body, sha256).hex().encode()


def read_secrets(given: str | None) -> tuple[bytes, ...]:
    """Return the secrets in a comma-separated list: two while one takes over from the other."""
    return tuple(part.strip().encode() for part in (given or "").split(",") if part.strip())
