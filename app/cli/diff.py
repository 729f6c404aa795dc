"""`flujo diff`: what changed between two versions of a spec."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.spec_files import open_spec
from app.cli.output import NO, print_json, print_text
from diff_ux import changes_to_json, describe_changes, render_changes
from workflow import diff_workflows


class DiffFormat(StrEnum):
    """How the difference is told."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    MERMAID = "mermaid"


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="the old spec", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="B", help="the new spec", show_default=False)],
    exit_code: Annotated[bool, typer.Option("--exit-code", help="exit 1 when they differ")] = False,
    output: Annotated[DiffFormat, typer.Option("--format")] = DiffFormat.TEXT,
) -> None:
    """Tell the difference between two specs in a person's terms; exit 0 unless --exit-code."""
    old, new = open_spec(before), open_spec(after)
    changes = diff_workflows(old, new)
    if output is DiffFormat.JSON:
        print_json({"changes": changes_to_json(changes)})
    elif output is DiffFormat.MERMAID:
        print_text(render_changes(changes, old, new, "mermaid"))
    elif output is DiffFormat.MARKDOWN:
        print_text(render_changes(changes, old, new, "markdown"))
    else:
        for sentence in describe_changes(changes):
            print_text(sentence.text)
        if not changes:
            print_text("no changes")
    if exit_code and changes:
        raise typer.Exit(NO)
