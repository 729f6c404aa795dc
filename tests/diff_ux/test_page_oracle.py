import pytest

from tests.diff_ux.page_oracle import assert_harmless, read_html


@pytest.mark.parametrize(
    "text",
    [
        "thanks @octocat",
        "see #1",
        "see octo/repo#12",
        "see GH-7",
        "fixes: JIRA-12",
        "closes https://x",
        "as of (deadbeef01)",
        "https://evil.example",
        "www.evil.example",
        "[x](y)",
        "[x][y]",
        "![x](y)",
        "[x]: y",
        ":octocat:",
        "$x$",
        "- /approve",
        "/approve",
        "<b>x</b>",
        "<!-- x",
        "</details>",
        "`open",
        "```\nopen",
        "zero\N{ZERO WIDTH SPACE}width",
        "# heading",
        "> quote",
        "[^1]\n\n[^1]: note",
    ],
)
def test_the_oracle_sees_what_acts(text: str) -> None:
    with pytest.raises(AssertionError):
        assert_harmless(text)


@pytest.mark.parametrize(
    "text", ["plain words, 12 % and $1.20 → $0.90", "`@octocat #1`", "```text\n@octocat #1\n```"]
)
def test_the_oracle_lets_words_and_code_pass(text: str) -> None:
    assert_harmless(text)


@pytest.mark.parametrize("html", ["<p>", "</p>", "<p><b></p></b>", "<!-- x -->", "<!DOCTYPE x>"])
def test_the_html_reader_wants_everything_closed_where_it_should_be(html: str) -> None:
    with pytest.raises(AssertionError):
        read_html(html)
