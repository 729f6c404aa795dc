"""What a reference refers to, and why it can't be used."""

import pytest

from tests.builders import make_reader
from workflow import SideEffects
from workflow.references import RESERVED_PACKAGES, look_up_skill, side_effects_of

READ = make_reader(
    {
        "skills.py": "@skill(side_effects='pure')\ndef f(x): ...",
        "pkg/mod.py": "def f(x): ...",
        "deep.py": "x = " + "(" * 5000,
        "zero.py": "\0",
    }
)


@pytest.mark.parametrize(
    ("reference", "declared"),
    [("skills:f", SideEffects.PURE), ("pkg.mod:f", SideEffects.UNKNOWN)],
)
def test_a_skill_beside_the_spec_is_found(reference: str, declared: SideEffects) -> None:
    assert look_up_skill(reference, READ) == (declared, "")


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("skills:g", "defines no function 'g'"),
        ("nothing:f", "there is no nothing.py"),
        ("deep:f", "isn't valid Python"),
        ("zero:f", "isn't valid Python"),
        ("skills.f", "package.module:function"),
        ("../skills:f", "package.module:function"),
        ("skills:f.g", "package.module:function"),
        ("a:b:c", "package.module:function"),
        ("", "package.module:function"),
        *[(f"{package}.x:f", "Flujo's own") for package in sorted(RESERVED_PACKAGES)],
    ],
)
def test_one_that_can_not_be_used_is_refused_with_the_reason(reference: str, reason: str) -> None:
    declared, told = look_up_skill(reference, READ)
    assert declared is None
    assert reason in told


def test_without_files_nothing_is_known_of_a_skill() -> None:
    assert look_up_skill("skills:f", None) == (SideEffects.UNKNOWN, "")
    assert side_effects_of("nothing at all", None) is SideEffects.UNKNOWN


def test_what_is_declared_of_built_in_skills_needs_no_files() -> None:
    assert side_effects_of("flujo.text.truncate", None) is SideEffects.PURE
    assert side_effects_of("flujo.http.get", None) is SideEffects.IDEMPOTENT
