"""`flujo test`: what it chooses, what it says, how it exits."""

import json
import shlex
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.junit_file import JunitCase, encode_junit
from app.cli.main import run_command
from app.errors import BadInputError
from app.use_cases.select_tests import select_tests
from workflow import EmbeddedTest

SPEC = dedent("""\
    version: "0.1"
    name: greeter
    agents:
      helper: {model: "sim:small", system_prompt: "Greet."}
    steps:
      - name: shout
        uses: skills.words:shout
        input: "{{ context.word }}"
      - kind: conditional
        name: route
        condition_expression: "context.way"
        default_branch: plain
        branches:
          plain: [{name: same, uses: flujo.value.pass}]
          asked: [{name: ask, uses: agents.helper}]
    tests:
      - name: shouts
        tags: [fast]
        input: {word: hello}
        assertions: ["result.output == 'HELLO'"]
      - name: "shouts <again> & \\"again\\""
        tags: [slow, nightly]
        input: {word: bye}
        assertions: ["result.output == 'BYE'", "result.total_cost_usd < 1"]
    """)
SKILLS = dedent("""\
    import os
    import sys
    from pathlib import Path

    def shout(text):
        if text == "leave":
            sys.exit(0)
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            calls.write(f"{text}\\n")
        return text.upper()
    """)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "words.py").write_text(SKILLS, encoding="utf-8")
    path = Path("greet.flow.yaml")
    path.write_text(SPEC, encoding="utf-8")
    return path


