"""Changes without a proposal around them, as `flujo diff` shows them."""

from collections.abc import Sequence
from typing import Literal, assert_never

from diff_ux.layout import group_sentences
from diff_ux.page import Bullets, Code, Fold, Paragraph, Picture
from diff_ux.page_markdown import block_in_markdown, fold_in_markdown
from diff_ux.picture import draw_change
from diff_ux.sentences import Sentence, describe_changes, list_rewordings
from workflow import GraphChange, Workflow

Format = Literal["markdown", "mermaid"]

_MAX_BULLETS = 10
_MAX_PROMPT = 4_000


def render_changes(
    changes: Sequence[GraphChange],
    before: Workflow,
    after: Workflow,
    format: Format,  # noqa: A002
) -> str:
    """Return Markdown (picture, sentences, prompts) or Mermaid text, which is `""` when no step is touched."""
    match format:
        case "mermaid":
            return draw_change(before, after, changes)
        case "markdown":
            if not changes:
                return "No changes.\n"
            picture = draw_change(before, after, changes)
            sections = (
                render_picture(picture),
                render_bullets(describe_changes(changes)),
                _render_prompts(changes),
            )
            return "\n\n".join(section for section in sections if section) + "\n"
        case other:
            assert_never(other)


def render_bullets(sentences: Sequence[Sentence]) -> str:
    """Return a Markdown list, most important first; what comes past ten is folded, grouped by what it is about."""
    shown = Bullets(tuple(sentence.line for sentence in sentences[:_MAX_BULLETS]))
    rest = sentences[_MAX_BULLETS:]
    if not rest:
        return block_in_markdown(shown)
    folded = fold_in_markdown(Fold(f"{len(rest)} more changes", group_sentences(rest)))
    return f"{block_in_markdown(shown)}\n\n{folded}"


def render_picture(picture: str) -> str:
    """Return what `draw_change` made as Markdown."""
    return block_in_markdown(Picture(picture)) if picture else ""


def _render_prompts(changes: Sequence[GraphChange]) -> str:
    rewordings = list_rewordings(changes)
    blocks = [
        block
        for one in rewordings
        for block in (Paragraph(one.what), Code(one.text, "text", _MAX_PROMPT))
    ]
    return fold_in_markdown(Fold("Prompts, word by word", tuple(blocks))) if blocks else ""
