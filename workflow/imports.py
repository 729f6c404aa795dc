"""Imported specs: each is read as it was hashed, and its errors are told where it is imported."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

from workflow.diagnostics.findings import Finding
from workflow.errors import SpecError
from workflow.identity import Read
from workflow.patches.pointer import format_pointer

_Spec = TypeVar("_Spec")

Parse = Callable[[str, str, Read], _Spec]
"""(text, path, reader of the files beside it) → the parsed spec; raises `SpecError`."""


def open_imports(
    imports: Mapping[str, str], path: str, read: Read, parse: Parse[_Spec]
) -> tuple[dict[str, _Spec], list[Finding]]:
    """Parse what the spec at `path` imports, by name; `read` gives files beside that spec.

    Their prompts and imports lie beside them, their skills beside the spec that was opened first. There must be no
    cycle: `resolve_document` has refused them.
    """
    opened: dict[str, _Spec] = {}
    findings = []
    for name, place in imports.items():
        beside = PurePosixPath(path).parent / place
        try:
            opened[name] = parse(
                read(place), str(beside), _reader(read, PurePosixPath(place).parent)
            )
        except SpecError as error:
            pointer = format_pointer(("imports", name))
            message = f"{place!r} isn't valid: {error}"
            findings.append(Finding("invalid-import", pointer, message))
    return opened, findings


def _reader(read: Read, folder: PurePosixPath) -> Read:
    def read_beside_it(path: str) -> str:
        return read(path if path.endswith(".py") else str(folder / path))

    return read_beside_it