def ask(*arguments: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> Any:
    assert run_command(["test", "greet.flow.yaml", *arguments, "--format", "json"]) == code
    return json.loads(capsys.readouterr().out)


def tell(*arguments: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert run_command(["test", "greet.flow.yaml", *arguments]) == code
    return capsys.readouterr().out


def change(spec: Path, old: str, new: str) -> None:
    text = spec.read_text(encoding="utf-8")
    assert old in text
    spec.write_text(text.replace(old, new), encoding="utf-8")


def calls() -> int:
    path = Path("skills/calls.txt")
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


class TestChoosing:
    TESTS = (
        EmbeddedTest(name="refund is offered", tags=("billing", "fast"), assertions=("true",)),
        EmbeddedTest(name="outage is urgent", tags=("slow",), assertions=("true",)),
        EmbeddedTest(name="not or and", tags=(), assertions=("true",)),
    )

    @pytest.mark.parametrize(
        ("words", "chosen"),
        [
            ("refund", [0]),
            ("REFUND", [0]),
            ("billing or slow", [0, 1]),
            ("is and not slow", [0]),
            ("not (billing or slow)", [2]),
            ("not billing and not slow", [2]),
            ("slow or billing and fast", [0, 1]),
            ("not not slow", [1]),
            ("'is urgent'", [1]),
            ('"or and"', [2]),
            ("((fast))", [0]),
        ],
    )
    def test_words_choose_by_name_and_tag(self, words: str, chosen: list[int]) -> None:
        assert select_tests(self.TESTS, words) == tuple(self.TESTS[number] for number in chosen)

    @pytest.mark.parametrize(
        "words",
        ["", " ", "and", "a or", "not", "(a", "a)", "a b", "'a", 'a "', "()", "a" * 201, "nobody"],
    )
    def test_what_cannot_choose_says_so(self, words: str) -> None:
        with pytest.raises(BadInputError, match="-k"):
            select_tests(self.TESTS, words)

    @given(st.text(alphabet="abnot ()'\"dr", max_size=200))
    @settings(deadline=None, max_examples=100)
    def test_no_words_do_more_than_choose_or_refuse(self, words: str) -> None:
        with suppress(BadInputError):
            assert all(test in self.TESTS for test in select_tests(self.TESTS, words))

    def test_the_command_runs_only_the_chosen_tests(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert spec
        answer = ask("-k", "slow", capsys=capsys)
        assert [test["name"] for test in answer["tests"]] == ['shouts <again> & "again"']
        assert calls() == 1

    def test_choosing_nothing_is_no_pass(self, spec: Path) -> None:
        assert run_command(["test", str(spec), "-k", "nobody"]) == 2


class TestFailing:
    def test_a_failure_shows_the_expression_with_the_value_of_each_part(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change(spec, "result.output == 'HELLO'", "'BY' in result.output and result.retries == 0")
        text = tell(capsys=capsys, code=1)
        assert "── shouts (greet.flow.yaml:17) failed ──" in text
        assert ">   'BY' in result.output and result.retries == 0    (greet.flow.yaml:20)" in text
        assert "E     result.output = 'HELLO'" in text
        assert """flujo test greet.flow.yaml -k '"shouts"'""" in text
        assert text.endswith("1 passed, 1 failed\n")

    def test_the_suggested_command_runs_that_test(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change(spec, "'BYE'", "'HI'")
        text = tell(capsys=capsys, code=1)
        (line,) = [line for line in text.splitlines() if line.startswith("  flujo test")]
        assert run_command(shlex.split(line)[1:]) == 1
        assert capsys.readouterr().out.endswith("0 passed, 1 failed\n")

    def test_a_skill_that_ends_the_process_is_a_failed_test(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change(spec, "word: hello", "word: leave")
        answer = ask(capsys=capsys, code=1)
        assert [test["outcome"] for test in answer["tests"]] == ["failed", "passed"]
        assert "end the process" in answer["tests"][0]["error"]

    def test_a_breach_of_a_policy_fails_the_test_and_says_which(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change(
            spec, "tests:\n", "policies: [{id: calm, assert: \"'!' in result.output\"}]\ntests:\n"
        )
        change(spec, "result.output == 'HELLO'", "result.success")
        text = tell(capsys=capsys, code=1)
        assert "E   policy 'calm': '!' in result.output: it is false" in text

    def test_a_flaky_test_is_named_with_its_interval(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = Path("skills/words.py")
        words.write_text(
            "count = iter(range(99))\ndef shout(text):\n    return text.upper() * (next(count) % 2)\n",
            encoding="utf-8",
        )
        answer = ask("--repeat", "8", "-k", "fast", capsys=capsys, code=1)
        (test,) = answer["tests"]
        assert (test["flaky"], test["passes"], test["repeats"]) == (True, 4, 8)
        assert 0 < test["pass_rate_low"] < 0.5 < test["pass_rate_high"] < 1
        text = tell("--repeat", "8", "-k", "fast", capsys=capsys, code=1)
        assert "flaky: 4 of 8 runs passed, so it passes 22% to 78% of the time" in text
        assert "--seed 0 --repeat 1" in text


class TestCoverage:
    def test_what_no_test_reaches_is_told(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert spec
        text = tell(capsys=capsys)
        assert "reached 3 of 4 steps, 1 of 2 branches" in text
        assert "no test reaches the branch: route/asked" in text
        assert "no test reaches the step: route/asked/ask" in text
        assert ask(capsys=capsys)["coverage"]["unreached_steps"] == ["route/asked/ask"]


class TestJobs:
    def test_results_come_in_order_whatever_runs_at_once(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tests = "".join(
            f"  - {{name: t{number}, input: {{word: w{number}}}, assertions: [\"result.output == 'W{number}'\"]}}\n"
            for number in range(12)
        )
        change(spec, SPEC[SPEC.index("tests:") :], f"tests:\n{tests}")
        alone, together = ask(capsys=capsys), ask("-j", "4", capsys=capsys)
        assert [test["name"] for test in together["tests"]] == [f"t{n}" for n in range(12)]
        assert together["passed"] == alone["passed"] == 12
        assert together["coverage"] == alone["coverage"]

    def test_one_failing_test_fails_the_lot(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change(spec, "'BYE'", "'HI'")
        assert ask("-j", "2", capsys=capsys, code=1)["failed"] == 1


class TestReplay:
    def record(self, word: str) -> None:
        arguments = ["run", "greet.flow.yaml", "--input", json.dumps({"word": word})]
        assert run_command([*arguments, "--record", "kept"]) == 0

    def test_no_user_code_runs_and_a_test_without_recording_is_skipped(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert spec
        self.record("hello")
        before = calls()
        capsys.readouterr()
        answer = ask("--mode", "replay", "--recordings", "kept", capsys=capsys)
        assert [test["outcome"] for test in answer["tests"]] == ["passed", "skipped"]
        assert (answer["passed"], answer["failed"], answer["skipped"]) == (1, 0, 1)
        assert answer["mode"] == "replay"
        assert calls() == before
        text = tell("--mode", "replay", "--recordings", "kept", capsys=capsys)
        assert "skipped: no recording has this test's input" in text
        assert text.endswith("1 passed, 0 failed, 1 skipped\n")

    def test_when_nothing_could_run_the_answer_is_no(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert spec
        self.record("something else")
        capsys.readouterr()
        answer = ask("--mode", "replay", "--recordings", "kept", capsys=capsys, code=1)
        assert (answer["passed"], answer["skipped"]) == (0, 2)

    @pytest.mark.parametrize(
        "arguments", [("--mode", "replay"), ("--recordings", "kept"), ("--repeat", "0")]
    )
    def test_half_a_request_is_refused(self, spec: Path, arguments: tuple[str, ...]) -> None:
        assert run_command(["test", str(spec), *arguments]) == 2


class TestJunit:
    def test_every_test_is_a_case_with_its_place(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change(spec, "'BYE'", "'HI'")
        tell("--junit", "out/junit.xml", capsys=capsys, code=1)
        root = ET.parse("out/junit.xml").getroot()
        assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "1", "0")
        first, second = root.iter("testcase")
        assert (first.get("name"), first.get("line"), len(first)) == ("shouts", "17", 0)
        assert second.get("name") == 'shouts <again> & "again"'
        failure = second.find("failure")
        assert failure is not None
        assert failure.get("message") == "assert result.output == 'HI'"
        assert "result.output = 'BYE'" in (failure.text or "")
        assert list(Path("out").iterdir()) == [Path("out/junit.xml")]

    def test_a_place_that_cannot_be_written_is_one_clear_line(
        self, spec: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_command(["test", str(spec), "--junit", "skills"]) == 2
        assert capsys.readouterr().err.count("\n") <= 2

    @given(
        st.lists(
            st.builds(
                JunitCase,
                name=st.text(),
                time_s=st.floats(0, 1e6),
                line=st.integers(0, 99),
                kind=st.sampled_from(["", "failure", "error", "skipped"]),
                message=st.text(),
                details=st.text(),
            )
        ),
        st.text(),
    )
    @settings(deadline=None, max_examples=100)
    def test_whatever_a_name_holds_the_document_can_be_read(
        self, cases: list[JunitCase], suite: str
    ) -> None:
        root = ET.fromstring(encode_junit(suite, cases))
        assert len(list(root.iter("testcase"))) == len(cases)
        kinds = [case.kind for case in cases]
        for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped",) * 2):
            assert root.get(attribute) == str(kinds.count(kind))
