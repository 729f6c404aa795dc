"""Who owns a file by CODEOWNERS, as far as they can be asked for a review: people and teams, no addresses.

Source: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

import re
from dataclasses import dataclass
from typing import Final

from app.ports import CodeHost

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in this order; the first one counts."""

_MOST_BYTES: Final = 3 * 1024 * 1024
_NAME: Final = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
_MOST: Final = 10
_GLOB: Final = re.compile(r"\*\*/|/\*\*|\*|\?|[^*?]")
_MEANINGS: Final = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class Owners:
    """Owners by name, without `@`; teams without their organisation."""

    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def read_owners(host: CodeHost, commit: str, path: str) -> Owners:
    """Return who owns a file of a commit; nobody without a file that says so."""
    for place in PLACES:
        content = host.read_file(commit, place)
        if content is not None:
            return find_owners(content[:_MOST_BYTES].decode(errors="replace"), path)
    return Owners()


def find_owners(text: str, path: str) -> Owners:
    """Return the owners that the last matching line names; a line without any says that nobody is to be asked."""
    found: list[str] = []
    for line in text.splitlines():
        pattern, *names = line.partition("#")[0].split() or [""]
        if pattern and not set(pattern) & set("![]\\") and _matches(pattern, path):
            found = names
    named = [name[1:] for name in found if _NAME.fullmatch(name)][:_MOST]
    return Owners(
        tuple(name for name in named if "/" not in name),
        tuple(name.partition("/")[2] for name in named if "/" in name),
    )


def _matches(pattern: str, path: str) -> bool:
    """Match as `.gitignore` does: anchored when a slash is in it, a folder with all that is below it."""
    anchored = "/" in pattern.rstrip("/")
    body = pattern.strip("/") if pattern != "/" else ""
    inner = "".join(_MEANINGS.get(part, re.escape(part)) for part in _GLOB.findall(body))
    start = "" if anchored else "(?:.*/)?"
    # `docs/*` is the files of that folder alone; any other name may be a folder.
    below = "/.*" if pattern.endswith("/") else "" if body.endswith("/*") else "(?:/.*)?"
    return re.fullmatch(start + inner + below, path) is not None
