"""What changed, in words and a picture: sentences, Mermaid, the body of a pull request, safe against hostile data."""

from diff_ux.changes_json import changes_to_json, is_breaking
from diff_ux.picture import draw_change
from diff_ux.pr_body import render_bullets, render_picture, render_pr_body
from diff_ux.proposal_view import EvidenceRow, Figure, ProposalView
from diff_ux.render_changes import render_changes
from diff_ux.safe_text import code_span, fenced, prose
from diff_ux.sentences import Data, Sentence, Verb, describe_changes
from diff_ux.terminal import render_terminal

__all__ = [
    "Data",
    "EvidenceRow",
    "Figure",
    "ProposalView",
    "Sentence",
    "Verb",
    "changes_to_json",
    "code_span",
    "describe_changes",
    "draw_change",
    "fenced",
    "is_breaking",
    "prose",
    "render_bullets",
    "render_changes",
    "render_picture",
    "render_pr_body",
    "render_terminal",
]
