"""Kills a real process with SIGKILL at every named point of a change, on real git, and looks at what is left.

Run as a script, a process without threads forks one child a point; the child makes the change and dies there. The
parent then reads the repository with `git` alone, lets a new process of ours recover, and reads it again.

`python -m benchmarks.adversarial.killed [ROUNDS [EVERY]]` prints one JSON object; of the points, every so manieth.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from app.adapters.local_git import LocalGitRepository
from app.ports import CommitRef, RunTests, TestVerdict
from app.store import (
    Closing,
    ProposalRecord,
    Store,
    Transaction,
    find_application,
    find_proposal,
    list_entries,
    list_open_entries,
    open_store,
    save_proposal,
)
from app.use_cases.apply_proposal import apply_proposal
from app.use_cases.recover import recover
from app.use_cases.spec_edit import SpecEdit
from benchmarks.adversarial.pipeline_world import ENVIRON, git
from trust_tiers import RolloutState

SPEC = "pipeline.yaml"
OLD = b"name: a\r\n# \xc3\xa9\nsteps: []\n"
NEW = OLD + b"version: 1\r\n"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ID = "p1"
_STORE = ".git/flujo/flujo.db"
_SCENARIOS = ("passes", "fails once merged")


@dataclass
class Fuse:
    """Counts named points and ends the process at number `at`; 0 never does."""

    at: int = 0
    names: list[str] = field(default_factory=list)

    def burn(self, name: str) -> None:
        """Pass a point, or die there."""
        self.names.append(name)
        if len(self.names) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalHost(LocalGitRepository):
    """Real git, whose user may die before and after each effect."""

    fuse: Fuse

    def prepare_commit(self, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
        """Die with a commit that is on no branch."""
        ref = super().prepare_commit(parent=parent, path=path, content=content, message=message)
        self.fuse.burn("commit made")
        return ref

    def land(self, branch: str, commit: CommitRef) -> None:
        """Die right before the branch moves, or right after."""
        self.fuse.burn("before landing")
        super().land(branch, commit)
        self.fuse.burn("after landing")


@dataclass(frozen=True)
class MortalStore(Store):
    """The real store, whose user may die before and after each commit."""

    fuse: Fuse = field(default_factory=Fuse)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Die with everything written and nothing committed, or right after the commit."""
        with Store.transaction(self) as rows:
            yield rows
            self.fuse.burn("before a commit of rows")
        self.fuse.burn("after a commit of rows")


@dataclass(frozen=True, slots=True)
class Left:
    """What a kill left at one point: right after it, and after recovery."""

    scenario: str
    point: str
    at_once: str
    at_last: str
    wrong: tuple[str, ...]


def main(rounds: int, every: int) -> None:
    """Kill at every so manieth point, `rounds` times over, and print what was found."""
    left = [one for _ in range(rounds) for one in kill_everywhere(every)]
    answer = {
        "kills": len(left),
        "points": sorted({one.point for one in left}),
        "ended": dict(Counter(f"{one.at_once} → {one.at_last}" for one in left)),
        "wrong": [f"{one.scenario}, {one.point}: {what}" for one in left for what in one.wrong],
    }
    sys.stdout.write(json.dumps(answer) + "\n")


