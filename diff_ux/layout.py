"""Where everything of a proposal stands: the verdict, three numbers, the picture, what changes; the rest is folded."""

import itertools
from collections.abc import Iterator, Sequence

from diff_ux.budget import Budget, count_numbers
from diff_ux.page import Block, Bullets, Code, Fold, Page, Paragraph, Picture, Table
from diff_ux.picture import count_rows, is_table
from diff_ux.proposal_view import EvidenceRow, Figure, ProposalView
from diff_ux.sentences import WEIGHTS, Rewording, Sentence, abridge
from diff_ux.words import Data, Line, Quote, Verb
from workflow import SemanticClass

_MAX_FIGURES = 3
_MAX_BULLETS = 10
_MAX_SENTENCES = 60
_MAX_ROWS = 20
_MAX_LINES = 10
_MAX_PATCH = 12_000
_MAX_PROMPT = 4_000
_MAX_PROMPTS = 5
_MAX_WHY = 300
_VERDICT_WORDS = 16
_MAX_ROWS_ON_TOP = 4
"""A picture of more rows pushes what stands below it off the first screen."""

PATCH = "Patch (RFC 6902)"
PROMPTS = "Prompts, word by word"
EVIDENCE = "Evidence"
NOTES = "Notes"
STEPS = "Too large to draw: the steps that change"

_SIGNS = {"LOW": "🟢", "MEDIUM": "🟡", "HIGH": "🔴"}
_TIERS = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high"}
SIMULATED: Line = ("Simulated figures: no real model was asked.",)


def lay_out(view: ProposalView, budget: Budget | None = None) -> Page:
    """Return the page; above the fold stand at most sixty words and three numbers, what the picture shows aside.

    `budget` is for a medium that has no fold.
    """
    budget = budget or Budget()
    verdict = _verdict(view)
    simulated = [Paragraph(SIMULATED)] if view.is_simulated else []
    budget.take([verdict, *(block.line for block in simulated)])
    figures = _choose_figures(view.figures, budget)
    shown = _choose_sentences(view.sentences, budget)
    above: list[Block] = [Paragraph(verdict), *simulated]
    above += [_figures(figures)] if figures else []
    above += _show_and_tell(view.picture, shown)
    return Page(tuple(above), tuple(_folds(view, figures, shown)))


def group_sentences(sentences: Sequence[Sentence]) -> tuple[Bullets, ...]:
    """Return the sentences by what they are about, the most important group first; past sixty they are counted."""
    order = {about: index for index, about in enumerate(_order(sentences))}
    kept = sorted(sentences[:_MAX_SENTENCES], key=lambda one: order[one.about])
    groups = [
        Bullets(tuple(one.line for one in group), title=about.value.capitalize())
        for about, group in itertools.groupby(kept, key=lambda one: one.about)
    ]
    more = len(sentences) - len(kept)
    return (*groups, Bullets(((f"… and {more} more",),))) if more > 0 else tuple(groups)


def _order(sentences: Sequence[Sentence]) -> list[SemanticClass]:
    heaviest = dict.fromkeys(WEIGHTS, 0)
    for one in sentences:
        heaviest[one.about] = max(heaviest[one.about], one.weight)
    return sorted(heaviest, key=lambda about: -heaviest[about])


def _verdict(view: ProposalView) -> Line:
    """The tier and the verdict, which is cut before its seventeenth word or fourth number."""
    words = view.verdict.split()
    kept = words[:_VERDICT_WORDS]
    while count_numbers(" ".join(kept)) > _MAX_FIGURES:
        kept.pop()
    cut = "…" if len(kept) < len(words) else ""
    tier = _TIERS.get(view.tier, "")
    risk: Line = (Verb(f"{tier.capitalize()} risk"), ": ") if tier else ()
    return (f"{_SIGNS.get(view.tier, '⚪')} ", *risk, Quote(" ".join(kept), is_bold=True), cut)


def _choose_figures(figures: Sequence[Figure], budget: Budget) -> tuple[Figure, ...]:
    shown: list[Figure] = []
    for figure in figures[:_MAX_FIGURES]:
        label, value, interval = _cells(figure)
        if budget.take([label, value], intervals=[interval]):
            shown.append(figure)
    return tuple(shown)


def _choose_sentences(sentences: Sequence[Sentence], budget: Budget) -> tuple[Line, ...]:
    """All in full where there is room for that; else as many as fit, without their figures."""
    whole = tuple(sentence.line for sentence in sentences)
    if len(sentences) <= _MAX_BULLETS and budget.take(whole):
        return whole
    shown = itertools.takewhile(lambda line: budget.take([line]), abridge(sentences))
    return tuple(itertools.islice(shown, _MAX_BULLETS))


