"""Owners by CODEOWNERS: the last line that matches counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.use_cases.code_owners import Owners, find_owners, read_owners
from tests.fakes.code_host import FakeCodeHost

PATH = "flows/support/letters.flow.yaml"


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.yaml",
        "*.flow.yaml",
        "flows/",
        "/flows/",
        "/flows/support/*",
        "flows/**/letters.flow.yaml",
        "**/support/",
        "support",
        "/flows/support/letters.flow.yaml",
        "letters.flow.yaml",
        "flows/**",
        "/fl?ws/",
    ],
)
def test_a_pattern_that_matches(pattern: str) -> None:
    assert find_owners(f"{pattern} @alice", PATH) == Owners(("alice",))


@pytest.mark.parametrize(
    "pattern",
    [
        "/support/",
        "flows/*",
        "*.yml",
        "/letters.flow.yaml",
        "support/letters",
        "!flows/",
        "[f]*",
        "#x",
    ],
)
def test_a_pattern_that_does_not_match(pattern: str) -> None:
    assert find_owners(f"{pattern} @alice", PATH) == Owners()


def test_the_last_line_counts_though_it_names_nobody() -> None:
    assert find_owners("* @alice\nflows/ @bob\n", PATH) == Owners(("bob",))
    assert find_owners("* @alice\nflows/\n", PATH) == Owners()


def test_teams_are_apart_and_addresses_are_left_out() -> None:
    found = find_owners("* @acme/flows a@b.example @alice # @bob\n", PATH)
    assert found == Owners(("alice",), ("flows",))


def test_a_name_that_is_none_is_left_out() -> None:
    assert find_owners("* @a/b/c @-x @ @../x", PATH) == Owners()


def test_the_first_place_counts() -> None:
    host = FakeCodeHost({"CODEOWNERS": b"* @bob\n", ".github/CODEOWNERS": b"* @alice\n"})
    assert read_owners(host, host.heads["main"], PATH) == Owners(("alice",))
    assert (
        read_owners(FakeCodeHost({"a": b""}), FakeCodeHost({"a": b""}).heads["main"], PATH)
        == Owners()
    )


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    find_owners(text, PATH)
