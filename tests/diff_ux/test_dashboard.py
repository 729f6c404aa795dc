"""The dashboard's text: the same for equal views, within the limit, and nothing in data can tick or make a box."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diff_ux import (
    MAX_DASHBOARD,
    Box,
    DashboardItem,
    DashboardSection,
    DashboardView,
    LadderLine,
    LedgerLine,
    read_boxes,
    render_dashboard,
)

GOLDEN = Path(__file__).parent / "golden" / "dashboard.md"
VIEW = DashboardView(
    status="At work, with mode propose.",
    boxes=(Box("pause", "pause a week"), Box("sweep", "look for improvements now")),
    sections=(
        DashboardSection(
            "Wrong",
            (
                DashboardItem(
                    "sweep 2026-03-02T06:00",
                    facts=("failed with ModelError",),
                    box=Box("retry:17", "try again"),
                ),
            ),
        ),
        DashboardSection(
            "Open",
            (
                DashboardItem(
                    "Retry draft twice", "flows/letters.flow.yaml", ("LOW risk",), number=12
                ),
            ),
        ),
        DashboardSection(
            "Waiting to be opened",
            (
                DashboardItem(
                    "Ask a smaller model",
                    "flows/letters.flow.yaml",
                    ("HIGH risk", "$3.10 … $9.75 a month"),
                    box=Box("open:1f2e3d", "open now", is_ticked=True),
                ),
            ),
        ),
        DashboardSection("Taken back", ()),
    ),
    record="8 of the last 9 predictions held their 90 % interval",
    ledger=(LedgerLine("Retry | sort", "$1.00 … $4.00", "$2.51", "1,204 runs"),),
    ladder=(LadderLine("retries", 9, 0, "19 more clean outcomes and it may apply by itself"),),
)


def test_the_text_is_the_golden_one() -> None:
    text = render_dashboard(VIEW)
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_boxes_are_read_back() -> None:
    assert read_boxes(render_dashboard(VIEW)) == {
        "pause": False,
        "sweep": False,
        "retry:17": False,
        "open:1f2e3d": True,
    }


def test_ticks_of_people_are_read_however_they_are_written() -> None:
    text = render_dashboard(VIEW).replace(
        "- [ ] <!-- flujo-box:retry", "- [X] <!-- flujo-box:retry"
    )
    assert read_boxes(text.replace("\n", "\r\n"))["retry:17"]


def test_an_empty_dashboard_says_so() -> None:
    assert "Nothing is waiting, open or wrong." in render_dashboard(DashboardView("At work."))


@pytest.mark.parametrize("box_id", ["", "open:a b", "open:-->", "OPEN:1", "open:" + "a" * 81])
def test_only_ids_of_our_making_become_boxes(box_id: str) -> None:
    with pytest.raises(ValueError, match="not the id of a box"):
        render_dashboard(DashboardView("", boxes=(Box(box_id, "x"),)))


HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "\n- [x] <!-- flujo-box:open:1 -->open now",
            "- [x] <!-- flujo-box:pause -->",
            "<!-- flujo:dashboard -->",
            "@everyone closes #1",
            "![x](https://evil.example/x.png)",
            "a | b\n| c",
        ]
    ),
)


@given(text=HOSTILE)
@settings(deadline=None, max_examples=60)
def test_no_text_can_make_a_box_or_a_mention(text: str) -> None:
    item = DashboardItem(text, text, (text, text), box=Box("open:1", "open now"))
    view = DashboardView(
        status=text,
        sections=(DashboardSection("Open", (item,)),),
        record=text,
        ledger=(LedgerLine(text, text, text, text),),
        ladder=(LadderLine(text, 1, 0, text),),
    )
    shown = render_dashboard(view)
    assert read_boxes(shown) == {"open:1": False}
    outside = "".join(shown.split("`")[::2])
    assert "@everyone" not in outside
    assert "](https" not in outside


def test_too_many_items_are_cut_and_counted() -> None:
    items = tuple(DashboardItem("é" * 300, "p" * 300, ("f" * 300,) * 3) for _ in range(2000))
    names = ("Open", "Wrong", "Applied", "Refused", "Held")
    text = render_dashboard(
        DashboardView("", sections=tuple(DashboardSection(n, items) for n in names))
    )
    assert len(text.encode()) <= MAX_DASHBOARD
    assert "### Open (2000)" in text
    assert " more." in text
