"""What is taken out of a text before it is kept, and what is left of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.segments.redaction import redact
from workflow import find_personal_data


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Write to ada@example.com, please.", "Write to [email], please."),
        ("ada@example.com,bob@example.org", "[email],[email]"),
        ("Call +49 (30) 901820 or not", "Call [phone] or not"),
        ("Card 4111 1111 1111 1111 it is", "Card [card] it is"),
        ("To DE89 3704 0044 0532 0130 00 and soon", "To [iban] and soon"),
        ('{"role": "user", "content": "I am ada@example.com"}',) * 2,
        ("the key sk-abcdefghijklmnopqrstuv works", "the key [secret] works"),
        ("https://ada:hunter2@example.org/x", "https[secret]"),
        ("nothing of that kind", "nothing of that kind"),
        ("", ""),
    ],
)
def test_what_is_personal_or_secret_is_replaced_by_its_kind(text: str, kept: str) -> None:
    expected = kept.replace("ada@example.com", "[email]") if kept.startswith("{") else kept
    assert redact(text) == expected


def test_a_private_key_goes_as_a_whole_even_when_its_end_is_cut_off() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAAA"
    assert redact(f"before {key}") == "before [secret]"
    assert redact(f"{key}\n-----END RSA PRIVATE KEY----- after") == "[secret] after"


_PIECES = st.sampled_from(
    ["ada@example.com", "+49 30 901820", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"]
)
_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Nd"]), max_size=12)


@settings(deadline=None, max_examples=50)
@given(parts=st.lists(_PIECES | _WORDS, max_size=20))
def test_nothing_that_the_finders_find_is_kept(parts: list[str]) -> None:
    assert find_personal_data(redact(" ".join(parts))) == ()


@settings(deadline=None, max_examples=50)
@given(words=st.lists(st.sampled_from(["so", "it", "was", "sent", "on", "Monday"]), max_size=60))
def test_harmless_words_around_stay(words: list[str]) -> None:
    text = " ".join([*words, "ada@example.com", *words])
    assert redact(text) == text.replace("ada@example.com", "[email]")
