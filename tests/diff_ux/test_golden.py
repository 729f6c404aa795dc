"""What people read, case by case; `FLUJO_UPDATE_GOLDEN=1 pytest tests/diff_ux/test_golden.py` writes it anew."""

import os
from pathlib import Path

import pytest

from diff_ux import draw_change, render_bullets, render_pr_body
from tests.diff_ux.golden_cases import list_cases, read_case


@pytest.mark.parametrize("name", list_cases())
def test_a_change_reads_as_it_did(name: str) -> None:
    case = read_case(name)
    _compare(case.folder / "bullets.md", render_bullets(case.view.sentences) + "\n")
    _compare(case.folder / "diagram.mmd", draw_change(case.before, case.after, case.changes))
    _compare(case.folder / "body.md", render_pr_body(case.view))


def _compare(path: Path, text: str) -> None:
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text
