"""The dashboard of a repository as Markdown for an issue; boxes carry hidden ids by which ticks are read back.

Nothing that comes from data can become a box, for no such text begins a line.
"""

import re
from collections.abc import Iterator
from typing import Final

from diff_ux.dashboard_view import (
    Box,
    DashboardItem,
    DashboardSection,
    DashboardView,
    LadderLine,
    LedgerLine,
)
from diff_ux.safe_text import code_span, prose, table_cell

MAX_DASHBOARD: Final = 65_000
"""Bytes of the text; GitHub takes 65,536 characters, and whoever writes it adds a hidden line."""

_MOST_LINES: Final = 50
_LONGEST_TITLE: Final = 160
_ID: Final = re.compile(r"[a-z]+(?::[0-9A-Za-z_-]{1,80})?")
_BOX: Final = re.compile(r"^- \[([ xX])\] <!-- flujo-box:([0-9A-Za-z:_-]{1,100}) -->", re.MULTILINE)


def render_dashboard(view: DashboardView) -> str:
    """Return GitHub-flavoured Markdown of at most `MAX_DASHBOARD` bytes, the same for equal views.

    Of lists that are too long the ends are left out, and it is said how much. Raises `ValueError` for a box whose id
    isn't of our making.
    """
    most = _MOST_LINES
    while True:
        text = "\n".join(_lay_out(view, most)).strip() + "\n"
        if len(text.encode()) <= MAX_DASHBOARD or not most:
            return text
        most //= 2


def read_boxes(text: str) -> dict[str, bool]:
    """Return the boxes of a rendered dashboard by their ids, and whether each is ticked; of twins the first counts."""
    found: dict[str, bool] = {}
    for mark, box_id in _BOX.findall(text.replace("\r\n", "\n")):
        found.setdefault(box_id, mark != " ")
    return found


def _lay_out(view: DashboardView, most: int) -> Iterator[str]:
    yield from (prose(view.status), "")
    for box in view.boxes:
        yield _box(box)
    yield ""
    shown = [section for section in view.sections if section.items]
    for section in shown:
        yield from _section(section, most)
    if not shown:
        yield from ("Nothing is waiting, open or wrong.", "")
    yield from _ledger(view, most)
    if view.ladder:
        yield from _ladder(view.ladder, most)


def _section(section: DashboardSection, most: int) -> Iterator[str]:
    yield from (f"### {section.title} ({len(section.items)})", "")
    for item in section.items[:most]:
        yield _item(item)
    yield from _rest(len(section.items), most)
    yield ""


def _item(item: DashboardItem) -> str:
    number = f"#{item.number} " if item.number else ""
    where = f" in {code_span(item.where)}" if item.where else ""
    facts = "".join(f" · {prose(fact)}" for fact in item.facts if fact)
    line = f"{number}{prose(item.title, limit=_LONGEST_TITLE)}{where}{facts}"
    return f"{_box(item.box)}: {line}" if item.box else f"- {line}"


def _box(box: Box) -> str:
    if not _ID.fullmatch(box.id):
        raise ValueError(f"not the id of a box: {box.id!r}")
    mark = "x" if box.is_ticked else " "
    return f"- [{mark}] <!-- flujo-box:{box.id} -->{box.label}"


def _ledger(view: DashboardView, most: int) -> Iterator[str]:
    if not view.ledger and not view.record:
        return
    yield from ("### Promised and kept", "")
    if view.record:
        yield from (prose(view.record), "")
    if view.ledger:
        yield from ("| change | predicted a month | measured | over |", "|---|---|---|---|")
        yield from (_ledger_row(line) for line in view.ledger[:most])
        yield from _rest(len(view.ledger), most)
        yield ""


def _ledger_row(line: LedgerLine) -> str:
    return _row(
        prose(line.title, limit=_LONGEST_TITLE), line.predicted, line.realised, line.measured
    )


def _ladder(lines: tuple[LadderLine, ...], most: int) -> Iterator[str]:
    yield from ("### What it may do by itself", "")
    yield from ("| kind of change | went well | taken back | now |", "|---|---|---|---|")
    for line in lines[:most]:
        yield _row(code_span(line.name), str(line.clean), str(line.taken_back), line.autonomy)
    yield from _rest(len(lines), most)
    yield ""


def _row(first: str, *others: str) -> str:
    cells = (first, *(prose(other) for other in others))
    return f"| {' | '.join(map(table_cell, cells))} |"


def _rest(count: int, most: int) -> Iterator[str]:
    if count > most:
        yield from ("", f"And {count - most} more.")
