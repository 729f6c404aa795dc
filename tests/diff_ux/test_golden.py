"""What people read, case by case; `FLUJO_UPDATE_GOLDEN=1 pytest tests/diff_ux/test_golden.py` writes it anew."""

import os
from pathlib import Path

import pytest

from diff_ux import describe_changes, draw_change, render_bullets, render_pr_body
from tests.diff_ux.views import view_of
from workflow import diff_workflows, parse_workflow

_CASES = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_a_change_reads_as_it_did(case: Path) -> None:
    before = parse_workflow((case / "before.yaml").read_text("utf-8"), path="before.yaml")
    after = parse_workflow((case / "after.yaml").read_text("utf-8"), path="after.yaml")
    changes = diff_workflows(before, after)
    _compare(case / "bullets.md", render_bullets(describe_changes(changes)) + "\n")
    _compare(case / "diagram.mmd", draw_change(before, after, changes))
    _compare(case / "body.md", render_pr_body(view_of(before, after)))


def _compare(path: Path, text: str) -> None:
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text
