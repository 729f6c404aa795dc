"""Where an HTTP GET may lead: https to anywhere but the addresses that serve the machine itself, http to this machine.

A name is resolved once and the connection is made to the address that was judged, so it can't change in between.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx2

from telemetry import ErrorClass

PORTS = {"http": 80, "https": 443}
_CLOUD_METADATA = frozenset(
    ip_address(address)
    for address in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Services that hand out a machine's credentials and don't lie on a link-local address as the others do."""
_NAT64 = ip_network("64:ff9b::/96")
_Address = IPv4Address | IPv6Address


class HttpGetError(Exception):
    """Raised when a GET got no usable answer; `status` is 0 when it isn't the status that was refused.

    Without an `error_class` the status says which it is.
    """

    def __init__(self, message: str, *, error_class: ErrorClass | None = None, status: int = 0):
        self.error_class = error_class
        self.status = status
        super().__init__(message)


def invalid(message: str) -> HttpGetError:
    """Return the error for a request that makes no sense; another attempt wouldn't help."""
    return HttpGetError(message, error_class=ErrorClass.INVALID_INPUT)


def check_url(url: httpx2.URL) -> httpx2.URL:
    """Return the URL if its form is allowed; raises `HttpGetError`."""
    if url.scheme not in PORTS or not url.host:
        raise invalid("only http:// and https:// URLs with a host can be fetched")
    if url.userinfo:
        raise invalid("a URL with a user or password in it is refused; use headers")
    return url


def find_addresses(url: httpx2.URL) -> list[str]:
    """Return the addresses of a URL's host, in the resolver's order; raises `HttpGetError` if one is forbidden.

    Raises `ConnectionError` for a name that doesn't resolve.
    """
    port = url.port or PORTS[url.scheme]
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectionError(f"{url.host!r} doesn't resolve: {error}") from error
    addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
    for address in addresses:
        _check_address(address, url)
    return addresses


def _check_address(address: str, url: httpx2.URL) -> None:
    judged = _unwrap(ip_address(address.partition("%")[0]))
    if _is_forbidden(judged):
        raise HttpGetError(
            f"{url.host!r} leads to {address}, which no skill may reach",
            error_class=ErrorClass.REJECTED,
        )
    if url.scheme == "http" and not judged.is_loopback:
        raise HttpGetError(
            f"http:// reaches this machine only; use https:// for {url.host!r}",
            error_class=ErrorClass.REJECTED,
        )


def _unwrap(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_forbidden(address: _Address) -> bool:
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (isinstance(address, IPv4Address) and address.is_reserved)
        or (isinstance(address, IPv4Address) and address in ip_network("0.0.0.0/8"))
        or address in _CLOUD_METADATA
    )
