import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from workflow import (
    PatchConflictError,
    PatchError,
    format_pointer,
    parse_pointer,
    parse_yaml_path,
    resolve,
    yaml_path_of,
)
from workflow.patches.pointer import locate

DOCUMENT: JsonValue = {"steps": [{"name": "a"}, {"a/b": {"m~n": 1, "": 2, "0": 3}}]}

keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@pytest.mark.parametrize(
    ("pointer", "parts"),
    [
        ("", ()),
        ("/", ("",)),
        ("/a/b", ("a", "b")),
        ("/a~1b/m~0n", ("a/b", "m~n")),
        ("/~01", ("~1",)),
        ("//", ("", "")),
        ("/steps/-", ("steps", "-")),
    ],
)
def test_a_pointer_splits_into_unescaped_parts(pointer: str, parts: tuple[str, ...]) -> None:
    assert parse_pointer(pointer) == parts
    assert format_pointer(parts) == pointer


@pytest.mark.parametrize("pointer", ["a", "#/a", "/~", "/~2", "/a~", " /a"])
def test_what_is_no_pointer_is_refused(pointer: str) -> None:
    with pytest.raises(PatchError):
        parse_pointer(pointer)


@given(st.lists(keys, max_size=5))
@settings(deadline=None, max_examples=50)
def test_parts_survive_a_pointer(parts: list[str]) -> None:
    assert parse_pointer(format_pointer(parts)) == tuple(parts)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/steps/0/name", "a"),
        ("/steps/1/a~1b/m~0n", 1),
        ("/steps/1/a~1b/", 2),
        ("/steps/1/a~1b/0", 3),
    ],
)
def test_a_pointer_finds_its_value(pointer: str, value: object) -> None:
    assert resolve(DOCUMENT, pointer) == value


@pytest.mark.parametrize(
    "pointer",
    ["/nope", "/steps/2", "/steps/-", "/steps/00", "/steps/+0", "/steps/٠", "/steps/0/name/0"],
)
def test_a_pointer_to_nothing_is_a_conflict(pointer: str) -> None:
    with pytest.raises(PatchConflictError):
        resolve(DOCUMENT, pointer)


def test_locating_tells_indices_from_keys_that_look_like_them() -> None:
    assert locate(DOCUMENT, "/steps/1/a~1b/0") == ("steps", 1, "a/b", "0")


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ((), "$"),
        (("steps", 2, "branches", "main", "steps", 0), "steps[2].branches.main.steps[0]"),
        (("branches", "a.b", 0), 'branches["a.b"][0]'),
        ((0, "a"), "[0].a"),
        (("0",), '["0"]'),
        (("$",), '["$"]'),
        (("",), '[""]'),
        (("draft-email", "_x9"), "draft-email._x9"),
        (("ä",), '["ä"]'),
        (('"]',), r'["\"]"]'),
    ],
)
def test_a_yaml_path_reads_like_code(parts: tuple[str | int, ...], path: str) -> None:
    assert yaml_path_of(parts) == path
    assert parse_yaml_path(path) == parts


@given(st.lists(st.one_of(keys, st.integers(0, 999)), max_size=6))
@settings(deadline=None, max_examples=100)
def test_parts_survive_a_yaml_path(parts: list[str | int]) -> None:
    assert parse_yaml_path(yaml_path_of(parts)) == tuple(parts)


@pytest.mark.parametrize(
    "path", ["", ".", "a.", "a..b", "a[", "a[01]", "a[-1]", "[x]", 'a["b"', 'a["b', "a b", "a[]"]
)
def test_what_is_no_yaml_path_is_refused(path: str) -> None:
    with pytest.raises(PatchError):
        parse_yaml_path(path)
