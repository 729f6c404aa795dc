"""Changes without a proposal around them, as `flujo diff` shows them."""

from collections.abc import Sequence
from typing import Literal, assert_never

from diff_ux.picture import draw_change
from diff_ux.pr_body import render_bullets, render_picture
from diff_ux.sentences import describe_changes
from workflow import GraphChange, Workflow

Format = Literal["markdown", "mermaid"]


def render_changes(
    changes: Sequence[GraphChange],
    before: Workflow,
    after: Workflow,
    format: Format,  # noqa: A002
) -> str:
    """Return Markdown (picture and sentences) or Mermaid text, which is `""` when no step is touched."""
    match format:
        case "mermaid":
            return draw_change(before, after, changes)
        case "markdown":
            if not changes:
                return "No changes.\n"
            picture = render_picture(draw_change(before, after, changes))
            sections = (picture, render_bullets(describe_changes(changes)))
            return "\n\n".join(section for section in sections if section) + "\n"
        case other:
            assert_never(other)
