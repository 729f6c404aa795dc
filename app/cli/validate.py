"""`flujo validate`: is this a valid spec, and what is each step called?"""

from pathlib import Path
from typing import Annotated

import typer

from app.adapters.spec_files import open_spec
from app.cli.output import NO, Format, FormatOption, print_json, print_text
from workflow import Diagnostic, SpecError, Workflow


def validate(
    specs: Annotated[list[Path], typer.Argument(help="spec files", show_default=False)],
    output: FormatOption = Format.TEXT,
) -> None:
    """Check specs; print problems with line:column, the spec's hash, and where each step is."""
    answers = [_check(path) for path in specs]
    if output is Format.JSON:
        print_json({"specs": answers})
    else:
        for answer in answers:
            _print(answer)
    if not all(answer["valid"] for answer in answers):
        raise typer.Exit(NO)


def _check(path: Path) -> dict[str, object]:
    try:
        workflow = open_spec(path)
    except SpecError as error:
        return _answer(path, None, error.diagnostics)
    return _answer(path, workflow, workflow.warnings)


def _answer(
    path: Path, workflow: Workflow | None, diagnostics: tuple[Diagnostic, ...]
) -> dict[str, object]:
    return {
        "path": str(path),
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
            for found in diagnostics
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


def _print(answer: dict[str, object]) -> None:
    path = answer["path"]
    for found in answer["diagnostics"]:  # type: ignore[attr-defined]
        where = ":".join(str(part) for part in (path, found["line"], found["column"]) if part)
        hint = f"; {found['hint']}" if found["hint"] else ""
        print_text(f"{where}: {found['severity']}: {found['message']}{hint} [{found['id']}]")
    if not answer["valid"]:
        return
    print_text(f"{path}: valid")
    print_text(f"spec_sha256 {answer['spec_sha256']}")
    for step in answer["steps"]:  # type: ignore[attr-defined]
        places = f"{step['yaml_path']}  {step['pointer']}  line {step['line']}"
        print_text(f"  {step['step_id']:<32} {step['kind']:<12} {places}")
