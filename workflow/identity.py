"""What a version is: the SHA-256 of the canonical JSON (RFC 8785) of the resolved document.

Resolved means that prompts kept in files and imported specs enter by content: nothing that changes behaviour hides
behind an unchanged hash. Comments and layout don't count; the lock for edits is the Git blob.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

import rfc8785
from pydantic import JsonValue

Read = Callable[[str], str]
"""Reads a file next to the spec by relative POSIX path; raises `OSError` or `UnicodeDecodeError`."""

_MAX_IMPORT_DEPTH = 16


class UnresolvedError(Exception):
    """Raised when a file the spec names can't enter its hash; `pointer` is where the spec names it."""

    def __init__(self, pointer: str, reason: str, hint: str = "") -> None:
        self.pointer = pointer
        self.reason = reason
        self.hint = hint
        super().__init__(reason)


def hash_document(document: JsonValue) -> str:
    """Return the hex SHA-256 of the canonical JSON; raises `UnresolvedError` for numbers JSON can't hold exactly."""
    try:
        return hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    except rfc8785.CanonicalizationError as error:
        raise UnresolvedError("", f"not representable as canonical JSON: {error}") from error


def resolve_document(
    document: Mapping[str, JsonValue],
    read: Read | None,
    parse: Callable[[str], JsonValue],
    *,
    depth: int = 0,
) -> dict[str, JsonValue]:
    """Return the document with prompt files and imports replaced by what they contain."""
    resolved = dict(document)
    agents, imports = document.get("agents"), document.get("imports")
    if isinstance(agents, dict):
        resolved["agents"] = {
            name: _resolve_agent(agent, f"/agents/{name}/system_prompt/from_file", read)
            for name, agent in agents.items()
        }
    if isinstance(imports, dict):
        resolved["imports"] = {
            alias: _resolve_import(path, f"/imports/{alias}", read, parse, depth)
            for alias, path in imports.items()
        }
    return resolved


def read_beside(path: str, pointer: str, read: Read | None) -> str:
    """Read a file below the spec's folder; raises `UnresolvedError` for anything that lies elsewhere or isn't there."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or "\x00" in path:
        raise UnresolvedError(
            pointer, f"{path!r} lies outside the spec's folder", "keep it beside the spec"
        )
    if read is None:
        raise UnresolvedError(pointer, f"{path!r} can't be read here")
    try:
        return read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UnresolvedError(
            pointer, f"can't read {path!r}: {error}", "create it, or fix the path"
        ) from error


def _resolve_agent(agent: JsonValue, pointer: str, read: Read | None) -> JsonValue:
    if not isinstance(agent, dict):
        return agent
    prompt = agent.get("system_prompt")
    if not isinstance(prompt, dict) or not isinstance(prompt.get("from_file"), str):
        return agent
    text = read_beside(str(prompt["from_file"]), pointer, read)
    rest = {key: value for key, value in prompt.items() if key != "from_file"}
    return {**agent, "system_prompt": {**rest, "text": text}}


def _resolve_import(
    path: JsonValue,
    pointer: str,
    read: Read | None,
    parse: Callable[[str], JsonValue],
    depth: int,
) -> JsonValue:
    if not isinstance(path, str):
        return path
    if depth >= _MAX_IMPORT_DEPTH:
        raise UnresolvedError(pointer, "imports are nested too deeply", "look for a cycle")
    child = parse(read_beside(path, pointer, read))
    if not isinstance(child, dict):
        raise UnresolvedError(pointer, f"{path!r} isn't a workflow")
    folder = PurePosixPath(path).parent

    def read_from_child(inner: str) -> str:
        return read_beside(str(folder / inner), pointer, read)

    return resolve_document(child, read_from_child, parse, depth=depth + 1)
