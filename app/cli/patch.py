"""`flujo patch apply`: write a JSON Patch into a spec's text, touching only the lines it must."""

import os
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import JsonValue

from app.adapters.spec_files import read_text
from app.cli.output import Format, FormatOption, note, print_json
from app.cli.reading import LenientOption, open_as_asked
from app.errors import BadInputError
from workflow import JsonPatch, diff_workflows, parse_patch, patch_workflow

patch = typer.Typer(no_args_is_help=True, help="Work with JSON Patches (RFC 6902).")


@patch.callback()
def _patch() -> None:
    """Keep `apply` a subcommand of its own."""


@patch.command("apply")
def apply(
    spec: Annotated[Path, typer.Argument(help="the spec", show_default=False)],
    patch_file: Annotated[
        Path, typer.Argument(metavar="PATCH.json", help="a JSON Patch", show_default=False)
    ],
    target: Annotated[
        Path | None, typer.Option("--output", help="write the patched text here")
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="write it back to SPEC")] = False,
    lenient: LenientOption = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Apply a patch to a spec's text, verified; prints the text unless told where to write it."""
    if target and in_place:
        raise BadInputError("--output and --in-place exclude each other: give one")
    before = open_as_asked(spec, lenient=lenient)
    after = patch_workflow(before, read_patch(patch_file))
    where = spec if in_place else target
    if where:
        write_whole(where, after.text)
        note(f"wrote {where}")
    if output is Format.JSON:
        print_json(
            {
                "path": str(where) if where else None,
                "text": None if where else after.text,
                "spec_sha256_before": before.spec_sha256,
                "spec_sha256_after": after.spec_sha256,
                "changes": len(diff_workflows(before, after)),
            }
        )
    elif not where:
        typer.echo(after.text.encode(), nl=False)


def read_patch(path: Path) -> JsonPatch:
    """Read a JSON Patch; raises `BadInputError` for what isn't JSON, `PatchError` for what isn't a patch."""
    return parse_patch(read_json(path))


def read_json(path: Path) -> JsonValue:
    """Read one JSON document."""
    try:
        value: JsonValue = orjson.loads(read_text(path))
    except orjson.JSONDecodeError as error:
        raise BadInputError(f"{path}: not JSON: {error}") from None
    return value


def write_whole(path: Path, text: str) -> None:
    """Replace a file's content in one step, keeping its mode: never half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(text.encode())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path.resolve())
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInputError(f"{path}: {error.strerror}") from None
