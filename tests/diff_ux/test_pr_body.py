import re

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from diff_ux import EvidenceRow, Figure, ProposalView, render_pr_body
from diff_ux.pr_body import MAX_BODY
from tests.diff_ux.specs import HOSTILE, hostile_workflows, step, texts, workflow
from tests.diff_ux.views import view, view_of
from workflow import Workflow

_TAGS = re.compile(r"<[^>]*>")
_TABLE = ["table", "thead", "tbody", "tr", "th", "td"]
_ELEMENTS = ["p", "details", "summary", "strong", "em", "code", "ul", "li", "pre", *_TABLE]
_ALLOWED = {
    *(f"<{element}>" for element in _ELEMENTS),
    *(f"</{element}>" for element in _ELEMENTS),
    '<pre lang="mermaid">',
    '<pre lang="json">',
}


def _assert_harmless(body: str) -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(body, Options.CMARK_OPT_UNSAFE)
    assert set(_TAGS.findall(html)) <= _ALLOWED
    assert html.count("<details>") == html.count("</details>")
    outside = re.sub(r"(?s)<(code)>.*?</\1>", "", html)
    outside = re.sub(r"(?s)<pre[^>]*>.*?</pre>", "", outside)
    text = _TAGS.sub("", outside)
    assert not re.search(r"@\w|#\d|GH-\d|https?:|www\.|\b[0-9a-f]{7,40}\b", text)
    assert not re.search(r"(?m)^/\w", text)
    assert len(body.encode()) <= MAX_BODY


def _hostile_view(text: str) -> ProposalView:
    return view(
        title=text,
        verdict=text,
        tier=text,
        figures=(Figure(text, text, text),) * 5,
        evidence=(EvidenceRow(text, text, text, text),) * 3,
        patch=text,
        reasons=(text,) * 3,
        undo=text,
        track_record=text,
        why=text,
        notes=(text,),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_view_acts_on_the_page(text: str) -> None:
    _assert_harmless(render_pr_body(_hostile_view(text)))


@settings(deadline=None, max_examples=60)
@given(texts)
def test_no_generated_text_acts_on_the_page(text: str) -> None:
    _assert_harmless(render_pr_body(_hostile_view(text)))


@settings(deadline=None, max_examples=40)
@given(hostile_workflows, hostile_workflows)
def test_no_name_in_a_spec_acts_on_the_page(before: Workflow, after: Workflow) -> None:
    _assert_harmless(render_pr_body(view_of(before, after)))


def test_what_comes_first_fits_in_sixty_words_and_three_numbers() -> None:
    long = " ".join(["word"] * 200)
    body = render_pr_body(view(verdict=long, figures=(Figure(long, long, long),) * 7))
    words = re.findall(r"\w+", body.split("<details>", maxsplit=1)[0])
    assert len(words) <= 60
    assert body.splitlines()[4].count("|") == 4


def test_the_order_is_verdict_numbers_picture_sentences_and_then_what_is_folded() -> None:
    before, after = workflow(step("a")), workflow(step("a", config={"max_retries": 1}))
    body = render_pr_body(view_of(before, after))
    places = [
        body.index(part)
        for part in ("Likely worth", "| cost per run", "```mermaid", "**Retry**", "Evidence",
                     "Patch (RFC 6902)", "Risk: low", "Undo", "Notes")
    ]  # fmt: skip
    assert places == sorted(places)


def test_simulated_figures_say_so() -> None:
    assert "Simulated figures" in render_pr_body(view(is_simulated=True))
    assert "Simulated figures" not in render_pr_body(view(is_simulated=False))


def test_a_figure_without_an_interval_says_so() -> None:
    assert "no interval yet" in render_pr_body(view(figures=(Figure("cost", "$1"),)))


def test_an_empty_view_is_a_verdict_alone() -> None:
    assert render_pr_body(ProposalView("t", "Nothing to say.", "")) == "⚪ **Nothing to say.**\n"


@pytest.mark.parametrize("char", ["x", "`", "漢", "🙂", "@a "])
def test_a_body_never_exceeds_what_github_takes(char: str) -> None:
    huge = char * 100_000
    many = tuple(EvidenceRow(huge, huge, huge, huge) for _ in range(100))
    picture = "flowchart TB\n" + "n0 --> n1\n" * 4_000
    body = render_pr_body(
        view(picture=picture, patch=huge, evidence=many, reasons=(huge,) * 99, notes=(huge,) * 99)
    )
    assert len(body.encode()) <= MAX_BODY


def test_what_was_left_out_is_said() -> None:
    before = workflow(*(step("s" * 150 + str(n)) for n in range(80)))
    after = workflow(*(step("s" * 150 + str(n), sink_to="🙂" * 80) for n in range(80)))
    whole = view_of(before, after)
    picture = "flowchart TB\n" + "n0 --> n1\n" * 3_900
    body = render_pr_body(view(sentences=whole.sentences, picture=picture, patch="🙂" * 12_000))
    assert "Too long to show here: patch" in body


def test_equal_views_give_equal_bodies() -> None:
    assert render_pr_body(view()) == render_pr_body(view())


@given(st.text(alphabet="`\n", max_size=40))
def test_a_patch_never_leaves_its_fence(patch: str) -> None:
    _assert_harmless(render_pr_body(view(patch=patch)))
