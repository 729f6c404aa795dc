"""Paths and globs, seen by somebody who wants to get out of the repository."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import PathError
from app.paths import check_glob, check_path, select_paths


@pytest.mark.parametrize(
    "path", ["a", "a/b.yaml", ".github/flujo.yml", "ä/ß.yaml", "日本/語.yaml", "a b/c", "-x", "..a"]
)
def test_an_ordinary_path_is_fine(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "./a", "../a", "a/../../b",
        ".git", ".git/config", "a/.git/x", ".GIT/x", ".Git", ".git.", ".git ", ".git. .",
        "git~1/x", "GIT~2", ".g\u200cit/x", "\uff0egit/x", ".ｇit/x",
        "C:/x", "a\\..\\b", "x:y", "a\0b", "a\nb", "\x1b[31m", "a\u202eb", "e\u0301", "\ud800",
        "a" * 1025,
    ],
)  # fmt: skip
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        check_path(path)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=12))
def test_an_accepted_path_stays_inside_on_any_system(path: str) -> None:
    try:
        check_path(path)
    except PathError:
        return
    parts = path.split("/")
    assert not {"", ".", "..", ".git"} & {part.casefold() for part in parts}


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "b/a.yaml", False),
        ("**/*.yaml", "a.yaml", True),
        ("**/*.yaml", "b/c/a.yaml", True),
        ("b/**", "b/c/a.yaml", True),
        ("b/**", "bc", False),
        ("b/**/x", "b/x", True),
        ("?.yaml", "a.yaml", True),
        ("?.yaml", "/.yaml", False),
        ("[ab].yaml", "b.yaml", True),
        ("[!ab].yaml", "b.yaml", False),
        ("[!ab].yaml", "/.yaml", False),
        ("[a-c]x", "bx", True),
        ("[", "[", True),
        ("a.yaml", "aXyaml", False),
        ("a.yaml", "a.yaml\n", False),
        ("[^a]", "^", True),
    ],
)
def test_a_glob_selects_whole_paths(glob: str, path: str, matches: bool) -> None:
    assert select_paths([path], [glob]) == ((path,) if matches else ())


def test_paths_keep_their_order_and_come_once() -> None:
    assert select_paths(["b", "a", "c"], ["a", "b", "*a*"]) == ("b", "a")


@settings(deadline=None, max_examples=200)
@given(st.text("*?[]!-/ab.^\\", max_size=10), st.text("ab/.", max_size=8))
@example("[?--]", "a")
def test_any_glob_is_refused_or_usable(glob: str, path: str) -> None:
    try:
        check_glob(glob)
    except ValueError:
        return
    assert select_paths([path], [glob]) in ((), (path,))
