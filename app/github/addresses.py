"""Where GitHub is: github.com, or an Enterprise server by the address of its API."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.errors import BadInputError

DEFAULT_API_URL = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of the API, and that of the pages people see; neither ends in `/`."""

    api_url: str
    web_url: str


def parse_address(url: str) -> Address:
    """Read the address of an API; raises `BadInputError`.

    Tokens are sent there, so it must be `https` (but on this machine itself), with a host and nothing that makes a host
    look like another.
    """
    try:
        parts = urlsplit(url.rstrip("/"))
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refuse(url) from error
    plain = f"{host}:{port}" if port else host
    if not host or not host.isascii() or parts.netloc.lower() != plain.lower():
        raise _refuse(url)
    if parts.query or parts.fragment or "\\" in url or any(char.isspace() for char in url):
        raise _refuse(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
        raise _refuse(url)
    return Address(f"{parts.scheme}://{plain}{parts.path}", f"{parts.scheme}://{_web_host(plain)}")


def _web_host(host: str) -> str:
    """`api.github.com` and `api.NAME.ghe.com` show pages without `api.`, a server of one's own on the same host."""
    is_hosted = host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com"))
    return host.removeprefix("api.") if is_hosted else host


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse(url: str) -> BadInputError:
    return BadInputError(
        f"{url[:200]!r} can't be the address of GitHub's API; write {DEFAULT_API_URL}, or"
        " https://HOST/api/v3 for an Enterprise server"
    )
