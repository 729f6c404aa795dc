import re

from hypothesis import given, settings
from hypothesis import strategies as st

from diff_ux.word_diff import compare_words

_texts = st.lists(st.sampled_from(["a", "bb", "ccc", " ", "  ", "\n", ".", "漢字", "🙂"])).map(
    "".join
)


def test_words_that_came_and_went_are_counted_and_marked() -> None:
    found = compare_words("Never promise a refund.", "Promise a full refund.")
    assert (found.added, found.removed) == (2, 2)
    assert found.text == "[-Never promise-]{+Promise+} a{+ full+} refund."


def test_a_sign_that_stays_between_two_changes_is_read_with_them() -> None:
    assert compare_words("one, two", "three, four").text == "[-one, two-]{+three, four+}"


def test_far_words_are_left_out() -> None:
    words = " ".join(f"word{number}" for number in range(100))
    text = compare_words(words, words.replace("word50", "other")).text
    assert text.startswith("…")
    assert text.endswith("…")
    assert "[-word50-]{+other+}" in text
    assert "word40" not in text


def test_one_line_of_a_long_prompt_is_found() -> None:
    lines = [f"line {number} of a long prompt\n" for number in range(2_000)]
    found = compare_words("".join(lines), "".join([*lines[:999], "new\n", *lines[1_000:]]))
    assert (found.added, found.removed) == (1, 6)


def test_what_is_too_long_to_compare_is_one_replacement() -> None:
    before = " ".join(f"a{number}" for number in range(2_000))
    after = " ".join(f"b{number}" for number in range(2_000))
    assert compare_words(before, after).text == f"[-{before}-]{{+{after}+}}"


@settings(deadline=None, max_examples=100)
@given(_texts, _texts)
def test_both_texts_can_be_read_out_of_what_is_shown(before: str, after: str) -> None:
    text = compare_words(before, after).text
    if "…" in text or before == after:
        return
    assert re.sub(r"(?s)\{\+.*?\+\}", "", re.sub(r"(?s)\[-(.*?)-\]", r"\1", text)) == before
    assert re.sub(r"(?s)\[-.*?-\]", "", re.sub(r"(?s)\{\+(.*?)\+\}", r"\1", text)) == after


@given(_texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    found = compare_words(text, text)
    assert (found.added, found.removed, found.text) == (0, 0, "")
