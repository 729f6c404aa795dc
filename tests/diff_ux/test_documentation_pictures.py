"""The pictures in the documentation are golden bodies in a real browser.

`FLUJO_UPDATE_PICTURES=1 pytest tests/diff_ux/test_documentation_pictures.py` takes them anew, with the cards of the
ten-second test.
"""

import json
import os
import re
from pathlib import Path

import pytest

from diff_ux import render_pr_body
from tests.diff_ux.chromium import needs_browser, read_dom, take_picture, write_page
from tests.diff_ux.golden_cases import Case, list_cases, read_case

_DOCS = Path(__file__).parents[2] / "docs"
_CARDS = _DOCS / "how-to" / "ten-second-test" / "cards.js"
_MAX_BYTES = 300_000

_PICTURES = {
    "steadier_lookup": _DOCS / "images" / "proposal.png",
    "new_branch": _DOCS / "images" / "proposal-before-after.png",
    "every_kind": _DOCS / "images" / "proposal-kinds.png",
}
_DECK = (
    *("tone_check", "weaker_guard", "first_retry", "smaller_model", "kinder_prompt"),
    *("steadier_lookup", "new_branch", "long_workflow", "reordered_and_renamed", "every_kind"),
)
"""The order of the cards, whose file names don't tell what they show."""


def _picture_of_card(index: int) -> Path:
    return _CARDS.parent / f"card-{index + 1:02}.png"


def _list_cards() -> str:
    cases = [read_case(name) for name in _DECK]
    cards = [
        {
            "picture": _picture_of_card(index).name,
            "title": case.view.title,
            "answer": case.answer.decision,
            "because": case.answer.because,
        }
        for index, case in enumerate(cases)
        if case.answer
    ]
    return f"const CARDS = {json.dumps(cards, indent=2, ensure_ascii=False)};\n"


def test_the_cards_of_the_ten_second_test_are_the_golden_cases() -> None:
    if os.environ.get("FLUJO_UPDATE_PICTURES"):
        _CARDS.write_text(_list_cards(), encoding="utf-8")
    assert _CARDS.read_text(encoding="utf-8") == _list_cards()


@needs_browser
def test_a_browser_draws_every_golden_diagram(tmp_path: Path) -> None:
    cases = [read_case(name) for name in list_cases()]
    bodies = [render_pr_body(case.view) for case in cases]
    page = tmp_path / "bodies.html"
    write_page(page, *bodies)
    dom = read_dom(page)
    assert dom.count('aria-roledescription="flowchart-v2"') == sum(
        "```mermaid" in body for body in bodies
    )
    assert dom == read_dom(page), (
        "the same text must be drawn the same, or the pictures differ each time"
    )
    assert "Syntax error" not in dom
    assert dom.count("<script") == 2
    assert "<img" not in dom
    if os.environ.get("FLUJO_UPDATE_PICTURES"):
        _take_pictures(cases, bodies, tmp_path)


@pytest.mark.parametrize(
    "picture",
    [*_PICTURES.values(), *map(_picture_of_card, range(len(_DECK)))],
    ids=lambda p: p.name,
)
def test_every_picture_is_there_and_small(picture: Path) -> None:
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size <= _MAX_BYTES


def _take_pictures(cases: list[Case], bodies: list[str], folder: Path) -> None:
    goals = list(_PICTURES.items())
    goals += [(name, _picture_of_card(index)) for index, name in enumerate(_DECK)]
    by_name = {case.name: body for case, body in zip(cases, bodies, strict=True)}
    for name, picture in goals:
        page = folder / f"{picture.stem}.html"
        write_page(page, by_name[name])
        (bottom,) = re.findall(r'data-bottom="(\d+)"', read_dom(page))
        take_picture(page, picture, int(bottom) + 24)