def _show_and_tell(picture: str, shown: tuple[Line, ...]) -> list[Block]:
    """The picture, then the sentences; the other way round when one would have to scroll for them."""
    has_picture = bool(picture) and not is_table(picture)
    drawn: list[Block] = [Picture(picture)] if has_picture else []
    told: list[Block] = [Bullets(shown)] if shown else []
    return told + drawn if count_rows(picture) > _MAX_ROWS_ON_TOP else drawn + told


def _figures(figures: Sequence[Figure]) -> Table:
    cells = [_cells(figure) for figure in figures]
    return Table(
        head=tuple(label for label, _, _ in cells),
        rows=(tuple(value for _, value, _ in cells), tuple(interval for *_, interval in cells)),
    )


def _cells(figure: Figure) -> tuple[Line, Line, Line]:
    return (
        (_few_words(figure.label, 3),),
        (_few_words(figure.value, 3, is_bold=True),),
        (_few_words(figure.interval, 5) if figure.interval.split() else "no interval yet",),
    )


def _few_words(text: str, limit: int, *, is_bold: bool = False) -> Quote:
    words = text.split()
    cut = " …" if len(words) > limit else ""
    return Quote(" ".join(words[:limit]) + cut, is_bold=is_bold)


def _folds(view: ProposalView, figures: Sequence[Figure], shown: Sequence[Line]) -> Iterator[Fold]:
    if list(shown) != [sentence.line for sentence in view.sentences]:
        yield Fold(_title_changes(view.sentences, shown), group_sentences(view.sentences))
    if is_table(view.picture):
        yield Fold(STEPS, (Picture(view.picture),))
    if view.rewordings:
        yield Fold(PROMPTS, tuple(_rewordings(view.rewordings)))
    left_out = [figure for figure in view.figures if figure not in figures]
    if view.evidence or left_out:
        yield Fold(EVIDENCE, tuple(_evidence(view.evidence, left_out)))
    if view.patch:
        yield Fold(PATCH, (Code(view.patch, "json", _MAX_PATCH),))
    risk = tuple(_risk(view))
    if risk:
        yield Fold(f"Risk: {_TIERS.get(view.tier, 'not classified')}", risk)
    if view.undo:
        yield Fold("Undo", (Paragraph(("Run ", Data(view.undo), ".")),))
    if view.notes:
        yield Fold(NOTES, (_list(view.notes),))


def _title_changes(sentences: Sequence[Sentence], shown: Sequence[Line]) -> str:
    number, hidden = len(sentences), len(abridge(sentences)) - len(shown)
    title = "the change in full" if number == 1 else f"the {number} changes in full"
    return f"{hidden} more, and {title}" if hidden else title.capitalize()


def _rewordings(rewordings: Sequence[Rewording]) -> Iterator[Block]:
    for one in rewordings[:_MAX_PROMPTS]:
        yield Paragraph((Verb("In"), " ", *one.what))
        yield Code(one.text, "text", _MAX_PROMPT)
    if len(rewordings) > _MAX_PROMPTS:
        yield Paragraph((f"… and {len(rewordings) - _MAX_PROMPTS} more; see the changed files.",))


def _evidence(rows: Sequence[EvidenceRow], figures: Sequence[Figure]) -> Iterator[Block]:
    if figures:
        head: tuple[Line, ...] = (("figure",), ("value",), ("interval",))
        yield Table(head, tuple(_cells(figure) for figure in figures[:_MAX_ROWS]))
    if rows:
        cells: list[tuple[Line, ...]] = [
            tuple(
                (Quote(text, limit=100),)
                for text in (row.label, row.before, row.after, row.verdict)
            )
            for row in rows[:_MAX_ROWS]
        ]
        if len(rows) > _MAX_ROWS:
            cells.append(((f"… {len(rows) - _MAX_ROWS} more",), (), (), ()))
        yield Table((("what",), ("before",), ("after",), ("verdict",)), tuple(cells))


def _risk(view: ProposalView) -> Iterator[Block]:
    if view.reasons:
        yield _list(view.reasons)
    if view.track_record:
        yield Paragraph((Verb("Track record"), ": ", Quote(view.track_record)))
    if view.why.strip():
        yield Paragraph(("Why, in the words of whoever proposed it (nobody checked them):",))
        yield Code(" ".join(view.why.split()), "text", _MAX_WHY)


def _list(texts: Sequence[str]) -> Bullets:
    items: list[Line] = [(Quote(text),) for text in texts[:_MAX_LINES]]
    if len(texts) > _MAX_LINES:
        items.append((f"… and {len(texts) - _MAX_LINES} more",))
    return Bullets(tuple(items))
