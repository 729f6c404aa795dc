"""A process may die at every durable step; the next one leaves the change applied and tested, or not there at all."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.errors import GitError, HeldError
from app.ports import CodeHost, CommitRef, TestVerdict
from app.store import (
    Closing,
    Store,
    find_application,
    list_entries,
    list_open_entries,
    open_store,
    set_proposal_state,
)
from app.use_cases.apply_proposal import apply_proposal
from app.use_cases.outcome import OutcomeKind
from app.use_cases.recover import recover
from app.use_cases.spec_edit import SpecEdit
from app.use_cases.take_back import take_back
from tests.app.applying import (
    FAIL,
    NEW,
    NOW,
    OLD,
    PASS,
    SPEC,
    ScriptedTests,
    content_of,
    make_edit,
    state_of,
    store_proposal,
)
from tests.app.scratch_git import ENVIRON, make_repository
from tests.fakes.code_host import FakeCodeHost
from tests.fakes.crashes import Fuse, Killed, MortalHost, MortalStore
from tests.fakes.delegating_host import DelegatingHost
from trust_tiers import RolloutState

_MOST_STEPS = 60


@dataclass
class World:
    """A fresh host and store for one death."""

    host: FakeCodeHost
    store: Store


def _make_world(folder: Path) -> World:
    store = open_store(folder / "flujo.db")
    store_proposal(store)
    return World(FakeCodeHost({SPEC: OLD}), store)


def _apply(host: CodeHost, store: Store, tests: Callable[[Path], TestVerdict]) -> OutcomeKind:
    edit = make_edit(host)
    return apply_proposal(host, store, edit, run_tests=tests, now=NOW).kind


def _live_until(at: int, world: World, verdicts: Sequence[TestVerdict]) -> int:
    """Apply with a process that dies at durable step `at`; return the steps it took."""
    fuse = Fuse(at)
    host, store = MortalHost(world.host, fuse), MortalStore.wrap(world.store, fuse)
    if at == 0:
        _apply(host, store, ScriptedTests(verdicts))
    else:
        with pytest.raises(Killed):
            _apply(host, store, ScriptedTests(verdicts))
    return fuse.steps


@pytest.mark.parametrize(
    ("verdicts", "state", "content", "landings"),
    [
        ([PASS], RolloutState.BAKING, NEW, 1),
        ([PASS, FAIL], RolloutState.REVERTED, OLD, 2),
    ],
    ids=["passing", "failing after landing"],
)
def test_a_death_at_any_durable_step_is_recovered_from(
    tmp_path: Path,
    verdicts: Sequence[TestVerdict],
    state: RolloutState,
    content: bytes,
    landings: int,
) -> None:
    (tmp_path / "0").mkdir()
    steps = _live_until(0, _make_world(tmp_path / "0"), verdicts)
    assert steps > 15
    for at in range(1, steps + 1):
        (tmp_path / str(at)).mkdir()
        world = _make_world(tmp_path / str(at))
        _live_until(at, world, verdicts)
        verdict_after_landing = ScriptedTests([verdicts[-1]])
        recover(world.host, world.store, run_tests=verdict_after_landing, now=NOW)
        _check_settled(world)
        if content_of(world.host) == OLD and not world.host.landed:
            _apply(world.host, world.store, ScriptedTests(verdicts))
        assert content_of(world.host) == content, at
        assert state_of(world.store) is state, at
        assert len(world.host.landed) == landings, at
        _check_settled(world)


def test_dying_again_while_recovering_is_recovered_from(tmp_path: Path) -> None:
    """The first death is right after landing: what is left to do then is the most there is."""
    for second in range(1, _MOST_STEPS):
        (tmp_path / str(second)).mkdir()
        world = _make_world(tmp_path / str(second))
        with pytest.raises(Killed):
            _apply(_DiesAfterLanding(world.host), world.store, ScriptedTests())
        fuse = Fuse(second)
        host, store = MortalHost(world.host, fuse), MortalStore.wrap(world.store, fuse)
        with suppress(Killed):
            recover(host, store, run_tests=ScriptedTests([FAIL]), now=NOW)
        recover(world.host, world.store, run_tests=ScriptedTests([FAIL]), now=NOW)
        _check_settled(world)
        assert content_of(world.host) == OLD
        assert len(world.host.landed) == 2
        if fuse.steps < second:
            return
    pytest.fail("recovering took more steps than expected")


def _check_settled(world: World) -> None:
    """Nothing is announced any more, and the record agrees with the branch."""
    with world.store.transaction() as rows:
        assert list_open_entries(rows) == ()
        application = find_application(rows, "p1")
    head = world.host.default_branch().commit
    if application is None:
        assert world.host.landed == []
    elif application.stands:
        assert world.host.landed == [application.commit] == [head]
    else:
        assert world.host.landed == [application.commit, application.reverted_commit]
        assert content_of(world.host) == OLD


def test_a_cut_off_undo_by_a_person_is_recorded_if_it_landed(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    _apply(world.host, world.store, ScriptedTests())
    with world.store.transaction() as rows:
        application = find_application(rows, "p1")
    assert application is not None
    host = _DiesAfterLanding(world.host)
    with pytest.raises(Killed):
        take_back(host, world.store, application, "slower", NOW)
    assert recover(world.host, world.store, run_tests=ScriptedTests(), now=NOW) == ()
    assert state_of(world.store) is RolloutState.REVERTED
    _check_settled(world)


def test_a_person_who_undoes_it_again_learns_what_happened(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    _apply(world.host, world.store, ScriptedTests())
    with world.store.transaction() as rows:
        application = find_application(rows, "p1")
    assert application is not None
    with pytest.raises(Killed):
        take_back(_DiesAfterLanding(world.host), world.store, application, "slower", NOW)
    with pytest.raises(HeldError, match="took it back already"):
        take_back(world.host, world.store, application, "slower", NOW)
    _check_settled(world)


def test_a_proposal_that_moved_on_meanwhile_follows_the_branch(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    with pytest.raises(Killed):
        _apply(_DiesAfterLanding(world.host), world.store, ScriptedTests())
    with world.store.transaction() as rows:
        set_proposal_state(rows, "p1", RolloutState.EXPIRED)
    recover(world.host, world.store, run_tests=ScriptedTests(), now=NOW)
    assert state_of(world.store) is RolloutState.BAKING
    _check_settled(world)


def test_applying_recovers_first(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    with pytest.raises(Killed):
        _apply(_DiesAfterLanding(world.host), world.store, ScriptedTests())
    tests = ScriptedTests()
    assert _apply(world.host, world.store, tests) is OutcomeKind.APPLIED
    assert tests.seen == [NEW]
    _check_settled(world)


def test_the_tests_of_one_spec_never_judge_another(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    with pytest.raises(Killed):
        _apply(_DiesAfterLanding(world.host), world.store, ScriptedTests())
    store_proposal(world.store, "p2", "other.yaml")
    world.host.commit_elsewhere("other.yaml", b"name: other")
    blob = world.host.blob_sha(world.host.default_branch().commit, "other.yaml")
    edit = SpecEdit("p2", blob or "", b"name: new", "c" * 64)
    tests = ScriptedTests([FAIL])
    outcome = apply_proposal(world.host, world.store, edit, run_tests=tests, now=NOW)
    assert outcome.kind is OutcomeKind.REFUSED
    assert state_of(world.store) is RolloutState.APPLIED
    found = recover(world.host, world.store, run_tests=ScriptedTests(), now=NOW)
    assert [outcome.proposal_id for outcome in found] == ["p1"]
    assert state_of(world.store) is RolloutState.BAKING


def test_a_landing_that_fails_oddly_but_happened_counts_as_landed(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    assert _apply(_FailsAfterLanding(world.host), world.store, ScriptedTests()) is (
        OutcomeKind.APPLIED
    )
    _check_settled(world)


def test_a_landing_that_fails_and_did_not_happen_is_abandoned(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    with pytest.raises(GitError):
        _apply(_FailsBeforeLanding(world.host), world.store, ScriptedTests())
    with world.store.transaction() as rows:
        assert [entry.closing for entry in list_entries(rows, "p1")] == [Closing.ABANDONED]
    assert _apply(world.host, world.store, ScriptedTests()) is OutcomeKind.APPLIED


def test_nothing_to_recover_is_fine(tmp_path: Path) -> None:
    world = _make_world(tmp_path)
    assert recover(world.host, world.store, run_tests=ScriptedTests(), now=NOW) == ()


_APPLY_AND_HANG = """
import sys
from pathlib import Path
from app.adapters.local_git import LocalGitRepository
from app.ports import TestVerdict
from app.store import open_store
from app.use_cases.apply_proposal import apply_proposal
from tests.app.applying import NOW, make_edit

