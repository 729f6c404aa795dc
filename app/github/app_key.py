"""The App's private key: read once, since checking it takes longer than a request, and never shown."""

from dataclasses import dataclass, field

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Auth import AppAuth

from app.errors import BadInputError

_MIN_BITS = 2048


@dataclass(frozen=True, slots=True)
class AppKey:
    """A private key that GitHub gave to an App."""

    rsa: RSAPrivateKey = field(repr=False)

    def sign_in(self, app_id: int) -> AppAuth:
        """Return what identifies the App; each request carries a token of five minutes that begins a minute ago."""
        return AppAuth(app_id, sign_func=lambda claims: jwt.encode(claims, self.rsa, "RS256"))


def read_app_key(pem: str) -> AppKey:
    r"""Read a private key; a written-out `\n` stands for a new line, as in environments. Raises `BadInputError`."""
    text = pem.strip().replace("\\n", "\n")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _refuse() from None  # the cause could show a part of the key
    if not isinstance(key, RSAPrivateKey) or key.key_size < _MIN_BITS:
        raise _refuse()
    return AppKey(key)


def _refuse() -> BadInputError:
    return BadInputError(
        "the App's private key isn't one that GitHub gives out; download a new one from the App's settings"
        " and pass the whole file, from `-----BEGIN` to the end"
    )
