"""`flujo resume`: a run that waits is a file, goes on in another process, once, and only with a fitting answer."""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.adapters.paused_files import keep_paused_run, take_paused_run
from app.bootstrap.running import perform_anew, skip_what_has_happened
from app.cli.main import run_command
from tests.app.test_cli_schemas import check
from workflow import AgentReply, Call, PausedRun, read_paused_run

ROOT = Path(__file__).parents[2]
INPUT = '{"message": "Where is my parcel?"}'
APPROVED, REFUSED = '{"approved": true}', '{"approved": false, "note": "Shorter."}'
ASKS_ONLY = "steps:\n  - {kind: hitl, name: ask, message: Well?}\n"

Ask = Callable[..., Any]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command with `--format json` beside the example, and returns what it answers."""
    shutil.copy(ROOT / "examples/approval/approval.flow.yaml", tmp_path / "spec.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments: str, code: int) -> Any:
        assert run_command([*arguments, "--format", "json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


def pause(ask: Ask, *options: str) -> str:
    answer = ask("run", "spec.yaml", "--input", INPUT, "--paused", "waiting", *options, code=1)
    check(answer, "run")
    path = answer["results"][0]["paused_run"]
    assert isinstance(path, str)
    return path


def waiting() -> list[Path]:
    return sorted(Path("waiting").iterdir())


def test_a_run_that_asks_is_a_file_that_only_its_owner_reads(ask: Ask) -> None:
    answer = ask("run", "spec.yaml", "--input", INPUT, "--paused", "waiting", code=1)
    (result,) = answer["results"]
    assert (result["outcome"], answer["waiting"], answer["failed"]) == ("paused", 1, 0)
    assert result["questions"][0]["message"] == "Send this reply?"
    assert [str(path) for path in waiting()] == [result["paused_run"]]
    assert stat.S_IMODE(waiting()[0].stat().st_mode) == 0o600


def test_it_is_kept_in_the_user_s_folder_unless_said_otherwise(ask: Ask, tmp_path: Path) -> None:
    answer = ask("run", "spec.yaml", "--input", INPUT, code=1)
    assert Path(answer["results"][0]["paused_run"]).parent == tmp_path / "state/flujo/paused"


def test_answers_lead_through_to_the_end_and_leave_telemetry_and_recording_once(ask: Ask) -> None:
    keeping = ("--telemetry", "runs.jsonl", "--record", "recordings")
    first = pause(ask, *keeping)
    again = ask("resume", first, "--answer", REFUSED, *keeping, code=1)
    check(again, "run")
    second = again["results"][0]["paused_run"]
    assert [str(path) for path in waiting()] == [second]
    assert second != first
    ended = ask("resume", second, "--answer", APPROVED, *keeping, code=0)
    check(ended, "run")
    assert ended["results"][0]["output"].startswith("Sent: ")
    assert waiting() == []
    assert len(Path("runs.jsonl").read_text("utf-8").splitlines()) == 1
    (recording,) = Path("recordings").iterdir()
    recorded = json.loads(recording.read_text("utf-8"))
    assert recorded["run_id"] == ended["results"][0]["run_id"]
    assert float(recorded["cost_usd"]) == ended["total_cost_usd"]
    assert ask("replay", str(recording), "--spec", "spec.yaml", code=0)


def test_another_process_goes_on_and_calls_nothing_twice(ask: Ask, tmp_path: Path) -> None:
    Path("skills.py").write_text(
        "from pathlib import Path\n"
        "def note(data, name):\n"
        "    with Path(__file__).with_name('calls.txt').open('a') as file:\n"
        "        file.write(name + '\\n')\n"
        "    return name\n"
    )
    note = "{name: %s, agent: {id: 'skills:note', params: {name: %s}}}"
    written = [note % ("one", "one"), "{kind: hitl, name: ask}", note % ("two", "two")]
    Path("spec.yaml").write_text("steps:\n" + "".join(f"  - {step}\n" for step in written))
    path = pause(ask)
    assert Path("calls.txt").read_text() == "one\n"
    command = [sys.executable, "-m", "app", "resume", path, "--answer", "go", "--format", "json"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)["results"][0]["steps"]
    assert [step["output"] for step in steps] == ["one", "go", "two"]
    assert Path("calls.txt").read_text() == "one\ntwo\n"


def test_a_run_that_is_killed_while_it_goes_on_can_go_on_again(ask: Ask) -> None:
    Path("skills.py").write_text(
        "import os, signal\nfrom pathlib import Path\n"
        "def stumble(data):\n"
        "    mark = Path(__file__).with_name('stumbled')\n"
        "    if not mark.exists():\n"
        "        mark.touch()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return 'up again'\n"
    )
    Path("spec.yaml").write_text(ASKS_ONLY + "  - {name: go, uses: 'skills:stumble'}\n")
    path = pause(ask)
    command = [sys.executable, "-m", "app", "resume", path, "--answer", "go"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert ask("resume", path, "--answer", "go", code=0)["results"][0]["output"] == "up again"


def refuse(ask: Ask, *arguments: str) -> str:
    error = ask("resume", *arguments, code=2)["error"]
    assert isinstance(error, str)
    return error


def test_an_answer_that_does_not_fit_is_refused_and_the_run_goes_on_waiting(ask: Ask) -> None:
    path = pause(ask)
    assert "'approved' is a required property" in refuse(ask, path, "--answer", "{}")
    assert "asks nothing" in refuse(ask, path, "--answer", APPROVED, "--step", "review")
    assert Path(path).exists()


@pytest.mark.parametrize(
    ("schema", "text", "output"),
    [
        ("", "yes", "yes"),
        ("", "7", 7),
        ("", '"7"', "7"),
        (", input_schema: {type: string}", "7", "7"),
        (", input_schema: {type: string}", '"quoted"', "quoted"),
        (", input_schema: {type: boolean}", "true", True),
        ("", "@answer.json", {"from": "a file"}),
    ],
)
def test_an_answer_is_json_or_else_text(ask: Ask, schema: str, text: str, output: object) -> None:
    Path("answer.json").write_text('{"from": "a file"}')
    Path("spec.yaml").write_text(ASKS_ONLY.replace("Well?", "Well?" + schema))
    answer = ask("resume", pause(ask), "--answer", text, code=0)
    assert answer["results"][0]["output"] == output


def test_another_version_of_the_spec_is_refused_and_both_are_named(ask: Ask) -> None:
    path = pause(ask)
    before = read_paused_run(Path(path).read_bytes()).spec_sha256
    text = Path("spec.yaml").read_text()
    Path("spec.yaml").write_text(text.replace("Send this reply?", "Send?"))
    error = refuse(ask, path, "--answer", APPROVED)
    assert before in error
    assert ask("validate", "spec.yaml", code=0)["specs"][0]["spec_sha256"] in error
    Path("moved.yaml").write_text(text)
    ask("resume", path, "--answer", APPROVED, "--spec", "moved.yaml", code=0)


def test_a_run_that_has_gone_on_leaves_no_file_to_answer_twice(ask: Ask) -> None:
    path = pause(ask)
    ask("resume", path, "--answer", REFUSED, code=1)
    assert "a run that has gone on leaves none" in refuse(ask, path, "--answer", APPROVED)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"format": "flujo.recording/1"}', b"["])
def test_a_file_that_is_no_paused_run_is_refused_in_a_sentence(ask: Ask, content: bytes) -> None:
    Path("broken.json").write_bytes(content)
    error = refuse(ask, "broken.json", "--answer", "x")
    assert error.startswith("broken.json: not a paused run")
    assert "\n" not in error
    assert Path("broken.json").exists()


def test_a_folder_is_no_paused_run(ask: Ask) -> None:
    assert "is a directory" in refuse(ask, ".", "--answer", "x")


def test_a_pipe_that_nobody_writes_to_is_no_paused_run_and_is_not_waited_for(ask: Ask) -> None:
    os.mkfifo("pipe")
    assert refuse(ask, "pipe", "--answer", "yes").startswith("pipe: not a paused run")


def test_two_processes_can_not_go_on_with_one_run(ask: Ask) -> None:
    path = pause(ask)
    with Path(path).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "another process goes on" in refuse(ask, path, "--answer", APPROVED)
    ask("resume", path, "--answer", APPROVED, code=0)


def test_a_run_whose_going_on_breaks_keeps_its_file(ask: Ask) -> None:
    path = Path(pause(ask))
    with pytest.raises(ZeroDivisionError), take_paused_run(path):
        raise ZeroDivisionError
    with take_paused_run(path) as paused:
        assert isinstance(paused, PausedRun)
    assert not path.exists()


def test_every_pause_of_a_run_has_a_file_of_its_own_and_nothing_half_written_is_left(
    ask: Ask, tmp_path: Path
) -> None:
    paused = read_paused_run(Path(pause(ask)).read_bytes())
    later = paused.model_copy(update={"steps": paused.steps * 2})
    paths = {keep_paused_run(tmp_path / "kept", one) for one in (paused, paused, later)}
    assert {path.name for path in paths} == {path.name for path in (tmp_path / "kept").iterdir()}
    assert len(paths) == 2


def test_people_are_told_what_is_asked_and_how_to_go_on(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", "spec.yaml", "--input", INPUT, "--paused", "waiting"]) == 1
    told = capsys.readouterr().out
    assert "? review/approve asks: Send this reply?" in told
    assert f"flujo resume '{waiting()[0]}' --answer JSON" in told
    assert run_command(["run", "spec.yaml", "--input", INPUT, "--runs", "2", "--paused", "more"]) == 1  # fmt: skip
    assert "2 runs, 0 succeeded, 2 wait for an answer" in capsys.readouterr().out


def test_a_test_without_a_mock_for_the_person_fails_and_says_so(ask: Ask) -> None:
    tests = "tests:\n  - {name: t, assertions: [result.success]}\n"
    Path("spec.yaml").write_text(ASKS_ONLY + tests)
    answer = ask("test", "spec.yaml", code=1)
    told = "step 'ask' asks a person; mock it: the mock's output is the answer"
    assert answer["tests"][0]["error"] == told


@pytest.mark.parametrize(("skips_waits", "really_s"), [(False, 0.009), (True, 0.0)])
def test_the_clock_is_that_of_the_recording_until_something_is_called_anew(
    skips_waits: bool, really_s: float
) -> None:
    async def answer(_: Call) -> AgentReply:
        return AgentReply("now", "")

    async def go_on() -> tuple[float, float, float]:
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(10_000)
        recorded_s = clock()
        call: Any = None
        await perform_anew(answer, skips_waits=skips_waits)(call)
        before_s, began_s = clock(), time.monotonic()
        await asyncio.sleep(0.01)
        return recorded_s, clock() - before_s, time.monotonic() - began_s

    with asyncio.Runner(loop_factory=skip_what_has_happened) as runner:
        recorded_s, waited_s, really_waited_s = runner.run(go_on())
    assert recorded_s == 10_000
    assert waited_s >= 0.01
    assert really_waited_s >= really_s


def test_limits_hold_for_the_whole_run(ask: Ask) -> None:
    path = pause(ask)
    answer = ask("resume", path, "--answer", REFUSED, "--max-tokens", "1", code=1)
    assert answer["results"][0]["error_class"] == "policy"


def test_what_a_run_was_held_to_when_it_began_holds_to_its_end_and_in_its_replay(ask: Ask) -> None:
    agents = "agents: {writer: {model: 'sim:perfect', system_prompt: Write.}}\n"
    Path("spec.yaml").write_text(f"{agents}{ASKS_ONLY}  - {{name: write, uses: agents.writer}}\n")
    path = pause(ask, "--max-cost-usd", "0")
    wider = ("--max-cost-usd", "9", "--record", "recordings")
    ended = ask("resume", path, "--answer", "yes", *wider, code=1)
    assert ended["results"][0]["governor_breached"]
    (recording,) = Path("recordings").iterdir()
    replayed = ask("replay", str(recording), "--spec", "spec.yaml", code=0)
    assert (replayed["faithful"], replayed["error_class"]) == (True, "policy")


def test_what_is_asked_anew_is_printed_as_it_comes(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("skills.py").write_text("async def speak(data):\n    yield 'one '\n    yield 'two'\n")
    speak = "{{name: {}, uses: skills:speak}}"
    Path("spec.yaml").write_text(
        f"steps:\n  - {speak.format('before')}\n{ASKS_ONLY[7:]}  - {speak.format('after')}\n"
    )
    path = pause(ask)
    assert "--stream" in refuse(ask, path, "--answer", "yes", "--stream")
    assert run_command(["resume", path, "--answer", "yes", "--stream"]) == 0
    assert capsys.readouterr().out.startswith("one two\n✓ before")


def test_an_override_is_kept_for_when_the_run_goes_on(ask: Ask) -> None:
    rule = "{id: brief, when: result.success, assert: result.total_cost_usd < 0, action: FAIL_RUN"
    spec = ASKS_ONLY + f"policies: [{rule}, enforcement: soft-mandatory}}]\n"
    Path("spec.yaml").write_text(spec)
    path = pause(ask, "--override", "brief", "--reason", "a trial")
    ended = ask("resume", path, "--answer", "yes", "--record", "recordings", code=0)
    assert ended["results"][0]["violations"][0]["overridden"] == "a trial"
    (recording,) = Path("recordings").iterdir()
    assert ask("replay", str(recording), "--spec", "spec.yaml", code=0)["faithful"]


@pytest.mark.parametrize("option", ["--paused", "--record"])
def test_a_run_that_could_not_be_kept_does_not_begin(ask: Ask, option: str) -> None:
    Path("taken").write_text("a file")
    Path("skills.py").write_text(
        "from pathlib import Path\n\ndef note(data):\n    Path('calls').write_text('called')\n"
    )
    Path("spec.yaml").write_text("steps:\n  - {name: a, uses: skills:note}\n" + ASKS_ONLY[7:])
    refused = ask("run", "spec.yaml", option, "taken/here", code=2)
    assert refused["error"].startswith("taken/here: ")
    assert not Path("calls").exists()
    path = pause(ask)
    refused = ask("resume", path, "--answer", "yes", option, "taken/here", code=2)
    assert refused["error"].startswith("taken/here: ")
    assert Path(path).exists()
