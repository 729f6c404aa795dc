"""What changed, in words and a picture: sentences, Mermaid, the page of a proposal, safe against hostile data."""

from diff_ux.change_formats import render_bullets, render_changes, render_picture
from diff_ux.changes_json import changes_to_json, is_breaking
from diff_ux.dashboard_markdown import MAX_DASHBOARD, read_boxes, render_dashboard
from diff_ux.dashboard_view import (
    Box,
    DashboardItem,
    DashboardSection,
    DashboardView,
    LadderLine,
    LedgerLine,
)
from diff_ux.picture import draw_change
from diff_ux.proposal_view import EvidenceRow, Figure, ProposalView
from diff_ux.render_proposal import (
    render_check_summary,
    render_html,
    render_pr_body,
    render_terminal,
)
from diff_ux.safe_text import code_span, fenced, prose
from diff_ux.sentences import Rewording, Sentence, describe_changes, list_rewordings
from diff_ux.titles import render_title
from diff_ux.words import Data, Verb

__all__ = [
    "MAX_DASHBOARD",
    "Box",
    "DashboardItem",
    "DashboardSection",
    "DashboardView",
    "Data",
    "EvidenceRow",
    "Figure",
    "LadderLine",
    "LedgerLine",
    "ProposalView",
    "Rewording",
    "Sentence",
    "Verb",
    "changes_to_json",
    "code_span",
    "describe_changes",
    "draw_change",
    "fenced",
    "is_breaking",
    "list_rewordings",
    "prose",
    "read_boxes",
    "render_bullets",
    "render_changes",
    "render_check_summary",
    "render_dashboard",
    "render_html",
    "render_picture",
    "render_pr_body",
    "render_terminal",
    "render_title",
]
