"""The plugin in a pytest of its own: specs' tests are items with readable failures."""

from textwrap import dedent

import pytest

pytest_plugins = ["pytester"]

SPEC = dedent("""\
    version: "0.1"
    steps:
      - name: shout
        uses: skills.words:shout
        input: "{{ context.word }}"
    tests:
      - name: shouts
        tags: [quick]
        input: {word: hello}
        assertions: ["result.output == 'HELLO'"]
      - name: whispers
        input: {word: Bye}
        assertions: ["result.success", "result.output == 'bye'"]
    """)


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".flow.yaml", greet=SPEC)
    pytester.mkdir("skills").joinpath("words.py").write_text(
        "def shout(text):\n    return text.upper()\n", encoding="utf-8"
    )
    return pytester


def run(inner: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # Not by its entry point, which may or may not be installed.
    chosen = ("-p", "no:flujo", "-p", "app.pytest_plugin", "-p", "no:cacheprovider")
    return inner.runpytest_inprocess(*chosen, *arguments)


def test_each_test_of_a_spec_is_an_item(inner: pytest.Pytester) -> None:
    found = run(inner, "--collect-only", "-q").stdout
    found.fnmatch_lines(["greet.flow.yaml::shouts", "greet.flow.yaml::whispers"])


def test_a_failure_shows_values_and_none_of_our_code(inner: pytest.Pytester) -> None:
    result = run(inner)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">   result.output == 'bye'    (greet.flow.yaml:13)",
            "E     result.output = 'BYE'",
            "FAILED greet.flow.yaml::whispers*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_tests_are_chosen_by_name_and_tag(inner: pytest.Pytester) -> None:
    run(inner, "-k", "quick").assert_outcomes(passed=1, deselected=1)
    run(inner, "-k", "whispers").assert_outcomes(failed=1, deselected=1)


def test_an_invalid_spec_is_an_error_with_its_place(inner: pytest.Pytester) -> None:
    inner.makefile(".flow.yaml", broken=SPEC.replace("uses: skills", "used: skills"))
    result = run(inner)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["broken.flow.yaml:4:5: unknown key 'used'*"])


def test_flaky_tests_are_named_as_flaky(inner: pytest.Pytester) -> None:
    inner.path.joinpath("skills", "words.py").write_text(
        "count = iter(range(99))\ndef shout(text):\n    return text.upper() * (next(count) % 2)\n",
        encoding="utf-8",
    )
    repeated = SPEC.replace("    tags: [quick]", "    repeat: 8\n    tags: [quick]")
    inner.makefile(".flow.yaml", greet=repeated)
    run(inner, "-k", "quick").stdout.fnmatch_lines(["flaky: 4 of 8 runs passed*"])


def test_other_files_are_left_alone(inner: pytest.Pytester) -> None:
    inner.makefile(".yaml", other="steps: []\n")
    run(inner, "other.yaml").assert_outcomes()