def kill_everywhere(every: int) -> Iterator[Left]:
    """Kill once at each point of each scenario, or at some of them."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template"
        _make_repository(template)
        for scenario in _SCENARIOS:
            names = _list_points(template, Path(folder) / "whole", scenario)
            for at, name in list(enumerate(names, start=1))[::every]:
                yield _kill_at(template, Path(folder) / "killed", scenario, at, name)


def _list_points(template: Path, folder: Path, scenario: str) -> list[str]:
    """Let the change go through, and return the points it passed."""
    fuse = Fuse()
    shutil.copytree(template, folder, symlinks=True)
    _change(folder, fuse, scenario)
    shutil.rmtree(folder)
    return fuse.names


def _kill_at(template: Path, folder: Path, scenario: str, at: int, name: str) -> Left:
    shutil.copytree(template, folder, symlinks=True)
    try:
        child = os.fork()
        if child == 0:
            try:
                _change(folder, Fuse(at), scenario)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        wrong = [] if os.WIFSIGNALED(status) else ["nobody died"]
        at_once = _read(folder, wrong)
        _recover(folder, scenario)
        at_last = _read(folder, wrong)
        wrong += _judge(folder, at_last, scenario)
        return Left(scenario, name, at_once, at_last, tuple(wrong))
    finally:
        shutil.rmtree(folder)


def _change(folder: Path, fuse: Fuse, scenario: str) -> None:
    """Apply the proposal, which takes it back by itself where its tests fail once merged."""
    host = MortalHost(folder, environ=ENVIRON)
    host.fuse = fuse
    plain = open_store(folder / _STORE)
    store = MortalStore(
        **{item.name: getattr(plain, item.name) for item in fields(Store)}, fuse=fuse
    )
    blob = host.blob_sha(host.default_branch().commit, SPEC) or ""
    edit = SpecEdit(_ID, blob, NEW, "b" * 64, ("It often fails.",))
    apply_proposal(host, store, edit, run_tests=_tests(folder, scenario), now=NOW)


def _recover(folder: Path, scenario: str) -> None:
    host = LocalGitRepository(folder, environ=ENVIRON)
    recover(host, open_store(folder / _STORE), run_tests=_tests(folder, scenario), now=NOW)


def _tests(repository: Path, scenario: str) -> RunTests:
    """Fail, in one scenario, as soon as the default branch holds the change."""

    def run_tests(_: Path) -> TestVerdict:
        is_merged = git(repository, "show", f"main:{SPEC}") == NEW
        return TestVerdict(passed=scenario == _SCENARIOS[0] or not is_merged, total=1)

    return run_tests


def _read(folder: Path, wrong: list[str]) -> str:
    """Return whether the branch holds the old bytes or the new ones, by `git` alone."""
    found = git(folder, "show", f"main:{SPEC}")
    if found not in (OLD, NEW):
        wrong.append(f"neither old nor new: {found!r}")
    if git(folder, "show", "main:other.txt") != b"other":
        wrong.append("another file changed")
    return "old" if found == OLD else "new"


def _judge(folder: Path, at_last: str, scenario: str) -> Iterator[str]:
    """Yield what the journal can't explain."""
    with open_store(folder / _STORE).transaction() as rows:
        record, application = find_proposal(rows, _ID), find_application(rows, _ID)
        entries, still_open = list_entries(rows, _ID), list_open_entries(rows)
    assert record is not None
    if still_open:
        yield "the journal has open entries after recovery"
    stands = application is not None and application.stands
    if stands != (at_last == "new"):
        yield f"the rows say {stands}, the branch is {at_last}"
    if at_last == "new" and scenario != _SCENARIOS[0]:
        yield "what fails its tests stayed"
    done = [entry.step.value for entry in entries if entry.closing is Closing.DONE]
    if (application is not None) != ("land" in done):
        yield f"the journal doesn't tell of the landing: {done}"
    if record.state is RolloutState.REVERTED and "revert" not in done:
        yield f"the journal doesn't tell of the revert: {done}"
    if git(folder, "status", "--porcelain"):
        yield "the work tree isn't clean"
    if (folder / SPEC).read_bytes() != (NEW if at_last == "new" else OLD):
        yield "the work tree shows another version than the branch"


def _make_repository(folder: Path) -> None:
    folder.mkdir()
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main")
    (folder / SPEC).write_bytes(OLD)
    (folder / "other.txt").write_bytes(b"other")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Start")
    record = ProposalRecord(
        id=_ID,
        spec_path=SPEC,
        spec_sha256="a" * 64,
        fingerprint=f'["{SPEC}",[["step","lookup","config/max_retries","set",0]]]',
        title="Retry `lookup` up to 2 times",
        source="heuristic:retries",
        patch_class="retries",
        tier="LOW",
        patch=[],
        created_at=NOW,
    )
    with open_store(folder / _STORE).transaction() as rows:
        save_proposal(rows, record)


if __name__ == "__main__":
    main(*map(int, [*sys.argv[1:], "1", "1"][:2]))
