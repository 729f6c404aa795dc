"""What a skill declares is read from its source, which is never run."""

import pytest

from workflow import SideEffects
from workflow.manifest import read_side_effects


@pytest.mark.parametrize(
    ("source", "declared"),
    [
        ("@skill(side_effects='pure')\ndef f(x): ...", SideEffects.PURE),
        ("@skill(side_effects='idempotent')\nasync def f(x): ...", SideEffects.IDEMPOTENT),
        ("@workflow.skill(side_effects='effect')\ndef f(x): ...", SideEffects.EFFECT),
        ("@cache\n@skill(side_effects='pure')\ndef f(x): ...", SideEffects.PURE),
        ("def f(x): ...", SideEffects.UNKNOWN),
        ("@skill\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill()\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects=KIND)\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects='harmless')\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects=['pure'])\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skills[0](side_effects='pure')\ndef f(x): ...", SideEffects.UNKNOWN),
        ("def f(x): ...\n@skill(side_effects='pure')\ndef g(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects='pure')\ndef f(x): ...\ndef f(x): ...", SideEffects.UNKNOWN),
        ("class A:\n  def f(x): ...", None),
        ("f = 1", None),
        ("", None),
    ],
)
def test_a_declaration_is_what_the_last_definition_says(
    source: str, declared: SideEffects | None
) -> None:
    assert read_side_effects(source, "f") is declared


def test_reading_runs_nothing() -> None:
    assert read_side_effects("raise SystemExit\ndef f(x): ...", "f") is SideEffects.UNKNOWN


def test_what_python_would_warn_of_is_not_our_concern() -> None:
    source = 'PATTERN = "\\d"\n@skill(side_effects="pure")\ndef f(x): return x is 1'
    assert read_side_effects(source, "f") is SideEffects.PURE


def test_source_that_is_not_python_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError):
        read_side_effects("def f(:", "f")
