import os
import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diff_ux import EvidenceRow, Figure, ProposalView, render_check_summary, render_pr_body
from diff_ux.render_proposal import MAX_BODY, MAX_SUMMARY
from tests.diff_ux.golden_cases import list_cases, read_case
from tests.diff_ux.naughty import LONG, NAUGHTY
from tests.diff_ux.page_oracle import assert_harmless, render
from tests.diff_ux.specs import hostile_workflows, step, texts, workflow
from tests.diff_ux.views import hostile_view, view, view_of
from workflow import Workflow

_SPECS = 10_000 if os.environ.get("FLUJO_VERIFY") else 300
_TIMES = 50 if os.environ.get("FLUJO_VERIFY") else 1
_NUMBER = re.compile(r"[−+-]?[$€]?\d+(?:[.,]\d+)*%?")


def _above_fold(body: str) -> str:
    """The visible words: no picture, and no second row of the figures, whose intervals belong to the first."""
    html = render(body).split("<details>", maxsplit=1)[0]
    return re.sub(r'(?s)<pre lang="mermaid">.*?</pre>', "", html)


def _words(html: str) -> list[str]:
    return unescape(re.sub(r"<[^>]*>", " ", html)).split()


def _count_words(html: str) -> int:
    return sum(bool(re.search(r"\w", word)) for word in _words(html))


def _count_numbers(html: str) -> int:
    values = re.sub(r"(?s)(<tbody>\s*<tr>.*?</tr>).*?</tbody>", r"\1", html)
    return sum(bool(_NUMBER.fullmatch(word.strip("().,:;…"))) for word in _words(values))


def _assert_short(body: str) -> None:
    above = _above_fold(body)
    assert _count_words(above) <= 60, above
    assert _count_numbers(above) <= 3, above


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_no_text_of_a_view_acts_on_the_page(text: str) -> None:
    body = render_pr_body(hostile_view(text))
    assert_harmless(body)
    _assert_short(body)


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_no_long_text_acts_on_the_page_or_makes_it_too_long(text: str) -> None:
    body = render_pr_body(hostile_view(text))
    assert_harmless(body)
    _assert_short(body)


@settings(deadline=None, max_examples=60 * _TIMES)
@given(texts)
def test_no_generated_text_acts_on_the_page(text: str) -> None:
    assert_harmless(render_pr_body(hostile_view(text)))


@settings(deadline=None, max_examples=60 * _TIMES)
@given(st.lists(st.sampled_from(NAUGHTY), min_size=2, max_size=5))
def test_no_mixture_of_naughty_texts_acts_on_the_page(parts: list[str]) -> None:
    for glue in ("", " ", "\n", "(", "-"):
        assert_harmless(render_pr_body(hostile_view(glue.join(parts))))


@settings(deadline=None, max_examples=_SPECS)
@given(hostile_workflows, hostile_workflows)
def test_no_name_in_a_spec_acts_on_the_page(before: Workflow, after: Workflow) -> None:
    body = render_pr_body(view_of(before, after))
    assert_harmless(body)
    _assert_short(body)


@pytest.mark.parametrize("name", list_cases())
def test_above_the_fold_stand_sixty_words_and_three_numbers_at_most(name: str) -> None:
    _assert_short(render_pr_body(read_case(name).view))


def test_however_much_there_is_to_say_the_fold_stays_where_it_is() -> None:
    long = " ".join(["word"] * 200)
    numbers = " ".join(map(str, range(50)))
    _assert_short(render_pr_body(view(verdict=long, figures=(Figure(long, long, long),) * 7)))
    body = render_pr_body(view(verdict=numbers, figures=(Figure(numbers, numbers, numbers),) * 7))
    _assert_short(body)
    assert "**`0` `1` `2`**" in body or "**0 1 2**…" in body


def test_a_number_in_the_verdict_takes_the_room_of_a_figure() -> None:
    figures = tuple(Figure(label, "1 %", "0 % … 2 %") for label in ("first", "second", "third"))
    body = render_pr_body(view(verdict="Retry up to 3 times", figures=figures))
    above, folded = body.split("<details>", maxsplit=1)
    assert "second" in above
    assert "third" not in above
    assert "third" in folded


def test_with_numbers_above_sentences_tell_theirs_below() -> None:
    before, after = workflow(step("a")), workflow(step("a", config={"max_retries": 2}))
    above, folded = render_pr_body(view_of(before, after)).split("<details>", maxsplit=1)
    assert "- 🔁 **Retry** `a`\n" in above
    assert "- 🔁 **Retry** `a` up to 2 times (was: not set)" in folded


def test_without_figures_there_is_room_for_whole_sentences() -> None:
    before, after = workflow(step("a")), workflow(step("a", config={"max_retries": 2}))
    body = render_pr_body(replace(view_of(before, after), figures=()))
    assert "up to 2 times" in body.split("<details>", maxsplit=1)[0]
    assert "in full" not in body


