import itertools
import re

import cmarkgfm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diff_ux import code_span, fenced, prose
from diff_ux.safe_text import shorten, show_invisible, table_cell
from tests.diff_ux.specs import HOSTILE

_OUR_ELEMENTS = re.compile(r"</?(?:p|li|ul|code|strong|table|thead|tbody|tr|td|th)>")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_code_span_is_one_line_that_renders_as_code_alone(text: str) -> None:
    span = code_span(text)
    assert "\n" not in span
    html = cmarkgfm.github_flavored_markdown_to_html(f"x {span} y")
    assert re.fullmatch(r"<p>x <code>[^<]*</code> y</p>\n", html)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_no_text_breaks_out_of_a_code_span(text: str) -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(f"x {code_span(text)} y")
    assert re.fullmatch(r"<p>x <code>[^<]*</code> y</p>\n", html)


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="`~ \nab<", max_size=60))
def test_no_text_breaks_out_of_a_fence(text: str) -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(f"{fenced(text)}\n\nafter")
    assert re.fullmatch(r"<pre><code>[^<]*</code></pre>\n<p>after</p>\n", html)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_word_that_could_act_on_the_page_is_shown_as_code(text: str) -> None:
    outside_code = re.sub(r"(`+).*?\1", "", prose(text))
    assert not re.search(r"[@#<>\[\]|*_~`]|://|www\.|GH-\d|[0-9a-f]{7}", outside_code)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200))
def test_prose_renders_as_text_and_code_alone(text: str) -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(f"- x {prose(text)}")
    assert not re.sub(r"</?(ul|li|code)>", "", html).count("<")


def test_ordinary_prose_stays_as_it_is() -> None:
    text = "Costs 12 % less: $1.20 → $0.90 (n = 30), and it's as good."
    assert prose(text).replace("`=`", "=") == text


def test_a_pipe_does_not_end_a_table_cell_even_in_code() -> None:
    row = f"| a |\n|---|\n| {table_cell(code_span('x | y'))} |"
    html = cmarkgfm.github_flavored_markdown_to_html(row)
    assert "<td><code>x | y</code></td>" in html


def test_what_cannot_be_seen_is_written_out() -> None:
    assert show_invisible("a\N{RIGHT-TO-LEFT OVERRIDE}b\n") == "a\\u{202e}b\\u{a}"


@pytest.mark.parametrize("char", "\u034f\u115f\u1160\u17b4\u180b\u180f\u2800\u3164\ufe0f\uffa0")
def test_letters_that_show_nothing_are_written_out(char: str) -> None:
    assert show_invisible(f"a{char}b") == f"a\\u{{{ord(char):x}}}b"


def test_marks_that_would_run_over_other_lines_are_written_out() -> None:
    grave = "\N{COMBINING GRAVE ACCENT}"
    assert show_invisible("a" + 4 * grave) == "a" + 4 * grave
    assert show_invisible("a" + 6 * grave) == "a" + 4 * grave + "\\u{300}\\u{300}"


@pytest.mark.parametrize("word", ["P2P-12", "éabadcafe1", "abadcafe1é", "JIRA-1", "x.example/y"])
def test_a_word_that_github_may_link_is_shown_as_code(word: str) -> None:
    assert prose(word) == f"`{word}`"


_SYNTAX = (
    "www",
    "http",
    "a",
    "f",
    "1",
    "/",
    ".",
    ":",
    "(",
    ")",
    "-",
    "=",
    "+",
    "$",
    "!",
    "?",
    "'",
    " ",
)
_PLACES = ("- {}", "para\n\n{}", "- a\n- {}", "| a |\n|---|\n| {} |", "x **{}** y", "x: {}.")


@pytest.mark.parametrize("place", _PLACES)
def test_no_few_signs_that_prose_lets_pass_mean_anything_together(place: str) -> None:
    drawn = itertools.product(_SYNTAX, repeat=3)
    for text in dict.fromkeys(prose("".join(parts)) for parts in drawn):
        html = cmarkgfm.github_flavored_markdown_to_html(place.format(text))
        assert "<" not in _OUR_ELEMENTS.sub("", html), text


def test_two_names_that_differ_by_a_space_look_different() -> None:
    assert code_span("a") != code_span("a ")
    assert code_span("") == '`""`'


def test_a_cut_text_says_so() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"


@pytest.mark.parametrize("number", [1, 59, 60, 61, 79, 80, 81, 254, 255, 256, 257, 300, 10_000])
def test_no_run_of_backticks_is_too_long_for_the_renderer_to_count(number: int) -> None:
    ticks = "`" * number
    fence = cmarkgfm.github_flavored_markdown_to_html(f"{fenced(f'a{chr(10)}{ticks}')}\n\nafter")
    assert re.fullmatch(r"<pre><code>a\n`+…*\n</code></pre>\n<p>after</p>\n", fence)
    span = cmarkgfm.github_flavored_markdown_to_html(f"x {code_span(ticks)} y")
    assert re.fullmatch(r"<p>x <code>`+…*</code> y</p>\n", span)
