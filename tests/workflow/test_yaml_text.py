import pytest

from workflow import SpecError, parse_yaml
from workflow.yaml_io.yaml_lines import Position

TEXT = """\
# a comment
name: triage
steps:
  - name: 😀 first
    config: {timeout_s: 60}
  -
    name: second
shared: &one {a: 1}
again: *one
"""


def refused(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_yaml(text, path="flow.yaml")
    assert all(found.path == "flow.yaml" for found in caught.value.diagnostics)
    return [f"{found.id} {found.line}:{found.column}" for found in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 010", {"a": "010"}),
        ("a: 0o7", {"a": 7}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: 2001-01-01", {"a": "2001-01-01"}),
        ("on: off", {"on": "off"}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("", None),
        ("# nothing\n", None),
        ("'true': 1", {"true": 1}),
        ("'<<': {a: 1}", {"<<": {"a": 1}}),
        ("a: '!tag'", {"a": "!tag"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("---\na: 1\n...\n", {"a": 1}),
    ],
)
def test_text_is_read_as_yaml_1_2(text: str, value: object) -> None:
    assert parse_yaml(text).value == value


@pytest.mark.parametrize(
    "text", ["\ufeffa: 1\nb:\n  - x\n", "a: 1\r\nb:\r\n  - x\r\n", "a: 1\nb:\n  - x"]
)
def test_byte_order_marks_and_line_endings_are_kept_but_mean_nothing(text: str) -> None:
    document = parse_yaml(text)
    assert document.value == {"a": 1, "b": ["x"]}
    assert document.text == text
    assert document.position("/a") == Position(1, 1)
    assert document.position("/b/0") == Position(3, 5)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "yaml-duplicate-key 2:1"),
        ("{a: 1, 'a': 2}", "yaml-duplicate-key 1:8"),
        ("a: !x 3\n", "yaml-tag 1:4"),
        ("b: 1\na: !!str 3\n", "yaml-tag 2:4"),
        ("a: ! 3", "yaml-tag 1:4"),
        ("- !x\n- b", "yaml-tag 1:3"),
        ("a: {true: 1}", "yaml-key-not-a-string 1:5"),
        ("1: 2", "yaml-key-not-a-string 1:1"),
        ("~: 2", "yaml-key-not-a-string 1:1"),
        ("0o7: 2", "yaml-key-not-a-string 1:1"),
        ("? [a]\n: 3", "yaml-key-not-a-string 1:3"),
        ("a: &x [1]\n*x : 3", "yaml-key-not-a-string 2:1"),
        ("a: .nan", "yaml-not-finite 1:4"),
        ("a: [1, -.inf]", "yaml-not-finite 1:8"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "yaml-merge-key 3:3"),
        ("a: 1\n---\nb: 2\n", "yaml-several-documents 2:1"),
        ("a: *x", "yaml-unknown-alias 1:4"),
        ("a: &x [*x]", "yaml-unknown-alias 1:8"),
        ("a: [1,\n", "yaml-syntax 2:1"),
        ("a: b: c", "yaml-syntax 1:5"),
        ("\ta: 1", "yaml-syntax 1:1"),
        ("b:\na: \x00", "yaml-syntax 2:4"),
        ("a: \ud800", "yaml-syntax 1:4"),
        ("a: 123456789012345678901234567890", "yaml-integer-too-large 1:4"),
        ("\ufeffa: [}", "yaml-syntax 1:5"),
    ],
)
def test_what_is_not_plain_data_is_refused_where_it_stands(text: str, problem: str) -> None:
    assert refused(text) == [problem]


def test_every_key_that_is_not_a_string_is_reported() -> None:
    assert refused("1: a\nb: {true: c}\n") == [
        "yaml-key-not-a-string 1:1",
        "yaml-key-not-a-string 2:5",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 50_000, "yaml-too-deep"),
        ("{a: " * 50_000, "yaml-too-deep"),
        ("- " * 50_000 + "x", "yaml-too-deep"),
        ("['[]]'," * 50_000, "yaml-too-deep"),
        (
            "a: &a " + "[" * 100 + "x" + "]" * 100 + "\nb: " + "[" * 100 + "*a" + "]" * 100,
            "yaml-syntax",
        ),
        ("x: " + "y" * 4 * 1024 * 1024, "yaml-too-large"),
        ("[" + "a, " * 260_000 + "]", "yaml-too-large"),
        ("s: &s " + "y" * 1_000_000 + "\nz: [" + "*s, " * 1_000 + "]", "yaml-alias-bomb"),
    ],
    ids=["brackets", "braces", "dashes", "quotes", "aliased", "bytes", "values", "long"],
)
def test_hostile_text_is_refused(text: str, problem: str) -> None:
    assert refused(text)[0].split()[0] == problem


def test_a_billion_laughs_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for above, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{above}'] * 10)}]")
    assert refused("\n".join(lines))[0].startswith("yaml-alias-bomb")


@pytest.mark.parametrize(
    ("pointer", "position"),
    [
        ("", (2, 1)),
        ("/name", (2, 1)),
        ("/steps", (3, 1)),
        ("/steps/0", (4, 5)),
        ("/steps/0/config", (5, 5)),
        ("/steps/0/config/timeout_s", (5, 14)),
        ("/steps/1", (7, 5)),
        ("/again/a", (8, 15)),
        ("/steps/0/nope/at/all", (4, 5)),
        ("/steps/9", (3, 1)),
    ],
)
def test_a_pointer_has_a_position(pointer: str, position: tuple[int, int]) -> None:
    assert parse_yaml(TEXT).position(pointer) == position
