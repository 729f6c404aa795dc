"""Paths inside a repository: which are safe to write, and which a glob selects."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from app.errors import PathError

_MAX_LENGTH = 1024
_FORBIDDEN = re.compile(r"[\\:\x00-\x1f\x7f]")
_MEMBER = re.compile(r"(.)-(.)|(.)", re.DOTALL)
_GIT_FOLDER = re.compile(r"\.git|git~\d+")


def check_path(path: str) -> str:
    """Return `path` if it names a place inside the repository on every file system; raises `PathError`.

    Refused: absolute paths, `..`, Git's own folder in any disguise (case, trailing dots, `git~1`, invisible
    characters), backslashes, colons, control characters, and characters that don't survive Unicode normalisation.
    """
    if not path or len(path.encode(errors="surrogatepass")) > _MAX_LENGTH:
        raise PathError(path[:80], "isn't a path of 1 to 1,024 bytes")
    if _FORBIDDEN.search(path) or any(unicodedata.category(char) in {"Cf", "Cs"} for char in path):
        raise PathError(path, "holds characters that a path must not have")
    if unicodedata.normalize("NFC", path) != path:
        raise PathError(path, "isn't in Unicode normal form C")
    for segment in path.split("/"):
        _check_segment(path, segment)
    return path


def _check_segment(path: str, segment: str) -> None:
    if segment in {"", ".", ".."}:
        raise PathError(path, "isn't inside the repository; write it relative to the repository")
    plain = unicodedata.normalize("NFKC", segment).casefold().rstrip(". ")
    if _GIT_FOLDER.fullmatch(plain):
        raise PathError(path, "lies in Git's own folder")


def select_paths(paths: Iterable[str], globs: Sequence[str]) -> tuple[str, ...]:
    """Return the paths that match any glob, in their order.

    `*` and `?` stay within one segment, `**/` stands for any number of folders, `[abc]` for one character.
    """
    patterns = [_compile(glob) for glob in globs]
    return tuple(path for path in paths if any(pattern.fullmatch(path) for pattern in patterns))


def check_glob(glob: str) -> str:
    """Return a glob that can select paths of a repository; raises `ValueError` for any other."""
    if not glob or glob.startswith("/") or ".." in glob.split("/"):
        raise ValueError("write a glob relative to the repository, like `flows/**/*.yaml`")
    try:
        _compile(glob)
    except re.error as error:
        raise ValueError(f"{glob!r} isn't a glob: {error.msg}") from error
    return glob


@lru_cache(maxsize=256)
def _compile(glob: str) -> re.Pattern[str]:
    tokens = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]/]+\]|[^*?\[]+|\[", glob)
    return re.compile("".join(_translate(token) for token in tokens), re.DOTALL)


def _escape_member(member: re.Match[str]) -> str:
    """Keep a range `a-z` and escape everything else, so that no sign of a glob is one of the expression."""
    first, last, single = member.groups()
    return re.escape(single) if single else f"{re.escape(first)}-{re.escape(last)}"


def _translate(token: str) -> str:
    match token:
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if len(token) > 1 and token.startswith("["):
            inside = token[1:-1]
            negated = inside.startswith("!")
            members = _MEMBER.sub(_escape_member, inside.removeprefix("!"))
            return f"[{'^/' if negated else ''}{members}]" if members else re.escape(token)
        case _:
            return re.escape(token)
