"""Measures what stands before a run: importing, validating, patching, and refusing what would do harm.

Run with `python -m benchmarks.loading`. Imports and refusals happen in processes of their own: what they find already
loaded would flatter the one, and what crashes must not take the benchmark along. Times are CPU times measured inside,
without the start of the interpreter; all of it works from the file cache, and other work on the machine hardly counts.
"""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import orjson

from benchmarks.table.rows import print_load, print_row
from workflow import SpecError, edit_text, parse_patch, parse_workflow

_STEPS = 500
_PASSES = 5
_STAYS_AWAY = ("pydantic_ai", "opentelemetry", "deepdiff")
_HEAD = """\
version: "0.1"
name: large   # as large as specs get
agents:
  writer: {model: "sim:large", system_prompt: "Write."}
steps:
"""
_STEP = """\
  # step {number}
  - name: step_{number}
    uses: agents.writer
    input: "{{{{ context.ticket.text }}}}"
    config: {{timeout_s: 60, max_retries: 2}}   # patience
"""
_ONE_MODEL = """
from pydantic import BaseModel
class Model(BaseModel):
    name: str
"""
_IMPORT = """
from time import process_time
start = process_time()
{statement}
import sys
print([process_time() - start, sorted(set({stays_away}) & set(sys.modules))])
"""
_REFUSE = """
import sys
from pathlib import Path
from time import process_time
from app.adapters.spec_files import open_spec
from app.errors import KNOWN_ERRORS
start = process_time()
try:
    open_spec(Path(sys.argv[1]))
except KNOWN_ERRORS as error:
    print(process_time() - start)
"""


def main() -> None:
    """Print every figure beside its target."""
    print_load()
    _report_imports()
    _report_large_spec()
    much = "steps: []\n" + "# much\n" * (100_000_000 // 7)
    print_row("refuse a text of 100 MB", _best_ms(lambda: _refuse(much)), "ms", target=100)
    with TemporaryDirectory() as folder:
        for name, write in _HARMFUL.items():
            path = Path(folder) / "harmful.yaml"
            write(path)
            print_row(f"refuse {name}", _refuse_ms(path), "ms", target=100)


def _report_imports() -> None:
    model, _ = _import_s(_ONE_MODEL)
    seconds, loaded = _import_s("import workflow")
    print_row("import pydantic and make one model", model, "s")
    print_row("import workflow", seconds, "s", target=0.35, reference=model, of="that")
    names = ", ".join(_STAYS_AWAY)
    print(f"of {names}, `import workflow` imports: {', '.join(loaded) or 'none'}")


def _import_s(statement: str) -> tuple[float, list[str]]:
    """Return the median time of an import in fresh interpreters, and what of the heavy it brought along."""
    script = _IMPORT.format(statement=statement, stays_away=_STAYS_AWAY)
    answers = [orjson.loads(_run_child(script).replace("'", '"')) for _ in range(_PASSES)]
    return median(seconds for seconds, _ in answers), answers[-1][1]


def _report_large_spec() -> None:
    text = _HEAD + "".join(_STEP.format(number=number) for number in range(_STEPS))
    pointer = f"/steps/{_STEPS // 2}/config/timeout_s"
    patch = parse_patch([{"op": "replace", "path": pointer, "value": 30}])
    validate = _best_ms(lambda: parse_workflow(text))
    print_row(f"validate {_STEPS} steps", validate, "ms", target=50)
    edit = _best_ms(lambda: edit_text(text, patch))
    print_row("  one value patched into the text, verified", edit, "ms", target=100)
    both = _best_ms(lambda: parse_workflow(edit_text(text, patch)))
    print_row("  … and the result validated", both, "ms", target=100)


def _best_ms(work: Callable[[], object]) -> float:
    def once() -> float:
        start = process_time()
        work()
        return process_time() - start

    return min(once() for _ in range(_PASSES)) * 1000


def _refuse(text: str) -> None:
    with suppress(SpecError):
        parse_workflow(text)
        raise AssertionError("it was not refused")


def _refuse_ms(path: Path) -> float:
    """Return the median time until a spec is refused; a process that dies of it raises."""
    return median(float(_run_child(_REFUSE, str(path))) for _ in range(_PASSES)) * 1000


def _run_child(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _write_brackets(path: Path) -> None:
    path.write_text("steps: " + "[" * 50_000 + "]" * 50_000)


def _write_braces(path: Path) -> None:
    path.write_text("steps: " + "{a: " * 50_000 + "}" * 50_000)


def _write_aliases(path: Path) -> None:
    levels = (
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 40)
    )
    path.write_text("\n".join(["a0: &a0 [lol, lol]", *levels, "steps: *a39", ""]))


def _write_quadratic_aliases(path: Path) -> None:
    """Every alias is shallow and the whole is huge: what a limit on depth alone lets through."""
    path.write_text(f"a: &a [{', '.join(['x'] * 1000)}]\nsteps: [{', '.join(['*a'] * 100_000)}]\n")


def _write_100_mb(path: Path) -> None:
    path.write_bytes(b"steps: []\n" + b"# much\n" * (100_000_000 // 7))


_HARMFUL = {
    "50,000 nested brackets": _write_brackets,
    "50,000 nested braces": _write_braces,
    "an alias bomb of 9^39 values": _write_aliases,
    "100,000 aliases of 1,000 values": _write_quadratic_aliases,
    "a file of 100 MB": _write_100_mb,
}


if __name__ == "__main__":
    main()
