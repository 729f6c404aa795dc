"""Positions in one version of a document: JSON Pointers (RFC 6901) and their dotted form, `yaml_path`.

`/steps/2/branches/main/0` and `steps[2].branches.main[0]` say the same; the root is `""` and `$`.
"""

import json
import re
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from workflow.errors import PatchConflictError, PatchError

_BAD_ESCAPE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_ROOT = "$"
_DECODER = json.JSONDecoder()


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Split a JSON Pointer into its unescaped parts; raises `PatchError` for what RFC 6901 doesn't allow."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise PatchError(f"{pointer!r} isn't a JSON Pointer: it must be empty or start with '/'")
    if "~" not in pointer:
        return tuple(pointer[1:].split("/"))
    if _BAD_ESCAPE.search(pointer):
        raise PatchError(f"{pointer!r} isn't a JSON Pointer: '~' must be followed by 0 or 1")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def format_pointer(parts: Sequence[str | int]) -> str:
    """Join parts into a JSON Pointer, the inverse of `parse_pointer`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parse_index(part: str) -> int | None:
    """Return the array index a part is, None for anything else (`-`, `01`, `+1`, digits of other scripts)."""
    return int(part) if len(part) < 16 and _INDEX.fullmatch(part) else None


def locate(document: JsonValue, pointer: str) -> tuple[str | int, ...]:
    """Return a pointer's parts with array indices as numbers; raises `PatchConflictError` when nothing is there."""
    return tuple(part for part, _ in _walk(document, pointer))


def resolve(document: JsonValue, pointer: str) -> JsonValue:
    """Return the value at a pointer; raises `PatchConflictError` when nothing is there."""
    value = document
    for _, child in _walk(document, pointer):
        value = child
    return value


def yaml_path_of(parts: Sequence[str | int]) -> str:
    """Write parts in dotted form: numbers are indices, a key that isn't a plain name is a JSON string in brackets."""
    written = "".join(_write(part) for part in parts)
    return written.removeprefix(".") or _ROOT


def parse_yaml_path(path: str) -> tuple[str | int, ...]:
    """Read the dotted form back, the inverse of `yaml_path_of`; raises `PatchError`."""
    if path == _ROOT:
        return ()
    parts: list[str | int] = []
    rest = path if path.startswith("[") else f".{path}"
    while rest:
        part, rest = _read(rest, path)
        parts.append(part)
    return tuple(parts)


def _walk(document: JsonValue, pointer: str) -> Iterator[tuple[str | int, JsonValue]]:
    value = document
    for part in parse_pointer(pointer):
        index = parse_index(part)
        if isinstance(value, dict) and part in value:
            value = value[part]
            yield part, value
        elif isinstance(value, list) and index is not None and index < len(value):
            value = value[index]
            yield index, value
        else:
            raise PatchConflictError(f"there is nothing at {pointer!r}")


def _write(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _NAME.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"


def _read(rest: str, path: str) -> tuple[str | int, str]:
    name = _NAME.match(rest, 1)
    if rest[0] == "." and name:
        return name.group(), rest[name.end() :]
    index = _INDEX.match(rest, 1)
    if rest[0] == "[" and index and rest[index.end() :][:1] == "]":
        return int(index.group()), rest[index.end() + 1 :]
    if rest.startswith('["'):
        return _read_key(rest, path)
    raise PatchError(f"{path!r} isn't a yaml path like steps[2].branches.main[0]")


def _read_key(rest: str, path: str) -> tuple[str, str]:
    try:
        key, end = _DECODER.raw_decode(rest, 1)
    except ValueError as error:
        raise PatchError(f"{path!r} isn't a yaml path: {error}") from error
    if rest[end : end + 1] != "]":
        raise PatchError(f"{path!r} isn't a yaml path: a ']' is missing")
    return str(key), rest[end + 1 :]
