"""`flujo validate`: are these valid specs, and what is each step called?"""

from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.sarif import write_sarif
from app.adapters.spec_files import path_in_repository
from app.adapters.spec_search import find_specs
from app.cli.output import CANNOT_DECIDE, NO, print_json, print_text
from app.cli.reading import LenientOption, StrictPricingOption, open_checked
from app.errors import BadInputError
from workflow import Diagnostic, SpecError, Workflow, load_diagnostic_kinds


class SpecFormat(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@dataclass(frozen=True, slots=True)
class _Checked:
    """One file, the workflow in it if it holds a valid one, and what there is to say."""

    path: Path
    workflow: Workflow | None
    diagnostics: tuple[Diagnostic, ...]
    is_readable: bool = True


def validate(
    specs: Annotated[
        list[Path],
        typer.Argument(
            metavar="SPEC...", help="files, folders to search, patterns", show_default=False
        ),
    ],
    *,
    lenient: LenientOption = False,
    strict_pricing: StrictPricingOption = False,
    output: Annotated[
        SpecFormat,
        typer.Option(
            "--format", help="text for people, json for programs, sarif for code scanning"
        ),
    ] = SpecFormat.TEXT,
) -> None:
    """Check specs; print problems with line:column, the spec's hash, and where each step is."""
    checked = [
        _check(path, lenient=lenient, strict_pricing=strict_pricing) for path in find_specs(specs)
    ]
    if output is SpecFormat.SARIF:
        found = {path_in_repository(each.path): each.diagnostics for each in checked}
        print_json(write_sarif(found, load_diagnostic_kinds(), version=version("flujo-app")))
    elif output is SpecFormat.JSON:
        print_json({"specs": [_answer(each) for each in checked]})
    else:
        for each in checked:
            _print(each)
    if not all(each.is_readable for each in checked):
        raise typer.Exit(CANNOT_DECIDE)
    if not all(each.workflow for each in checked):
        raise typer.Exit(NO)


def _check(path: Path, *, lenient: bool, strict_pricing: bool) -> _Checked:
    try:
        workflow = open_checked(path, lenient=lenient, strict_pricing=strict_pricing)
    except SpecError as error:
        return _Checked(path, None, error.diagnostics)
    except BadInputError as error:
        named, _, reason = str(error).partition(f"{path}: ")
        if named or not reason:
            raise
        # One file that can't be read says nothing of the others.
        unreadable = Diagnostic("unreadable-file", reason, path=str(path))
        return _Checked(path, None, (unreadable,), is_readable=False)
    return _Checked(path, workflow, workflow.warnings)


def _answer(checked: _Checked) -> dict[str, object]:
    workflow = checked.workflow
    return {
        "path": str(checked.path),
        "valid": workflow is not None,
        "name": workflow.name if workflow else None,
        "spec_sha256": workflow.spec_sha256 if workflow else None,
        "diagnostics": [
            {
                "id": found.id,
                "severity": found.severity,
                "message": found.message,
                "hint": found.hint,
                "line": found.line,
                "column": found.column,
                "pointer": found.pointer,
            }
            for found in checked.diagnostics
        ],
        "steps": [
            {
                "step_id": node.step_id,
                "kind": node.kind,
                "yaml_path": node.yaml_path,
                "pointer": node.pointer,
                "line": node.line,
                "uses": node.uses,
                "side_effects": node.side_effects,
            }
            for node in (workflow.nodes if workflow else ())
        ],
    }


def _print(checked: _Checked) -> None:
    path, workflow = checked.path, checked.workflow
    for found in checked.diagnostics:
        where = ":".join(str(part) for part in (path, found.line, found.column) if part)
        hint = f"; {found.hint}" if found.hint else ""
        print_text(f"{where}: {found.severity}: {found.message}{hint} [{found.id}]")
    if workflow is None:
        return
    print_text(f"{path}: valid")
    print_text(f"spec_sha256 {workflow.spec_sha256}")
    for node in workflow.nodes:
        places = f"{node.yaml_path}  {node.pointer}  line {node.line}"
        print_text(f"  {node.step_id:<32} {node.kind:<12} {places}")
