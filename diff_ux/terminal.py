"""A proposal in the terminal: the same facts as in a pull request, as text that can't carry escape sequences."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from diff_ux.proposal_view import ProposalView
from diff_ux.safe_text import shorten, show_invisible
from diff_ux.sentences import Sentence

_COLOURS = {"LOW": "green", "MEDIUM": "yellow", "HIGH": "red"}
_MAX_SENTENCES = 20


def render_terminal(view: ProposalView) -> RenderableType:
    """Return a rich renderable; markup in data has no effect."""
    return Group(*_parts(view))


def _parts(view: ProposalView) -> Iterator[RenderableType]:
    yield Text(_clean(view.title), style="bold")
    yield Text.assemble((view.tier, _COLOURS.get(view.tier, "")), f"  {_clean(view.verdict)}")
    if view.is_simulated:
        yield Text("Simulated figures: no real model was asked.", style="italic")
    if view.figures:
        yield _figures(view)
    yield from _sentences(view.sentences)
    yield from (Text(f"  {_clean(reason)}", style="dim") for reason in view.reasons)
    if view.track_record:
        yield Text(f"Track record: {_clean(view.track_record)}", style="dim")
    yield from (Text(f"Note: {_clean(note)}", style="dim") for note in view.notes)
    if view.undo:
        yield Text(f"Undo: {_clean(view.undo)}")


def _figures(view: ProposalView) -> Table:
    table = Table("", "estimate", "interval", box=None)
    for figure in view.figures:
        cells = (figure.label, figure.value, figure.interval or "no interval yet")
        table.add_row(*(Text(_clean(cell)) for cell in cells))
    return table


def _sentences(sentences: Sequence[Sentence]) -> Iterator[Text]:
    yield from (Text(f"  {sentence.text}") for sentence in sentences[:_MAX_SENTENCES])
    if len(sentences) > _MAX_SENTENCES:
        yield Text(f"  … and {len(sentences) - _MAX_SENTENCES} more changes")


def _clean(text: str) -> str:
    return shorten(show_invisible(text), 300)
