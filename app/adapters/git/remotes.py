"""Which repository on GitHub a local one comes from, by the address of its remote `origin`."""

import re
from urllib.parse import urlsplit

from app.adapters.git.command import Git

_SHORT = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>[^/].*)")
_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+")


def find_github_name(git: Git, host: str) -> str | None:
    """Return `OWNER/NAME` if origin is on exactly this host, else None."""
    found = git.attempt("remote", "get-url", "origin")
    return (
        parse_remote(found.output.decode(errors="replace").strip(), host)
        if found.code == 0
        else None
    )


def parse_remote(address: str, host: str) -> str | None:
    """Return `OWNER/NAME` of an address such as `git@HOST:OWNER/NAME.git` or `https://HOST/OWNER/NAME`."""
    short = _SHORT.fullmatch(address) if "://" not in address else None
    try:
        parts = urlsplit(address)
        there, path = (short["host"], short["path"]) if short else (parts.hostname, parts.path)
    except ValueError:
        return None
    name = path.strip("/").removesuffix(".git")
    is_ours = there is not None and there.lower() == host.lower()
    return name if is_ours and _NAME.fullmatch(name) else None
