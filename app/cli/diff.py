"""`flujo diff`: what changed between two versions of a spec."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import NO, note, print_json, print_text
from app.cli.reading import LenientOption, open_as_asked
from app.errors import BadInputError
from diff_ux import changes_to_json, describe_changes, render_changes
from workflow import SpecError, Workflow, diff_documents, diff_workflows


class DiffFormat(StrEnum):
    """How the difference is told."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    MERMAID = "mermaid"
    PATCH = "patch"


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="the old spec", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="B", help="the new spec", show_default=False)],
    exit_code: Annotated[bool, typer.Option("--exit-code", help="exit 1 when they differ")] = False,
    lenient: LenientOption = False,
    output: Annotated[DiffFormat, typer.Option("--format")] = DiffFormat.TEXT,
) -> None:
    """Tell the difference between two specs in a person's terms; exit 0 unless --exit-code."""
    old, new = _open("old", before, lenient=lenient), _open("new", after, lenient=lenient)
    changes = diff_workflows(old, new)
    if output is DiffFormat.JSON:
        print_json({"changes": changes_to_json(changes)})
    elif output is DiffFormat.PATCH:
        print_json(diff_documents(old.document, new.document).to_json())
    elif output is DiffFormat.MERMAID:
        picture = render_changes(changes, old, new, "mermaid")
        if picture:
            print_text(picture)
        else:
            note("no step changes: there is nothing to draw")
    elif output is DiffFormat.MARKDOWN:
        print_text(render_changes(changes, old, new, "markdown"))
    else:
        for sentence in describe_changes(changes):
            print_text(sentence.text)
        if not changes:
            print_text("no changes")
    if exit_code and changes:
        raise typer.Exit(NO)


def _open(side: str, path: Path, *, lenient: bool) -> Workflow:
    """Open one of two specs that may bear the same name: what is wrong is told with the path that was typed."""
    try:
        return open_as_asked(path, lenient=lenient)
    except SpecError as error:
        problems = "\n".join(f"  {problem}" for problem in error.diagnostics)
        raise BadInputError(f"the {side} spec, {path}, can't be read:\n{problems}") from error
