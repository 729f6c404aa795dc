"""What a version is: the SHA-256 of the canonical JSON (RFC 8785) of the resolved document.

Resolved means that prompts kept in files and imported specs enter by content: nothing that changes behaviour hides
behind an unchanged hash. Comments and layout don't count; the lock for edits is the Git blob.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

import orjson
import rfc8785
from pydantic import JsonValue

from workflow.errors import SpecError
from workflow.patches.pointer import format_pointer

Read = Callable[[str], str]
"""Reads a file next to the spec by relative POSIX path; raises `OSError` or `UnicodeDecodeError`."""

Parse = Callable[[str], JsonValue]
"""Parses the text of an imported spec; raises `SpecError`."""

MAX_IMPORTS = 64
MAX_IMPORT_DEPTH = 16
_HERE = PurePosixPath()
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e15


class UnresolvedError(Exception):
    """Raised when a file the spec names can't enter its hash; `pointer` is where the spec names it."""

    def __init__(self, pointer: str, reason: str, hint: str = "", *, inner: bool = False) -> None:
        self.pointer = pointer
        self.inner = inner
        self.reason = reason
        self.hint = hint
        super().__init__(reason)


def hash_document(document: JsonValue) -> str:
    """Return the hex SHA-256 of the canonical JSON; raises `UnresolvedError` for numbers JSON can't hold exactly."""
    try:
        return hashlib.sha256(canonical_json(document)).hexdigest()
    except rfc8785.CanonicalizationError as error:
        raise UnresolvedError("", f"not representable as canonical JSON: {error}") from error


def canonical_json(document: JsonValue) -> bytes:
    """Return the canonical JSON (RFC 8785); raises `rfc8785.CanonicalizationError`."""
    if _is_written_alike(document):
        with suppress(orjson.JSONEncodeError):
            return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    return rfc8785.dumps(document)


def _is_written_alike(document: JsonValue) -> bool:
    """Tell whether orjson, ten times faster, writes the canonical form too.

    It sorts keys by code points instead of UTF-16 units, and writes the shortest digits of a number in another form
    where that is whole, very large or very small.
    """
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            continue
        if isinstance(value, dict):
            if not all(map(str.isascii, value)):
                return False
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, float) and (
            value.is_integer() or not _PLAIN_FROM <= abs(value) < _PLAIN_BELOW
        ):
            return False
    return True


def resolve_document(
    document: Mapping[str, JsonValue], read: Read | None, parse: Parse
) -> dict[str, JsonValue]:
    """Return the document with prompt files and imports replaced by what they contain; raises `UnresolvedError`."""
    return _Resolver(read, parse).resolve(document, PurePosixPath(), ())


def prompts_of(resolved: Mapping[str, JsonValue]) -> dict[str, str]:
    """Return the text of each agent's prompt in a resolved document, whether it was written there or in a file."""
    agents = resolved.get("agents")
    prompts: dict[str, str] = {}
    for name, agent in (agents if isinstance(agents, dict) else {}).items():
        prompt = agent.get("system_prompt") if isinstance(agent, dict) else None
        text = prompt.get("text") if isinstance(prompt, dict) else prompt
        prompts[name] = text if isinstance(text, str) else ""
    return prompts


def read_beside(path: str, pointer: str, read: Read | None, folder: PurePosixPath = _HERE) -> str:
    """Read a file below `folder`, which is relative to the spec's; raises `UnresolvedError` for any other."""
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or "\\" in path or "\x00" in path:
        raise UnresolvedError(
            pointer, f"{path!r} lies outside the spec's folder", "keep it beside the spec"
        )
    if read is None:
        raise UnresolvedError(pointer, f"{path!r} can't be read here")
    try:
        return read(str(folder / path))
    except (OSError, UnicodeDecodeError) as error:
        raise UnresolvedError(
            pointer, f"can't read {path!r}: {error}", "create it, or fix the path"
        ) from error


@dataclass
class _Resolver:
    """One resolution; `imports_left` bounds it, because imports that import each other twice double with each file."""

    read: Read | None
    parse: Parse
    imports_left: int = MAX_IMPORTS

    def resolve(
        self, document: Mapping[str, JsonValue], folder: PurePosixPath, chain: tuple[str, ...]
    ) -> dict[str, JsonValue]:
        """Resolve a document that lies in `folder`; `chain` holds the imports that led to it."""
        resolved = dict(document)
        agents, imports = document.get("agents"), document.get("imports")
        if isinstance(agents, dict):
            resolved["agents"] = {
                name: self.resolve_agent(name, agent, folder) for name, agent in agents.items()
            }
        if isinstance(imports, dict):
            resolved["imports"] = {
                alias: self.resolve_import(alias, path, folder, chain)
                for alias, path in imports.items()
            }
        return resolved

    def resolve_agent(self, name: str, agent: JsonValue, folder: PurePosixPath) -> JsonValue:
        prompt = agent.get("system_prompt") if isinstance(agent, dict) else None
        path = prompt.get("from_file") if isinstance(prompt, dict) else None
        if not isinstance(agent, dict) or not isinstance(prompt, dict) or not isinstance(path, str):
            return agent
        pointer = format_pointer(["agents", name, "system_prompt", "from_file"])
        rest = {key: value for key, value in prompt.items() if key != "from_file"}
        text = read_beside(path, pointer, self.read, folder)
        return {**agent, "system_prompt": {**rest, "text": text}}

    def resolve_import(
        self, alias: str, path: JsonValue, folder: PurePosixPath, chain: tuple[str, ...]
    ) -> JsonValue:
        if not isinstance(path, str):
            return path
        pointer = format_pointer(["imports", alias])
        text = read_beside(path, pointer, self.read, folder)
        file = folder / path
        self.check_chain((*chain, str(file)), pointer)
        try:
            child = self.parse(text)
            if isinstance(child, dict):
                return self.resolve(child, file.parent, (*chain, str(file)))
        except SpecError as error:
            raise UnresolvedError(pointer, f"{path!r} isn't a workflow: {error}") from error
        except UnresolvedError as error:
            # What goes wrong inside an import is told where this document imports it.
            reason = error.reason if error.inner else f"in {path!r}: {error.reason}"
            raise UnresolvedError(pointer, reason, error.hint, inner=True) from error
        raise UnresolvedError(pointer, f"{path!r} isn't a workflow")

    def check_chain(self, chain: tuple[str, ...], pointer: str) -> None:
        """Refuse an import that leads back to itself, too deep, or to too many files."""
        *before, file = chain
        if file in before:
            circle = " → ".join(chain[before.index(file) :])
            raise UnresolvedError(pointer, f"{file!r} imports itself ({circle})", "break the cycle")
        if len(chain) > MAX_IMPORT_DEPTH:
            raise UnresolvedError(pointer, f"imports more than {MAX_IMPORT_DEPTH} deep")
        self.imports_left -= 1
        if self.imports_left < 0:
            raise UnresolvedError(pointer, f"more than {MAX_IMPORTS} imports")
