"""`flujo`: the commands, and how their errors read and exit."""

import importlib
import sys

import click
import typer

from app.cli.output import CANNOT_DECIDE, print_json

COMMANDS = {
    "validate": "app.cli.validate",
    "run": "app.cli.run",
    "test": "app.cli.test",
    "diff": "app.cli.diff",
    "patch": "app.cli.patch",
    "classify": "app.cli.classify",
    "suggest": "app.cli.suggest",
    "sweep": "app.cli.sweep",
    "demo": "app.cli.demo",
}
"""Each command and the module that has it; only the one that is called gets imported."""


def main() -> None:
    """Run the command line; every known error is one clear line and exit 2, never a traceback."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = _build(arguments)(arguments, prog_name="flujo", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _fail(arguments, error.format_message())
    except (KeyboardInterrupt, click.Abort):
        return _fail(arguments, "interrupted; nothing is half-written, run it again to finish")
    except BrokenPipeError:
        return CANNOT_DECIDE
    except Exception as error:
        message = _explain(error)
        if message is None:
            raise
        return _fail(arguments, message)
    return code if isinstance(code, int) else 0


def _build(arguments: list[str]) -> typer.Typer:
    cli = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Workflows that learn: run, suggest, prove, apply, take back.",
    )
    wanted = arguments[0] if arguments and arguments[0] in COMMANDS else None
    for name in [wanted] if wanted else COMMANDS:
        module = importlib.import_module(COMMANDS[name])
        command = getattr(module, name)
        if isinstance(command, typer.Typer):
            cli.add_typer(command, name=name)
        else:
            cli.command(name)(command)
    # A callback keeps a single command a subcommand.
    cli.callback()(_flujo)
    return cli


def _flujo() -> None:
    """Workflows that learn: run, suggest, prove, apply, take back."""


def _explain(error: Exception) -> str | None:
    """Return what to tell about an error of ours; None for a defect, which keeps its traceback."""
    from app.errors import AppError
    from policy_dsl import PolicyDslError
    from telemetry import TelemetryError
    from workflow import PatchConflictError, SpecError, WorkflowError

    if isinstance(error, SpecError):
        return "\n".join(str(found) for found in error.diagnostics)
    if isinstance(error, PatchConflictError):
        return f"the patch doesn't fit: {error}"
    known = isinstance(error, AppError | WorkflowError | TelemetryError | PolicyDslError)
    return str(error) if known else None


def _fail(arguments: list[str], message: str) -> int:
    if "json" in arguments or "--format=json" in arguments:
        print_json({"error": message})
    sys.stderr.write(f"error: {message}\n")
    return CANNOT_DECIDE
