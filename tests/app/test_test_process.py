from pathlib import Path

import pytest

from app.adapters.test_process import open_test_process
from app.ports import TestVerdict
from tests.app.sweeping import LETTERS, LETTERS_SPEC

SKILL = """\
import os
from workflow import skill

@skill(side_effects="pure")
def look(data):
    return {"secret": os.environ.get("SECRET", "none"), "named": os.environ.get("NAMED")}
"""
LOOKING = """\
version: "0.1"
name: looking
steps:
  - {name: look, uses: "skills.look:look"}
tests:
  - {name: it looks, input: {}, assertions: [result.output.secret == 'none', result.output.named == 'yes']}
"""


def run(folder: Path, spec: str = LETTERS, *, timeout_s: float = 60.0) -> TestVerdict:
    return open_test_process(spec, timeout_s=timeout_s)(folder)


def test_tests_that_pass_are_counted(tmp_path: Path) -> None:
    (tmp_path / LETTERS).write_text(LETTERS_SPEC)
    assert run(tmp_path) == TestVerdict(passed=True, total=1)


def test_a_failing_test_says_which_assertion_failed(tmp_path: Path) -> None:
    (tmp_path / LETTERS).write_text(
        LETTERS_SPEC.replace("[result.success]", "[not result.success]")
    )
    verdict = run(tmp_path)
    assert (verdict.passed, verdict.total) == (False, 1)
    assert verdict.reasons == ("test 'it writes': not result.success",)


@pytest.mark.parametrize(
    "text", ["name: [", LETTERS_SPEC.replace("agents.writer", "agents.nobody")]
)
def test_a_spec_that_can_not_be_read_has_failed(tmp_path: Path, text: str) -> None:
    (tmp_path / LETTERS).write_text(text)
    verdict = run(tmp_path)
    assert not verdict.passed
    assert verdict.reasons[0].startswith("the tests could not run: ")


def test_a_spec_that_is_not_there_has_failed(tmp_path: Path) -> None:
    assert not run(tmp_path).passed


def test_no_tests_prove_nothing(tmp_path: Path) -> None:
    (tmp_path / LETTERS).write_text(LETTERS_SPEC.partition("tests:")[0])
    verdict = run(tmp_path)
    assert (verdict.passed, verdict.total) == (False, 0)
    assert "no tests" in verdict.reasons[0]


def test_tests_that_take_too_long_have_failed(tmp_path: Path) -> None:
    (tmp_path / LETTERS).write_text(LETTERS_SPEC)
    verdict = run(tmp_path, timeout_s=0.01)
    assert verdict.reasons == ("the tests took longer than 0.01 s",)


def test_a_path_that_looks_like_an_option_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "--help").write_text(LETTERS_SPEC)
    assert run(tmp_path, "--help").passed


def test_they_see_the_variables_that_were_named_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills/__init__.py").touch()
    (tmp_path / "skills/look.py").write_text(SKILL)
    (tmp_path / "looking.yaml").write_text(LOOKING)
    environ = {"SECRET": "hush", "NAMED": "yes"}
    tests = open_test_process("looking.yaml", timeout_s=60, environment=["NAMED"], environ=environ)
    assert tests(tmp_path) == TestVerdict(passed=True, total=1)


def test_a_package_in_the_checkout_never_stands_in_for_ours(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").write_text("raise SystemExit('mine')")
    (tmp_path / LETTERS).write_text(LETTERS_SPEC)
    assert run(tmp_path).passed
