"""`flujo schema`: the format of a spec, or of the settings, as a JSON Schema, for editors and other programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer

from app.cli.output import note, print_json
from app.cli.patch import write_whole
from app.use_cases.describe_settings import build_settings_schema
from workflow import build_spec_schema


def schema(
    config: Annotated[
        bool, typer.Option("--config", help="that of the settings, .github/flujo.yml")
    ] = False,
    target: Annotated[
        Path | None, typer.Option("--output", help="write it here instead of printing it")
    ] = None,
) -> None:
    """Print the format of a spec as a JSON Schema (draft 2020-12)."""
    answer: Mapping[str, object] = build_settings_schema() if config else build_spec_schema()
    if target is None:
        print_json(answer)
    else:
        write_whole(target, orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() + "\n")
        note(f"wrote {target}")