def test_what_has_no_room_above_is_counted_in_the_title_below() -> None:
    steps = [step(f"s{n}") for n in range(40)]
    edited = [
        step(f"s{n}", **{field: "x"})
        for n, field in zip(
            range(40), ["sink_to", "input", "description", "input_schema"] * 10, strict=True
        )
        if field != "input_schema"
    ]
    kept = {str(one["name"]): one for one in [*steps, *edited]}
    before = workflow(*steps)
    after = workflow(*kept.values(), *(step(f"new{n}", input=str(n)) for n in range(30)))
    body = render_pr_body(view_of(before, after))
    assert re.search(r"<summary>(\d+ more, and t|T)he \d+ changes in full</summary>", body)


def test_the_order_is_verdict_numbers_picture_sentences_and_then_what_is_folded() -> None:
    before, after = workflow(step("a")), workflow(step("a", config={"max_retries": 2}))
    body = render_pr_body(view_of(before, after))
    places = [
        body.index(part)
        for part in ("Likely worth", "| cost per run", "```mermaid", "**Retry**", "in full", "Evidence",
                     "Patch (RFC 6902)", "Risk: low", "Track record", "Undo", "Notes")
    ]  # fmt: skip
    assert places == sorted(places)


def test_sentences_stand_above_a_picture_that_is_taller_than_a_screen() -> None:
    body = render_pr_body(read_case("long_workflow").view)
    assert body.index("**Remove** step") < body.index("```mermaid") < body.index("<details>")


def test_a_picture_too_large_to_draw_is_a_folded_table() -> None:
    before = workflow(*(step(f"s{n}") for n in range(90)))
    after = workflow(*(step(f"s{n}", sink_to="x") for n in range(90)))
    body = render_pr_body(view_of(before, after))
    _assert_short(body)
    assert_harmless(body)
    assert "| ~ | `s0` | `step` |" in body.split("Too large to draw: the steps that change")[1]


def test_a_prompt_is_shown_word_by_word_in_a_fold() -> None:
    before, after = (
        workflow(step("a"), agents={"writer": {"model": "m", "system_prompt": prompt}})
        for prompt in ("Never promise a refund.", "Promise a refund.")
    )
    body = render_pr_body(view_of(before, after))
    assert "[-Never promise-]{+Promise+} a refund." in body.split("Prompts, word by word")[1]
    assert "refund" not in body.split("Prompts, word by word")[0]


def test_simulated_figures_say_so() -> None:
    assert "Simulated figures" in render_pr_body(view(is_simulated=True))
    assert "Simulated figures" not in render_pr_body(view(is_simulated=False))


def test_a_figure_without_an_interval_says_so() -> None:
    assert "no interval yet" in render_pr_body(view(figures=(Figure("cost", "$1"),)))


def test_an_empty_view_is_a_verdict_alone() -> None:
    assert render_pr_body(ProposalView("t", "Nothing to say.", "")) == "⚪ **Nothing to say.**\n"


@pytest.mark.parametrize("char", ["x", "`", "漢", "🙂", "@a "])
def test_a_text_never_exceeds_what_github_takes(char: str) -> None:
    huge = char * 100_000
    many = tuple(EvidenceRow(huge, huge, huge, huge) for _ in range(100))
    picture = "flowchart TB\n" + "n0 --> n1\n" * 4_000
    whole = view(
        picture=picture, patch=huge, evidence=many, reasons=(huge,) * 99, notes=(huge,) * 99
    )
    assert len(render_pr_body(whole).encode()) <= MAX_BODY
    assert len(render_check_summary(whole).encode()) <= MAX_SUMMARY == 65_535


def test_what_was_left_out_is_said() -> None:
    before = workflow(*(step("s" * 150 + str(n)) for n in range(80)))
    after = workflow(*(step("s" * 150 + str(n), sink_to="🙂" * 80 + str(n)) for n in range(80)))
    whole = view_of(before, after)
    picture = "flowchart TB\n" + "n0 --> n1\n" * 3_900
    body = render_pr_body(view(sentences=whole.sentences, picture=picture, patch="🙂" * 12_000))
    assert "Too long to show here: patch (RFC 6902)" in body


def test_a_check_run_says_what_the_pull_request_says() -> None:
    assert render_check_summary(view()) == render_pr_body(view())


def test_equal_views_give_equal_bodies() -> None:
    assert render_pr_body(view()) == render_pr_body(view())


@given(st.text(alphabet="`~\n", max_size=40))
def test_neither_patch_nor_why_leaves_its_fence(text: str) -> None:
    assert_harmless(render_pr_body(view(patch=text, why=text)))
