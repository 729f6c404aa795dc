"""Titles of pull requests: safe as a line on a page and as the subject of a commit."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diff_ux import render_title
from tests.diff_ux.naughty import NAUGHTY

_ACTING = re.compile(r"[@#`*\[\]<>\n]|://|\bGH-\d|\b[0-9a-f]*[0-9][0-9a-f]{6,}\b")


def test_our_own_titles_stay_as_they_are() -> None:
    title = "Retry classify twice (timeout 30 s → 12 s), saves $41 a month"
    assert render_title(title) == title


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Fix it, closes #12 @admin", "Fix it, closes 12 admin"),
        ("Tune [skip ci]", "Tune (skip ci)"),
        ("See https://evil.example/x", "See https: //evil.example/x"),
        ("Tune GH-12 and JIRA-7", "Tune GH 12 and JIRA 7"),
        ("/merge now", "merge now"),
        ("Revert 0a1b2c3d4e5f", "Revert …"),
        ("a\u202eb", "a\\u{202e}b"),
        ("two\nlines", "two lines"),
        (" \n ", "Change a workflow"),
    ],
)
def test_what_could_act_is_taken_out(title: str, shown: str) -> None:
    assert render_title(title) == shown


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_naughty_text_acts(text: str) -> None:
    shown = render_title(text)
    assert 1 <= len(shown) <= 255
    assert not _ACTING.search(shown)


@given(st.text(max_size=400))
@settings(deadline=None, max_examples=50)
def test_a_title_stays_when_rendered_again(text: str) -> None:
    shown = render_title(text)
    assert 1 <= len(shown) <= 255
    assert not _ACTING.search(shown)
    assert render_title(shown) == shown
