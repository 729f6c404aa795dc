"""A proposal for whoever must judge it: a pull request, a check run, a page, a terminal show the same content."""

from dataclasses import replace
from typing import TYPE_CHECKING

from diff_ux.budget import Budget
from diff_ux.layout import EVIDENCE, NOTES, PATCH, PROMPTS, STEPS, lay_out
from diff_ux.page import Block, Page, Paragraph, Picture
from diff_ux.page_html import page_in_html
from diff_ux.page_markdown import page_in_markdown
from diff_ux.proposal_view import ProposalView
from diff_ux.words import Quote, in_html

if TYPE_CHECKING:
    from rich.console import RenderableType

MAX_BODY = 65_536
"""GitHub's limit for a pull request's body; we count bytes, which is never less than characters."""

MAX_SUMMARY = 65_535
"""The same for the summary of a check run."""

_DROPPED_FIRST = (PATCH, PROMPTS, EVIDENCE, NOTES, STEPS)
"""Folds that go first when a text is too long; then the picture does, then every other fold."""


_UNFOLDED_WORDS, _UNFOLDED_NUMBERS = 1_000, 100
"""Room for what a terminal shows first, where nothing is folded: ten whole sentences."""

_TOO_LONG = "Too long to show here"


def render_pr_body(view: ProposalView) -> str:
    """Return GitHub-flavoured Markdown of at most 65,536 bytes, the same for equal views.

    No mention, closing keyword, image, link or HTML can arise from what the view holds.
    """
    return _fit(lay_out(view), MAX_BODY)


def render_check_summary(view: ProposalView) -> str:
    """Return the pull request's text for a check run, in at most 65,535 bytes."""
    return _fit(lay_out(view), MAX_SUMMARY)


def render_html(view: ProposalView) -> str:
    """Return the same as an HTML fragment without scripts, styles, links or pictures; its diagram is Mermaid text."""
    head = f"<h3>{in_html((Quote(view.title),))}</h3>"
    return f'<article class="proposal">\n{head}\n{page_in_html(lay_out(view))}</article>\n'


def render_terminal(view: ProposalView) -> "RenderableType":
    """Return a rich renderable of the same without picture and patch; markup in data has no effect."""
    # Here, because rich and its tables take longer to import than everything else in this package.
    from diff_ux.page_terminal import page_in_terminal

    page = lay_out(view, Budget(_UNFOLDED_WORDS, _UNFOLDED_NUMBERS))
    folds = tuple(fold for fold in page.folds if fold.title != PATCH)
    return page_in_terminal(
        Page((Paragraph((Quote(view.title, is_bold=True),)), *page.above), folds)
    )


def _fit(page: Page, limit: int) -> str:
    """Leave out what matters least until the text is short enough, and say what was left out."""
    left_out: list[str] = []
    text = page_in_markdown(page)
    while len(text.encode()) > limit:
        page = _drop(page, left_out)
        note = f"{_TOO_LONG}: {', '.join(left_out)}. See the changed files."
        text = page_in_markdown(page) + f"\n_{note}_\n"
    return text


def _drop(page: Page, left_out: list[str]) -> Page:
    for title in _DROPPED_FIRST:
        rest = tuple(fold for fold in page.folds if fold.title != title)
        if rest != page.folds:
            left_out.append(_in_a_list(title))
            return replace(page, folds=rest)
    above: tuple[Block, ...] = tuple(
        block for block in page.above if not isinstance(block, Picture)
    )
    if above != page.above:
        left_out.append("picture")
        return replace(page, above=above)
    left_out.append(_in_a_list(page.folds[-1].title))
    return replace(page, folds=page.folds[:-1])


def _in_a_list(title: str) -> str:
    return title[0].lower() + title[1:]
