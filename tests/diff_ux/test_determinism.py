"""The same change reads the same in every process, whatever the hash seed, the time zone and the locale."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]

_RENDER_EVERYTHING = """
import json
from io import StringIO
from rich.console import Console
from diff_ux import *
from tests.diff_ux.golden_cases import list_cases, read_case

for name in list_cases():
    case = read_case(name)
    for line in json.dumps(changes_to_json(case.changes)), render_changes(
        case.changes, case.before, case.after, "markdown"
    ):
        print(line)
    print(render_pr_body(case.view), render_check_summary(case.view), render_html(case.view))
    output = StringIO()
    Console(file=output, width=100, color_system=None).print(render_terminal(case.view))
    print(output.getvalue())
"""

_IMPORT = """
import sys
import diff_ux
print([name for name in ("mermaid", "rich", "deepdiff", "ruamel.yaml") if name in sys.modules])
"""


def _run(script: str, **environ: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8", **environ},
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout


def test_two_processes_with_other_hash_seeds_write_the_same_bytes() -> None:
    one = _run(_RENDER_EVERYTHING, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    other = _run(_RENDER_EVERYTHING, PYTHONHASHSEED="4242", TZ="Asia/Tokyo", LC_ALL="C")
    assert len(one) > 10_000
    assert one == other


def test_importing_the_package_is_silent_and_loads_nothing_that_only_drawing_needs() -> None:
    assert _run(_IMPORT) == "[]\n"
