"""`flujo replay`: a recorded run gone through again, forward and back, with nothing called and nothing changed."""

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.adapters.spec_files import open_spec
from app.adapters.telemetry_files import open_recording
from app.cli.main import run_command
from app.cli.stepping import HELP, Position, step_through, take_word
from app.use_cases.replay_run import Tour, replay_run
from workflow import compile_program

ROOT = Path(__file__).parents[2]
SPEC = """\
agents:
  writer: {model: "sim:perfect", system_prompt: Answer.}
steps:
  - kind: loop
    name: talk
    loop:
      max_loops: 2
      body:
        - {name: ask, uses: "skills.notes:ask", updates_context: true}
        - {name: answer, uses: agents.writer, input: "{{ context.question }}", sink_to: reply}
  - {name: close, uses: flujo.value.pass, input: "{{ context.reply }}"}
"""
SKILL = """\
from pathlib import Path

def ask(data, context):
    with Path(__file__).with_name("calls").open("a") as calls:
        calls.write("called\\n")
    return {"question": f"\\x1b[31m{context['topic']}?\\u202e", "asked": context.get("asked", 0) + 1}
"""


@dataclass(frozen=True)
class Recorded:
    """A folder with a spec, its skill, and one recording of it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def spec(self) -> Path:
        return self.folder / "flow.yaml"

    @property
    def recording(self) -> Path:
        (path,) = (self.folder / "recordings").iterdir()
        return path

    @property
    def calls(self) -> int:
        return (self.folder / "skills" / "calls").read_text().count("called")

    def tour(self, until: str | None = None) -> Tour:
        program = compile_program(open_spec(self.spec))
        return replay_run(program, open_recording(self.recording), until)

    def replay(self, *arguments: object, run: object = None) -> tuple[int, str, str]:
        command = ["replay", run or self.recording, "--spec", self.spec, *arguments]
        code = run_command([str(argument) for argument in command])
        return code, *self.capsys.readouterr()


@pytest.fixture(scope="module")
def recorded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "skills").mkdir()
    (folder / "skills" / "notes.py").write_text(SKILL)
    (folder / "flow.yaml").write_text(SPEC)
    arguments = ["run", "flow.yaml", "--input", '{"topic": "trains"}', "--record", "recordings"]
    environ = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app", *arguments]
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True)
    return folder


@pytest.fixture
def recorded(recorded_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Recorded:
    folder = tmp_path / "copy"
    shutil.copytree(recorded_once, folder)
    return Recorded(folder, capsys)


def test_every_execution_is_told_with_what_it_changed(recorded: Recorded) -> None:
    code, out, _ = recorded.replay()
    assert code == 0
    told = [line.split()[2] for line in out.splitlines() if line[5:6] in {"✓", "✗"}]
    assert told == ["talk/ask", "talk/answer", "talk/ask#2", "talk/answer#2", "talk", "close"]
    assert "+ context.asked = 1" in out
    assert "~ context.asked: 1 → 2" in out
    assert out.splitlines()[-1].startswith("ok in 2.0")


def test_nothing_is_called_and_the_recording_stays_as_it_is(recorded: Recorded) -> None:
    assert recorded.calls == 2
    path = recorded.recording
    path.chmod(0o444)
    before = path.read_bytes(), path.stat().st_mtime_ns
    for arguments in ((), ("--until", "close"), ("--format", "json"), ("--interactive",)):
        assert recorded.replay(*arguments)[0] == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert recorded.calls == 2


def test_the_same_recording_gives_the_same_answer_every_time(recorded: Recorded) -> None:
    assert recorded.replay("--format", "json") == recorded.replay("--format", "json")


def test_it_stops_at_an_execution_with_the_state_of_that_moment(recorded: Recorded) -> None:
    code, out, _ = recorded.replay("--until", "talk/ask#2", "--format", "json")
    answer = json.loads(out)
    assert (code, answer["reached"], answer["until"]) == (0, True, "talk/ask#2")
    assert answer["executions"][-1]["step_id"] == "talk/ask"
    assert answer["executions"][-1]["execution"] == 2
    assert answer["state"]["context"]["asked"] == 2
    assert "close" not in answer["state"]["outputs"]
    assert (
        len(json.loads(recorded.replay("--until", "talk/ask", "--format", "json")[1])["executions"])
        == 1
    )


def test_a_run_that_never_came_there_is_shown_to_its_end_and_is_a_no(recorded: Recorded) -> None:
    code, out, _ = recorded.replay("--until", "close#2")
    assert code == 1
    assert out.splitlines()[-1] == "the run never came to 'close#2'"


def test_a_run_is_found_by_its_id(recorded: Recorded) -> None:
    folder = recorded.recording.parent
    assert recorded.replay("--recordings", folder, run=recorded.recording.stem)[0] == 0
    for unknown in ("nobody", "../flow", "x" * 5000):
        code, _, err = recorded.replay("--recordings", folder, run=unknown)
        assert code == 2
        assert "neither a file nor the id of a run" in err


def test_nothing_recorded_can_act_on_a_terminal(recorded: Recorded) -> None:
    _, out, _ = recorded.replay()
    assert "\\u001b[31mtrains?\\u202e" in out
    shown = [*take_word(recorded.tour(), Position(6), "d").lines, *out.splitlines()]
    assert all(line.isprintable() for line in shown)


def test_another_version_of_the_spec_is_refused_and_the_right_one_is_named(
    recorded: Recorded,
) -> None:
    wanted = open_spec(recorded.spec).spec_sha256
    recorded.spec.write_text(SPEC.replace("max_loops: 2", "max_loops: 3"))
    code, out, err = recorded.replay()
    assert (code, out) == (2, "")
    assert wanted in err
    assert "`flujo validate` prints a file's version" in err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not a recording"),
        (b"{}", "not a recording: run_id"),
        (b"\x00\xff", "not a recording"),
        (b'{"format": "flujo.recording/9"}', "only 'flujo.recording/1' is read"),
        (None, "no such file"),
    ],
)
def test_what_is_no_recording_is_one_clear_line(
    recorded: Recorded, content: bytes | None, complaint: str
) -> None:
    path = recorded.folder / "other.json"
    if content is not None:
        path.write_bytes(content)
    code, out, err = recorded.replay(run=path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert complaint in err


def test_a_truncated_recording_is_one_clear_line_wherever_it_ends(recorded: Recorded) -> None:
    whole = recorded.recording.read_bytes()
    for size in range(0, len(whole) - 2, len(whole) // 12):
        recorded.recording.write_bytes(whole[:size])
        code, out, err = recorded.replay()
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_an_edited_recording_is_told_from_what_happened(recorded: Recorded) -> None:
    edited = json.loads(recorded.recording.read_bytes())
    edited["output"] = "something else"
    recorded.recording.write_text(json.dumps(edited))
    code, out, _ = recorded.replay()
    assert code == 1
    assert "this isn't what was recorded" in out


@pytest.mark.parametrize(
    ("until", "hint"), [("talk/asc", "did you mean 'talk/ask'?"), ("#", "lists them")]
)
def test_a_stop_at_no_step_is_refused_with_a_hint(
    recorded: Recorded, until: str, hint: str
) -> None:
    code, _, err = recorded.replay("--until", until)
    assert code == 2
    assert hint in err


def test_programs_cannot_step_by_hand(recorded: Recorded) -> None:
    assert recorded.replay("--interactive", "--format", "json")[0] == 2


class TestStepping:
    """Words lead forward and back; what was left is told as undone."""

    def walk(self, tour: Tour, *words: str) -> Position:
        position = Position(0)
        for word in words:
            position = take_word(tour, position, word)
        return position

    @pytest.mark.parametrize(
        ("words", "number"),
        [
            (["n"], 1),
            (["", "next"], 2),
            (["n", "n", "b"], 1),
            (["b"], 0),
            (["n"] * 9, 6),
            (["g 4"], 4),
            (["g 0"], 0),
            (["g close"], 6),
            (["g talk/ask#2", "n", "back"], 3),
            (["n", "g 7"], 1),
            (["n", "g nowhere"], 1),
            (["n", "g close#2"], 1),
            (["n", "g"], 1),
            (["n", "what?"], 1),
            (["n", "d"], 1),
            (["n", "q"], 1),
        ],
        ids=str,
    )
    def test_each_word_leads_somewhere(
        self, recorded: Recorded, words: list[str], number: int
    ) -> None:
        position = self.walk(recorded.tour(), *words)
        assert position.number == number
        assert position.is_over == (words[-1] == "q")
        assert bool(position.lines) == (words[-1] not in {"q", "g 0"})

    def test_going_back_undoes_what_the_step_changed(self, recorded: Recorded) -> None:
        tour = recorded.tour()
        there = self.walk(tour, "g talk/ask#2").lines
        back = self.walk(tour, "g talk/ask#2", "b").lines
        assert "       ~ context.asked: 1 → 2" in there
        assert back[0] == "  2  before talk/ask#2"
        assert "       ~ context.asked: 2 → 1" in back

    def test_the_whole_state_is_that_of_the_moment(self, recorded: Recorded) -> None:
        tour = recorded.tour()
        state = json.loads("\n".join(self.walk(tour, "n", "d").lines))
        assert state["context"]["asked"] == 1
        assert list(state["outputs"]) == ["talk/ask"]
        assert json.loads("\n".join(self.walk(tour, "d").lines))["context"] == {"topic": "trains"}

    def test_it_ends_when_nobody_answers(self, recorded: Recorded) -> None:
        def hang_up(_: str) -> str:
            raise EOFError

        told: list[str] = []
        step_through(recorded.tour("talk/ask"), ask=hang_up, tell=told.append)
        assert told[0] == HELP
        assert "talk/ask" in told[1]

    def test_a_terminal_is_asked_and_answered(self, recorded: Recorded) -> None:
        ours, theirs = pty.openpty()
        command = ["replay", recorded.recording, "--spec", recorded.spec, "--interactive"]
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
        with subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, command)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environ,
        ) as process:
            os.write(ours, b"n\nn\nb\nd\nq\n")
            os.close(theirs)
            out = read_all(ours)
            assert process.wait() == 0
        for part in ("0/6> ", "2/6> ", "before talk/answer", '"asked": 1'):
            assert part in out


def read_all(terminal: int) -> str:
    parts: list[bytes] = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:  # Linux says so when the other end is closed
        pass
    finally:
        os.close(terminal)
    return b"".join(parts).decode()
