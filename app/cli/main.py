"""`flujo`: the commands, and how their errors read and exit."""

import importlib
import sys

import typer

from app.cli.interruption import listen_for_interruption
from app.cli.output import CANNOT_DECIDE, print_json

COMMANDS = {
    "validate": "Check specs; print problems, hashes, and where each step is.",
    "schema": "Print the format of a spec as a JSON Schema.",
    "run": "Run a workflow, once or many times.",
    "resume": "Go on with a run that waits for a person's answer.",
    "replay": "Go through a recorded run again, step by step, calling nothing.",
    "test": "Run the tests embedded in a spec.",
    "heal": "Ask a model to mend a spec whose tests fail.",
    "policy": "Try policies out on past runs.",
    "diff": "Tell the difference between two specs.",
    "patch": "Apply a JSON Patch to a spec's text.",
    "classify": "Judge a patch by what it changes: LOW, MEDIUM or HIGH.",
    "tiers": "Tell what would go by itself in another mode.",
    "suggest": "Propose what would be worth changing, best first.",
    "sweep": "Suggest, prove, apply what is safe, offer the rest, take back what fails.",
    "apply": "Land one proposal that a person chose, with its tests before and after.",
    "rollback": "Take one applied proposal back.",
    "ledger": "Say how often predictions were right.",
    "serve": "Receive telemetry over OTLP/HTTP, and turn it into statistics.",
    "tokens": "Say who may send telemetry for which repository.",
    "ingest": "Take telemetry in from files.",
    "stats": "Print what the steps of a spec did, by the telemetry that was taken in.",
    "github": "Set the GitHub App up, and examine it.",
    "store": "Compact, back up and restore what a server keeps.",
    "demo": "Play the whole loop on a bundled example.",
}
"""Each command in the module of its name; only the one that is called gets imported."""

_INTERRUPTED = 130
"""What typer makes of Ctrl-C, without a word."""


def main() -> None:
    """Run the command line; every known error is one clear line and exit 2, never a traceback."""
    listen_for_interruption()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    arguments = arguments or ["--help"]
    try:
        code = _build(arguments)(arguments, prog_name="flujo", standalone_mode=False)
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
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
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Workflows that learn: run, suggest, prove, apply, take back.",
    )
    wanted = arguments[0] if arguments else ""
    if wanted in COMMANDS:
        command = getattr(importlib.import_module(f"app.cli.{wanted}"), wanted)
        if isinstance(command, typer.Typer):
            cli.add_typer(command, name=wanted)
        else:
            cli.command(wanted)(command)
    else:
        for name, summary in COMMANDS.items():
            cli.command(name, help=summary)(_flujo)
    # A callback keeps a single command a subcommand.
    cli.callback()(_flujo)
    return cli


def _flujo() -> None:
    """Workflows that learn: run, suggest, prove, apply, take back."""


def _explain(error: Exception) -> str | None:
    """Return what to tell about an error of ours; None for a defect, which keeps its traceback."""
    from app.errors import KNOWN_ERRORS
    from workflow import PatchConflictError, SpecError

    usage_of = getattr(error, "format_message", None)
    if usage_of is not None:  # what typer raises has no public class
        return str(usage_of())
    if isinstance(error, SpecError):
        return "\n".join(str(found) for found in error.diagnostics)
    if isinstance(error, PatchConflictError):
        return f"the patch doesn't fit: {error}"
    return str(error) if isinstance(error, KNOWN_ERRORS) else None


def _fail(arguments: list[str], message: str) -> int:
    if "json" in arguments or "--format=json" in arguments:
        print_json({"error": message})
    sys.stderr.write(f"error: {message}\n")
    return CANNOT_DECIDE
