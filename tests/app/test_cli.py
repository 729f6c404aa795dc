"""The command line as people meet it: exit codes, one clear line, and their work left alone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from app.adapters.telemetry_files import read_recordings, read_telemetry
from app.cli.main import COMMANDS, run_command
from tests.app.scratch_git import IDENTITY, ScratchRepository, make_repository
from tests.app.sweeping import AUTO_LOW, LETTERS, LETTERS_SPEC, SETTINGS
from workflow import parse_workflow

INPUT = '{"question": "Why?"}'
NO_GIT_CONFIG = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
PROPOSE = AUTO_LOW.replace("auto-low", "propose").encode()
RETRY = '[{"op": "add", "path": "/steps/0/config", "value": {"max_retries": 2}}]'


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line of complaint."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0].removeprefix("error: ")


@dataclass(frozen=True)
class Cli:
    """Runs commands in this process."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Answer:
        code = run_command([str(argument) for argument in arguments])
        captured = self.capsys.readouterr()
        return Answer(code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, value in {**NO_GIT_CONFIG, **IDENTITY}.items():
        monkeypatch.setenv(name, value)
    return Cli(capsys)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / LETTERS
    path.write_text(LETTERS_SPEC)
    return path


@pytest.fixture
def repository(tmp_path: Path) -> ScratchRepository:
    """A repository that lets safe patches be applied, with the traces of 120 runs kept out of it."""
    files = {LETTERS: LETTERS_SPEC, SETTINGS: AUTO_LOW, ".gitignore": ".flujo/\n"}
    return make_repository(
        tmp_path / "repository", {path: text.encode() for path, text in files.items()}
    )


def run_some(cli: Cli, repository: ScratchRepository, runs: int = 120, seed: int = 0) -> None:
    kept = repository.folder / ".flujo"
    done = cli(
        *("run", repository.folder / LETTERS, "--input", INPUT, "--runs", runs, "--seed", seed),
        *("--telemetry", kept / "telemetry/runs.jsonl", "--record", kept / "recordings"),
    )
    assert done.code == 0


def sweep(cli: Cli, repository: ScratchRepository, *arguments: object) -> Answer:
    return cli("sweep", "--repo", repository.folder, *arguments)


class TestBadInput:
    """Exit 2, one line on standard error, and the same as JSON where JSON was asked for."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("nonsense",),
            ("--nonsense",),
            ("validate",),
            ("validate", "nowhere.yaml"),
            ("validate", "*.nothing"),
            ("run", "nowhere.yaml"),
            ("run", LETTERS, "--runs", "0"),
            ("run", LETTERS, "--input", "{"),
            ("run", LETTERS, "--input", "@nowhere.json"),
            ("run", LETTERS, "--inputs", "nowhere.jsonl"),
            ("run", LETTERS, "--input", "1", "--inputs", LETTERS),
            ("test", "nowhere.yaml"),
            ("test", LETTERS, "--mode", "replay"),
            ("replay", LETTERS),
            ("replay", "nowhere.json", "--spec", LETTERS),
            ("replay", "empty.json", "--spec", LETTERS),
            ("replay", "nobody", "--spec", LETTERS, "--recordings", "nowhere"),
            ("diff", LETTERS),
            ("diff", LETTERS, "nowhere.yaml"),
            ("patch", "apply", LETTERS, "nowhere.json"),
            ("patch", "apply", LETTERS, LETTERS),
            ("patch", "apply", LETTERS, "patch.json", "--output", "x", "--in-place"),
            ("classify", LETTERS, "nowhere.json"),
            ("classify", LETTERS, "empty.json"),
            ("policy", "simulate", LETTERS, "--telemetry", "nowhere.jsonl"),
            ("suggest", LETTERS),
            ("suggest", LETTERS, "--telemetry", "nowhere.jsonl"),
            ("suggest", LETTERS, "--telemetry", "empty.jsonl", "--recordings", "nowhere"),
            ("suggest", LETTERS, "--telemetry", LETTERS),
            ("sweep",),
            ("sweep", "--repo", "nowhere"),
            ("demo", "--runs", "1"),
        ],
        ids=" ".join,
    )
    def test_it_is_told_in_one_line(self, cli: Cli, spec: Path, arguments: tuple[str, ...]) -> None:
        Path("patch.json").write_text(RETRY)
        Path("empty.json").write_text("[]")
        Path("empty.jsonl").touch()
        plain = cli(*arguments)
        assert (plain.code, plain.out) == (2, "")
        assert plain.line
        if arguments[0] in COMMANDS:
            asked = cli(*arguments, "--format", "json")
            assert asked.code == 2
            assert json.loads(asked.out).keys() == {"error"}

    def test_a_demo_never_plays_in_a_folder_that_is_in_use(self, cli: Cli, spec: Path) -> None:
        answer = cli("demo", "--directory", spec.parent)
        assert (answer.code, spec.read_text()) == (2, LETTERS_SPEC)
        assert "isn't empty" in answer.line


class TestAnswers:
    """0 is yes, 1 is no."""

    def test_without_arguments_the_commands_are_listed(self, cli: Cli) -> None:
        answer = cli()
        assert answer.code == 0
        assert all(name in answer.out for name in COMMANDS)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_explains_itself(self, cli: Cli, name: str) -> None:
        answer = cli(name, "--help")
        assert answer.code == 0
        assert "Usage: flujo" in answer.out

    def test_a_valid_and_an_invalid_spec(self, cli: Cli, spec: Path, tmp_path: Path) -> None:
        broken = tmp_path / "broken.yaml"
        broken.write_text(LETTERS_SPEC.replace("agents.writer", "agents.wirter"))
        assert cli("validate", spec).code == 0
        both = cli("validate", spec, broken)
        assert both.code == 1
        assert "broken.yaml:8:5: error: " in both.out

    def test_a_run_that_succeeds_and_one_that_fails(self, cli: Cli, spec: Path) -> None:
        results = {cli("run", spec, "--input", INPUT, "--seed", seed).code for seed in range(30)}
        assert results == {0, 1}

    def test_tests_that_pass_and_fail(self, cli: Cli, spec: Path) -> None:
        assert cli("test", spec).code == 0
        spec.write_text(LETTERS_SPEC.replace("[result.success]", "[not result.success]"))
        assert cli("test", spec).code == 1

    def test_a_difference_and_none(self, cli: Cli, spec: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.yaml"
        other.write_text(LETTERS_SPEC.replace("Write.", "Write well."))
        assert cli("diff", spec, spec, "--exit-code").code == 0
        assert cli("diff", spec, other).code == 0
        assert cli("diff", spec, other, "--exit-code").code == 1

    def test_a_patch_the_guard_takes_and_one_it_refuses(self, cli: Cli, spec: Path) -> None:
        Path("good.json").write_text(RETRY)
        Path("bad.json").write_text(RETRY.replace("/steps/0/config", "/steps/0/uses"))
        assert cli("classify", spec, "good.json").code == 0
        assert cli("classify", spec, "bad.json").code == 1

    def test_a_patch_that_does_not_fit_changes_nothing(self, cli: Cli, spec: Path) -> None:
        Path("patch.json").write_text(RETRY.replace("/steps/0", "/steps/7"))
        answer = cli("patch", "apply", spec, "patch.json", "--in-place")
        assert answer.code == 2
        assert "doesn't fit" in answer.line
        assert spec.read_text() == LETTERS_SPEC


class TestTelemetry:
    def test_bad_lines_are_skipped_named_and_counted(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        repository.commit({SETTINGS: PROPOSE})
        run_some(cli, repository)
        path = repository.folder / ".flujo/telemetry/runs.jsonl"
        path.write_bytes(b"{nonsense\n" + path.read_bytes() + b"more\n")
        spec = repository.folder / LETTERS
        answer = cli("suggest", spec, "--telemetry", path, "--format", "json")
        assert (answer.code, json.loads(answer.out)["skipped"]) == (0, 2)
        assert f"skipped {path}:1: " in answer.err
        answer = sweep(cli, repository, "--format", "json")
        assert (answer.code, json.loads(answer.out)["skipped"]) == (0, 2)

    def test_a_file_without_a_good_line_can_not_be_decided_on(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        bad = repository.folder / ".flujo/telemetry/bad.jsonl"
        bad.parent.mkdir(parents=True)
        bad.write_text("nonsense\n")
        answer = sweep(cli, repository)
        assert answer.code == 2
        assert str(bad) in answer.line

    def test_without_telemetry_a_sweep_says_so(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        answer = sweep(cli, repository)
        assert answer.code == 0
        assert answer.out == "nothing to go by: no telemetry of the specs as they are now\n"
        assert "no telemetry yet; run it with `flujo run" in answer.err

    def test_a_recording_that_can_not_be_read_is_named(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        bad = repository.folder / ".flujo/recordings/bad.json"
        bad.parent.mkdir(parents=True)
        bad.write_text("{}")
        answer = sweep(cli, repository)
        assert answer.code == 2
        assert answer.line.startswith(f"{bad}: not a recording: ")

    def test_one_run_suggests_nothing(self, cli: Cli, repository: ScratchRepository) -> None:
        run_some(cli, repository, runs=1)
        assert sweep(cli, repository).out == "nothing worth proposing\n"

    def test_suggestions_read_well(self, cli: Cli, repository: ScratchRepository) -> None:
        run_some(cli, repository)
        kept = repository.folder / ".flujo"
        answer = cli(
            *("suggest", repository.folder / LETTERS, "--recordings", kept / "recordings"),
            *("--telemetry", kept / "telemetry/runs.jsonl"),
        )
        assert answer.code == 0
        assert "Retry write up to 3 times" in answer.out
        assert "imulated" in answer.out
        assert repository.status() == ""


class TestSweepingARepository:
    def applied(self, cli: Cli, repository: ScratchRepository) -> dict[str, str]:
        run_some(cli, repository)
        answer = sweep(cli, repository, "--format", "json")
        assert answer.code == 0
        (applied,) = json.loads(answer.out)["applied"]
        return dict(applied)

    def test_git_is_the_witness_and_untracked_files_are_in_nobodys_way(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        notes = repository.write("notes.txt", b"mine")
        applied = self.applied(cli, repository)
        assert repository.head() == applied["commit"]
        assert repository.git("rev-parse", f"HEAD:{LETTERS}") == applied["blob_after"]
        assert repository.git("rev-parse", f"HEAD~:{LETTERS}") == applied["blob_before"]
        assert notes.read_bytes() == b"mine"
        assert repository.status() == "?? notes.txt"

    def test_one_value_replaced_is_one_line_changed(self, cli: Cli, spec: Path) -> None:
        text = LETTERS_SPEC.replace(
            "    uses: agents.writer\n",
            "    uses: agents.writer\n    config: {max_retries: 1} # one\n",
        )
        repository = make_repository(spec.parent / "one", {LETTERS: text.encode()})
        patch = [{"op": "replace", "path": "/steps/0/config/max_retries", "value": 2}]
        Path("patch.json").write_text(json.dumps(patch))
        target = repository.folder / LETTERS
        assert cli("patch", "apply", target, "patch.json", "--in-place").code == 0
        assert repository.git("diff", "--numstat").split("\t")[:2] == ["1", "1"]

    def test_undoing_by_hand_gives_back_the_bytes(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        content = LETTERS_SPEC.replace("\n", "\r\n").encode()
        repository.commit({LETTERS: content})
        applied = self.applied(cli, repository)
        patched = (repository.folder / LETTERS).read_bytes()
        assert patched.count(b"\r\n") == patched.count(b"\n")
        repository.git("revert", "--no-edit", applied["commit"])
        assert (repository.folder / LETTERS).read_bytes() == content

    def test_uncommitted_work_is_never_touched(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        run_some(cli, repository)
        head = repository.head()
        mine = LETTERS_SPEC + "# my own thoughts\n"
        repository.write(LETTERS, mine.encode())
        answer = sweep(cli, repository)
        assert answer.code == 2
        assert "uncommitted changes" in answer.line
        assert (repository.folder / LETTERS).read_text() == mine
        assert repository.head() == head

    def test_without_an_identity_git_is_asked_for_one(
        self, cli: Cli, repository: ScratchRepository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run_some(cli, repository)
        for name in IDENTITY:
            monkeypatch.delenv(name)
        monkeypatch.setenv("EMAIL", "")
        monkeypatch.setenv("HOME", str(repository.folder.parent))
        repository.git("config", "user.useConfigOnly", "true")
        answer = sweep(cli, repository)
        assert answer.code == 2
        assert "git config --global user.name" in answer.line

    def test_a_folder_that_is_no_repository(self, cli: Cli, tmp_path: Path) -> None:
        (tmp_path / "plain").mkdir()
        answer = cli("sweep", "--repo", tmp_path / "plain")
        assert answer.code == 2
        assert "repository" in answer.line

    def test_an_empty_repository(self, cli: Cli, tmp_path: Path) -> None:
        answer = sweep(cli, make_repository(tmp_path / "empty", {}))
        assert answer.code == 2
        assert "commit" in answer.line

    def test_a_detached_head_is_left_where_it_is(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        run_some(cli, repository)
        first = repository.head()
        repository.git("checkout", "--quiet", "--detach")
        assert sweep(cli, repository).code == 0
        assert repository.git("rev-parse", "HEAD") == first
        assert repository.head("main") != first
        assert (repository.folder / LETTERS).read_text() == LETTERS_SPEC

    def test_a_broken_spec_among_good_ones_is_named(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        repository.commit({"broken.flow.yaml": b"name: [\n", SETTINGS: PROPOSE})
        run_some(cli, repository)
        answer = sweep(cli, repository, "--format", "json")
        told = json.loads(answer.out)
        assert (answer.code, [one["fate"] for one in told["proposals"]]) == (0, ["proposed"])
        assert told["problems"][0].startswith("broken.flow.yaml:")

    def test_a_mistake_in_the_settings_is_placed(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        repository.commit({SETTINGS: b"mode: auto-low\nspecs: 7\n"})
        answer = sweep(cli, repository)
        assert answer.code == 2
        assert answer.line.startswith(f"{SETTINGS}:2:1: ")

    def test_settings_that_select_nothing_are_told(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        repository.commit({SETTINGS: b"specs: [nowhere/*.yaml]\n"})
        answer = sweep(cli, repository)
        assert (answer.code, answer.out) == (
            0,
            f"no spec to look at: `specs` in {SETTINGS} selects no file\n",
        )

    def test_a_second_sweep_refreshes_the_offer_and_doubles_nothing(
        self, cli: Cli, repository: ScratchRepository
    ) -> None:
        repository.commit({SETTINGS: PROPOSE})
        run_some(cli, repository)
        (first,) = json.loads(sweep(cli, repository, "--format", "json").out)["proposals"]
        page = Path(first["where"]).read_text()
        newer = LETTERS_SPEC.replace("Write.", "Write well.")
        repository.commit({LETTERS: newer.encode()})
        run_some(cli, repository, runs=200, seed=900)
        (second,) = json.loads(sweep(cli, repository, "--format", "json").out)["proposals"]
        assert (second["id"], second["where"]) == (first["id"], first["where"])
        assert Path(second["where"]).read_text() != page
        assert len(repository.git("branch", "--list", "flujo/*").splitlines()) == 1
        assert repository.git("worktree", "list").count("\n") == 0


class TestInterruption:
    """A real SIGINT to a real process."""

    def interrupt(self, *arguments: object, after: Path, environ: Mapping[str, str]) -> Answer:
        """Send Ctrl-C as soon as a file that `after` matches exists."""
        with subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, arguments)],
            cwd=Path(__file__).parents[2],
            env={**os.environ, **NO_GIT_CONFIG, **IDENTITY, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Whoever runs the tests in the background has it ignored, and that is inherited.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        ) as process:
            while not any(after.parent.glob(after.name)) and process.poll() is None:
                os.sched_yield()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        return Answer(process.returncode, out, err)

    def test_a_batch_leaves_whole_lines_and_recordings(self, spec: Path, tmp_path: Path) -> None:
        telemetry, recordings = tmp_path / "runs.jsonl", tmp_path / "recordings"
        answer = self.interrupt(
            *("run", spec, "--input", INPUT, "--runs", 100_000),
            *("--telemetry", telemetry, "--record", recordings),
            after=recordings / "*.json",
            environ={"XDG_STATE_HOME": str(tmp_path / "state")},
        )
        assert answer.code == 2
        assert "interrupted" in answer.line
        found = read_telemetry([telemetry])
        assert found.notes == ()
        kept = read_recordings([recordings])
        assert 0 <= len(found.assembled.runs) - len(kept) <= 1
        assert not list(recordings.glob("*.part"))

    def test_the_next_sweep_finishes_what_was_interrupted(
        self, cli: Cli, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        sign = tmp_path / "testing"
        skills = f"from pathlib import Path\nimport time\nfrom workflow import skill\n\n{_WAIT}"
        waiting = LETTERS_SPEC.replace(
            "tests:", "  - {name: wait, uses: 'skills.wait:wait'}\ntests:"
        )
        repository.commit(
            {
                "skills/__init__.py": b"",
                "skills/wait.py": skills.replace("SIGN", str(sign)).encode(),
                LETTERS: waiting.encode(),
            }
        )
        sign.touch()  # as long as it is there, nothing waits
        run_some(cli, repository)
        head = repository.head()
        sign.unlink()
        answer = self.interrupt(*("sweep", "--repo", repository.folder), after=sign, environ={})
        assert answer.code == 2
        assert "interrupted" in answer.line
        assert (repository.head(), repository.status()) == (head, "")
        assert repository.git("worktree", "list").count("\n") == 0
        done = json.loads(sweep(cli, repository, "--format", "json").out)
        assert len(done["applied"]) == 1
        assert parse_workflow(
            (repository.folder / LETTERS).read_text(), read=lambda _: skills
        ).spec_sha256


_WAIT = """\
@skill(side_effects="pure")
def wait(data):
    sign = Path("SIGN")
    if not sign.exists():
        sign.touch()
        time.sleep(30)
    return data
"""
