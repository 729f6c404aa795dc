"""Spans that waited for each other → the runs they are of."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from app.store import WaitingSpans
from telemetry import Run, assemble_runs
from telemetry.volume import Row, rebuild_runs, slots, to_span, unpack_rows


class Told(NamedTuple):
    """The runs that spans of a trace tell of, each with the spans it belongs to; more spans may be under way."""

    runs: list[tuple[WaitingSpans, Run]]
    are_incomplete: bool


def read_runs(group: Sequence[WaitingSpans]) -> Told:
    """Read the runs of a trace: those of our own engine, and where there are none, what others told."""
    rows = [row for each in group for row in unpack_rows(each.spans)]
    own = assemble_runs(to_span(row) for row in rows if not _is_of_others(row))
    # A run without steps is a root whose other spans are still on their way, or never came.
    whole = [(group[0], run) for run in own.runs if run.steps]
    are_incomplete = bool(own.incomplete or len(whole) < len(own.runs))
    if whole or are_incomplete:
        # Emitters inside a run of ours tell of the same calls again.
        return Told(whole, are_incomplete)
    by_stratum: dict[str, list[WaitingSpans]] = {}
    for each in group:
        by_stratum.setdefault(each.stratum, []).append(each)
    others = [
        (of_stratum[0], run)
        for of_stratum in by_stratum.values()
        for run in rebuild_runs(row for each in of_stratum for row in unpack_rows(each.spans))
    ]
    return Told(others, are_incomplete=False)


def _is_of_others(row: Row) -> bool:
    return bool(cast(int, row[slots.ROLE]) & slots.OF_OTHERS)


def group_by_trace(waiting: Iterable[WaitingSpans]) -> dict[str, list[WaitingSpans]]:
    """Return what waits, trace by trace, in order of arrival."""
    groups: dict[str, list[WaitingSpans]] = {}
    for row in waiting:
        groups.setdefault(row.trace, []).append(row)
    return groups
