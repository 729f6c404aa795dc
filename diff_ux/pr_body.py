"""The body of a pull request: a verdict, three numbers, a picture, sentences; everything else is folded away."""

from collections.abc import Sequence

from diff_ux.picture import is_table
from diff_ux.proposal_view import EvidenceRow, Figure, ProposalView
from diff_ux.safe_text import code_span, fenced, prose, table_cell
from diff_ux.sentences import Sentence

MAX_BODY = 65_536
"""GitHub's limit for a body; we count bytes, which is never less than characters."""

_MAX_FIGURES = 3
_MAX_BULLETS = 10
_MAX_SENTENCES = 60
_MAX_ROWS = 20
_MAX_LINES = 10
_MAX_PATCH = 12_000
_VERDICT_WORDS = 16

_TIER_SIGNS = {"LOW": "🟢", "MEDIUM": "🟡", "HIGH": "🔴"}
_SIMULATED = "_Simulated figures: no real model was asked._"
_LEFT_OUT = "_Too long to show here: {what}. See the changed files._"
_DROPPED_FIRST = ("patch", "evidence", "notes", "picture")


def render_pr_body(view: ProposalView) -> str:
    """Return GitHub-flavoured Markdown of at most 65,536 bytes, the same for equal views.

    No mention, closing keyword, image, link or HTML can arise from what the view holds.
    """
    sections = {
        "verdict": f"{_TIER_SIGNS.get(view.tier, '⚪')} **{_few_words(view.verdict, _VERDICT_WORDS)}**",
        "simulated": _SIMULATED if view.is_simulated else "",
        "figures": _figures(view.figures[:_MAX_FIGURES]),
        "picture": render_picture(view.picture),
        "sentences": render_bullets(view.sentences),
        "evidence": _evidence(view.evidence),
        "patch": _patch(view.patch),
        "tier": _tier(view),
        "undo": _undo(view.undo),
        "notes": _notes(view.notes),
    }
    left_out: list[str] = []
    while _size(body := _join(sections, left_out)) > MAX_BODY:
        left_out.append(next(name for name in _DROPPED_FIRST if name not in left_out))
    return body


def render_bullets(sentences: Sequence[Sentence]) -> str:
    """Return a list of the sentences, most important first; past ten they fold, past sixty they are counted."""
    bullets = [f"- {sentence.markdown}" for sentence in sentences[:_MAX_SENTENCES]]
    uncounted = len(sentences) - len(bullets)
    if uncounted:
        bullets.append(f"- … and {uncounted} more")
    if len(sentences) <= _MAX_BULLETS:
        return "\n".join(bullets)
    rest = "\n".join(bullets[_MAX_BULLETS:])
    folded = _fold(f"{len(sentences) - _MAX_BULLETS} more changes", rest)
    return "\n".join(bullets[:_MAX_BULLETS]) + f"\n\n{folded}"


def render_picture(picture: str) -> str:
    """Return what `draw_change` made as Markdown."""
    text = picture.rstrip("\n")
    return f"```mermaid\n{text}\n```" if text and not is_table(text) else text


def _join(sections: dict[str, str], left_out: Sequence[str]) -> str:
    kept = [text for name, text in sections.items() if text and name not in left_out]
    if left_out:
        kept.append(_LEFT_OUT.format(what=", ".join(left_out)))
    return "\n\n".join(kept) + "\n"


def _size(text: str) -> int:
    return len(text.encode())


def _figures(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    rows = [
        [_few_words(figure.label, 3) for figure in figures],
        ["---"] * len(figures),
        [f"**{_few_words(figure.value, 3)}**" for figure in figures],
        [_few_words(figure.interval, 5) or "no interval yet" for figure in figures],
    ]
    return "\n".join(_row(cells) for cells in rows)


def _evidence(rows: Sequence[EvidenceRow]) -> str:
    if not rows:
        return ""
    cells = [["what", "before", "after", "verdict"], ["---"] * 4]
    cells += [
        [prose(text, limit=100) for text in (row.label, row.before, row.after, row.verdict)]
        for row in rows[:_MAX_ROWS]
    ]
    table = [_row(row) for row in cells]
    if len(rows) > _MAX_ROWS:
        table.append(_row([f"… {len(rows) - _MAX_ROWS} more", "", "", ""]))
    return _fold("Evidence", "\n".join(table))


def _patch(patch: str) -> str:
    if not patch:
        return ""
    return _fold("Patch (RFC 6902)", fenced(patch, language="json", limit=_MAX_PATCH))


def _tier(view: ProposalView) -> str:
    lines = [f"- {prose(reason)}" for reason in view.reasons[:_MAX_LINES]]
    if len(view.reasons) > _MAX_LINES:
        lines.append(f"- … and {len(view.reasons) - _MAX_LINES} more")
    if view.why:
        lines.append(f"- Why it was proposed: {prose(view.why)}")
    if view.track_record:
        lines.append(f"- Track record: {prose(view.track_record)}")
    return (
        _fold(f"Risk: {_TIERS.get(view.tier, 'not classified')}", "\n".join(lines)) if lines else ""
    )


_TIERS = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high"}


def _undo(command: str) -> str:
    return _fold("Undo", f"Run {code_span(command, limit=200)}.") if command else ""


def _notes(notes: Sequence[str]) -> str:
    return (
        _fold("Notes", "\n".join(f"- {prose(note)}" for note in notes[:_MAX_LINES]))
        if notes
        else ""
    )


def _fold(summary: str, markdown: str) -> str:
    """Fold finished Markdown under a summary of our own words."""
    return f"<details><summary>{summary}</summary>\n\n{markdown}\n\n</details>"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(table_cell(cell) for cell in cells)} |"


def _few_words(text: str, limit: int) -> str:
    words = text.split()
    return prose(" ".join(words[:limit])) + ("…" if len(words) > limit else "")
