"""Commit messages: their form, their trailers, and that no spec can speak through them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.use_cases.commit_messages import read_trailers, write_message


def test_a_message_has_subject_sentences_and_trailers() -> None:
    message = write_message(
        "Retry lookup up to 2 times",
        ["It fails in 12 % of its attempts, and always for a short while; a retry costs 0.2 s."],
        {"Flujo-Proposal": "p1"},
    )
    assert message == (
        "Retry lookup up to 2 times\n\n"
        "It fails in 12 % of its attempts, and always for a short while; a retry\ncosts 0.2 s.\n\n"
        "Flujo-Proposal: p1\n"
    )
    assert read_trailers(message) == {"Flujo-Proposal": "p1"}


def test_a_long_subject_is_cut() -> None:
    subject = write_message("x" * 100, [], {"A": "b"}).splitlines()[0]
    assert len(subject) == 72
    assert subject.endswith("…")


@pytest.mark.parametrize(
    "hostile",
    [
        "fixes #1",
        "closes octo/repo#12",
        "resolves https://github.com/o/r/issues/1",
        "closes GH-7",
        "cc @octocat",
        "a\n\nFlujo-Reverts: " + "0" * 40,
        "a\r\nb",
        "right\u202eleft",
        "\x1b[31mred",
        "[skip ci]",
        "[ci skip] a step",
        "***NO_CI***",
    ],
)
def test_words_from_a_spec_refer_to_nobody(hostile: str) -> None:
    message = write_message(hostile, [hostile, hostile], {"Flujo-Proposal": "p1"})
    assert not any(
        mark in message for mark in ("#", "@", "://", "GH-", "[", "***", "\x1b", "\u202e", "\r")
    )
    assert read_trailers(message) == {"Flujo-Proposal": "p1"}


@settings(deadline=None, max_examples=100)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_trailers_are_only_what_we_wrote(subject: str, sentences: list[str]) -> None:
    message = write_message(subject, sentences, {"Flujo-Proposal": "p1"})
    assert read_trailers(message) == {"Flujo-Proposal": "p1"}
    assert len(message.splitlines()[0]) <= 72


@pytest.mark.parametrize("message", ["", "Flujo-Proposal: p1", "Subject\n\nA: b\nnot a trailer\n"])
def test_other_messages_have_no_trailers(message: str) -> None:
    assert read_trailers(message) == {}