runs = 0

def run_tests(folder):
    global runs
    runs += 1
    if runs == int(sys.argv[2]):
        print(folder, flush=True)
        sys.stdin.read()
    return TestVerdict(passed=True)

host = LocalGitRepository(Path(sys.argv[1]))
store = open_store(host.state_folder / "flujo.db")
apply_proposal(host, store, make_edit(host), run_tests=run_tests, now=NOW)
"""


@pytest.mark.parametrize("run", [1, 2], ids=["before landing", "after landing"])
def test_a_real_process_killed_during_the_tests_leaves_nothing_half_done(
    tmp_path: Path, run: int
) -> None:
    repository = make_repository(tmp_path / "repository", {SPEC: OLD})
    store = open_store(repository.open().state_folder / "flujo.db")
    store_proposal(store)
    with subprocess.Popen(
        [sys.executable, "-c", _APPLY_AND_HANG, str(repository.folder), str(run)],
        cwd=Path(__file__).parents[2],
        env={**ENVIRON, "PYTHONPATH": "."},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        checkout = Path(process.stdout.readline().decode().strip())
        process.kill()
    assert checkout.name == "tree"
    host = repository.open()
    assert not checkout.exists()
    outcomes = recover(host, store, run_tests=ScriptedTests([FAIL]), now=NOW)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.REVERTED] * (run - 1)
    assert (repository.folder / SPEC).read_bytes() == OLD
    assert repository.status() == ""


class _DiesAfterLanding(DelegatingHost):
    def land(self, branch: str, commit: CommitRef) -> None:
        super().land(branch, commit)
        raise Killed


class _FailsAfterLanding(DelegatingHost):
    def land(self, branch: str, commit: CommitRef) -> None:
        super().land(branch, commit)
        raise GitError("merge", "no answer within 120 s")


class _FailsBeforeLanding(DelegatingHost):
    def land(self, branch: str, commit: CommitRef) -> None:
        raise GitError("merge", "disk full")
