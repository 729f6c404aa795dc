"""Applying a proposal and taking it back, on real git and on the fake alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.errors import BadInputError, DirtyRepositoryError, HeldError, PathError, StoreBusyError
from app.ports import CodeHost, CommitRef, TestVerdict
from app.store import (
    Application,
    Store,
    find_application,
    list_memories,
    list_open_entries,
    open_store,
    save_application,
)
from app.use_cases.apply_proposal import apply_proposal
from app.use_cases.commit_messages import read_trailers
from app.use_cases.outcome import Outcome, OutcomeKind
from app.use_cases.take_back import take_back
from meta_agent import Memory, MemoryReason
from tests.app.applying import (
    FAIL,
    FINGERPRINT,
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
from tests.app.scratch_git import make_repository
from tests.fakes.code_host import FakeCodeHost
from tests.fakes.delegating_host import DelegatingHost
from trust_tiers import RolloutEvent, RolloutState


@dataclass
class Scene:
    """A host, a store with one proposal, and somebody else who commits."""

    host: CodeHost
    store: Store
    commit_elsewhere: Callable[[str, bytes], str]

    def apply(self, tests: ScriptedTests | None = None) -> Outcome:
        edit = make_edit(self.host)
        return self.apply_with(self.host, tests or ScriptedTests(), edit.blob_before)

    def apply_with(self, host: CodeHost, tests: ScriptedTests, blob_before: str) -> Outcome:
        edit = replace(make_edit(host), blob_before=blob_before)
        return apply_proposal(host, self.store, edit, run_tests=tests, now=NOW)

    def application(self) -> Application:
        with self.store.transaction() as rows:
            found = find_application(rows, "p1")
        assert found is not None
        return found

    def memories(self) -> tuple[Memory, ...]:
        with self.store.transaction() as rows:
            assert list_open_entries(rows) == ()
            return list_memories(rows, now=NOW)


def _make_fake(_: Path) -> tuple[CodeHost, Callable[[str, bytes], str]]:
    host = FakeCodeHost({SPEC: OLD, "other.txt": b"other"})
    return host, host.commit_elsewhere


def _make_git(folder: Path) -> tuple[CodeHost, Callable[[str, bytes], str]]:
    repository = make_repository(folder / "repository", {SPEC: OLD, "other.txt": b"other"})
    return repository.open(), lambda path, content: repository.commit({path: content})


@pytest.fixture(params=[_make_fake, _make_git], ids=["fake", "git"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    host, commit_elsewhere = request.param(tmp_path)
    store = open_store(tmp_path / "flujo.db")
    store_proposal(store)
    return Scene(host, store, commit_elsewhere)


class TestApplying:
    def test_the_commit_that_was_tested_lands_and_is_tested_again(self, scene: Scene) -> None:
        tests = ScriptedTests()
        outcome = scene.apply(tests)
        assert outcome.kind is OutcomeKind.APPLIED
        assert outcome.commit == scene.host.default_branch().commit
        assert tests.seen == [NEW, NEW]
        assert content_of(scene.host) == NEW
        assert state_of(scene.store) is RolloutState.BAKING
        assert scene.memories() == ()

    def test_the_commit_names_its_proposal(self, scene: Scene) -> None:
        message = scene.host.read_message(scene.apply().commit)
        assert message.splitlines()[0] == "Retry `lookup` up to 2 times"
        assert "It often fails." in message
        assert read_trailers(message) == {"Flujo-Proposal": "p1"}

    def test_what_was_applied_is_on_record(self, scene: Scene) -> None:
        outcome = scene.apply()
        found = scene.application()
        assert found.commit == outcome.commit
        assert (found.spec_sha256_before, found.spec_sha256_after) == ("a" * 64, "b" * 64)
        assert scene.host.read_blob(found.blob_before) == OLD
        assert scene.host.read_blob(found.blob_after) == NEW

    def test_applying_again_does_nothing_and_says_the_same(self, scene: Scene) -> None:
        first = scene.apply()
        tests = ScriptedTests()
        blob = scene.application().blob_before
        assert scene.apply_with(scene.host, tests, blob) == first
        assert tests.seen == []

    @pytest.mark.parametrize(
        "verdict", [FAIL, TestVerdict(passed=False), ValueError("no module named orders")]
    )
    def test_a_commit_that_fails_its_tests_never_lands(
        self, scene: Scene, verdict: TestVerdict | Exception
    ) -> None:
        before = scene.host.default_branch()
        outcome = scene.apply(ScriptedTests([verdict]))
        assert outcome.kind is OutcomeKind.REFUSED
        assert outcome.reasons
        assert scene.host.default_branch() == before
        assert state_of(scene.store) is RolloutState.ROLLED_BACK
        assert scene.apply().kind is OutcomeKind.REFUSED

    @pytest.mark.parametrize("verdict", [FAIL, TestVerdict(passed=False), OSError("boom")])
    def test_a_failure_after_landing_restores_the_bytes_at_once(
        self, scene: Scene, verdict: TestVerdict | Exception
    ) -> None:
        outcome = scene.apply(ScriptedTests([PASS, verdict]))
        assert outcome.kind is OutcomeKind.REVERTED
        assert content_of(scene.host) == OLD
        assert scene.host.default_branch().commit == outcome.reverted_by
        assert state_of(scene.store) is RolloutState.REVERTED
        until = NOW + timedelta(days=90)
        assert scene.memories() == (Memory(FINGERPRINT, MemoryReason.REVERTED, until),)
        assert scene.application().reverted_commit == outcome.reverted_by

    def test_after_a_revert_applying_again_says_so(self, scene: Scene) -> None:
        first = scene.apply(ScriptedTests([PASS, FAIL]))
        again = scene.apply()
        assert (again.kind, again.commit, again.reverted_by) == (
            OutcomeKind.REVERTED,
            first.commit,
            first.reverted_by,
        )

    def test_a_spec_edited_since_is_refused_and_the_proposal_stays(self, scene: Scene) -> None:
        blob = make_edit(scene.host).blob_before
        scene.commit_elsewhere(SPEC, b"mine")
        outcome = scene.apply_with(scene.host, ScriptedTests(), blob)
        assert outcome.reasons == ("pipeline.yaml changed since this was proposed",)
        assert state_of(scene.store) is RolloutState.PROPOSED
        assert content_of(scene.host) == b"mine"

    def test_losing_the_race_means_testing_a_new_commit_on_top(self, scene: Scene) -> None:
        blob = make_edit(scene.host).blob_before
        host = _Racing(scene.host, lambda: scene.commit_elsewhere("other.txt", b"theirs"))
        tests = ScriptedTests()
        outcome = scene.apply_with(host, tests, blob)
        assert outcome.kind is OutcomeKind.APPLIED
        assert tests.seen == [NEW, NEW, NEW]
        head = scene.host.default_branch().commit
        assert scene.host.read_file(head, "other.txt") == b"theirs"
        assert content_of(scene.host) == NEW
        assert scene.memories() == ()

    def test_losing_the_race_to_an_edit_of_the_spec_is_a_refusal(self, scene: Scene) -> None:
        blob = make_edit(scene.host).blob_before
        host = _Racing(scene.host, lambda: scene.commit_elsewhere(SPEC, b"theirs"))
        outcome = scene.apply_with(host, ScriptedTests(), blob)
        assert outcome.kind is OutcomeKind.REFUSED
        assert content_of(scene.host) == b"theirs"

    def test_a_branch_that_keeps_moving_is_given_up(self, scene: Scene) -> None:
        count = iter(range(100))
        host = _Racing(
            scene.host,
            lambda: scene.commit_elsewhere("other.txt", b"%d" % next(count)),
            times=100,
        )
        outcome = scene.apply_with(host, ScriptedTests(), make_edit(scene.host).blob_before)
        assert outcome.reasons == ("the branch keeps moving; try again later",)
        assert state_of(scene.store) is RolloutState.PROPOSED

    def test_an_edit_after_landing_holds_the_proposal(self, scene: Scene) -> None:
        def edit_then_fail(folder: Path) -> TestVerdict:
            if content_of(scene.host) == NEW:
                scene.commit_elsewhere(SPEC, b"mine")
                return FAIL
            return PASS

        edit = make_edit(scene.host)
        outcome = apply_proposal(scene.host, scene.store, edit, run_tests=edit_then_fail, now=NOW)
        assert outcome.kind is OutcomeKind.HELD
        assert "git revert" in outcome.reasons[-1]
        assert content_of(scene.host) == b"mine"
        assert state_of(scene.store) is RolloutState.HELD
        assert scene.memories() == ()

    def test_an_unknown_proposal_is_refused(self, scene: Scene) -> None:
        edit = make_edit(scene.host, "p9")
        with pytest.raises(BadInputError, match="'p9'"):
            apply_proposal(scene.host, scene.store, edit, run_tests=ScriptedTests(), now=NOW)

    def test_two_never_apply_at_once(self, scene: Scene) -> None:
        with scene.store.exclusively(), pytest.raises(StoreBusyError):
            scene.apply()


class TestTakingBack:
    def test_the_bytes_are_restored_by_a_commit_that_says_why(self, scene: Scene) -> None:
        applied = scene.apply()
        commit = take_back(scene.host, scene.store, scene.application(), "It got slower.", NOW)
        assert content_of(scene.host) == OLD
        assert scene.host.default_branch().commit == commit
        message = scene.host.read_message(commit)
        assert message.splitlines()[0] == 'Revert "Retry `lookup` up to 2 times"'
        assert "It got slower." in message
        assert read_trailers(message) == {"Flujo-Proposal": "p1", "Flujo-Reverts": applied.commit}
        assert state_of(scene.store) is RolloutState.REVERTED
        assert len(scene.memories()) == 1

    def test_later_work_on_other_files_is_kept(self, scene: Scene) -> None:
        scene.apply()
        scene.commit_elsewhere("other.txt", b"later")
        take_back(scene.host, scene.store, scene.application(), "slower", NOW)
        head = scene.host.default_branch().commit
        assert scene.host.read_file(head, "other.txt") == b"later"
        assert content_of(scene.host) == OLD

    def test_a_bake_in_may_take_it_back_too(self, scene: Scene) -> None:
        scene.apply()
        application = scene.application()
        take_back(scene.host, scene.store, application, "errors", NOW, event=RolloutEvent.BREACH)
        assert state_of(scene.store) is RolloutState.REVERTED

    def test_an_edit_since_is_left_alone(self, scene: Scene) -> None:
        applied = scene.apply()
        scene.commit_elsewhere(SPEC, b"mine")
        with pytest.raises(HeldError, match=f"git revert {applied.commit[:12]}"):
            take_back(scene.host, scene.store, scene.application(), "slower", NOW)
        assert content_of(scene.host) == b"mine"
        assert state_of(scene.store) is RolloutState.HELD
        with pytest.raises(HeldError, match="edited since"):
            take_back(scene.host, scene.store, scene.application(), "slower", NOW)

    def test_an_edit_that_was_undone_is_no_edit(self, scene: Scene) -> None:
        scene.apply()
        scene.commit_elsewhere(SPEC, b"mine")
        scene.commit_elsewhere(SPEC, NEW)
        take_back(scene.host, scene.store, scene.application(), "slower", NOW)
        assert content_of(scene.host) == OLD

    def test_a_revert_is_never_reverted(self, scene: Scene) -> None:
        scene.apply()
        before = scene.application()
        commit = take_back(scene.host, scene.store, before, "slower", NOW)
        with pytest.raises(HeldError, match=f"{commit[:12]} took it back already"):
            take_back(scene.host, scene.store, scene.application(), "again", NOW)
        with pytest.raises(HeldError):
            take_back(scene.host, scene.store, before, "again", NOW)
        assert scene.host.default_branch().commit == commit

    def test_the_commit_of_somebody_else_is_never_reverted(self, scene: Scene) -> None:
        scene.apply()
        application = scene.application()
        foreign = scene.commit_elsewhere("other.txt", b"theirs")
        forged = replace(application, commit=foreign)
        with scene.store.transaction() as rows:
            save_application(rows, forged)
        with pytest.raises(HeldError, match="isn't its commit"):
            take_back(scene.host, scene.store, forged, "slower", NOW)

    def test_what_was_never_applied_cannot_be_taken_back(self, scene: Scene) -> None:
        scene.apply()
        never = replace(scene.application(), proposal_id="p9")
        with pytest.raises(HeldError, match="never applied"):
            take_back(scene.host, scene.store, never, "slower", NOW)

    def test_a_spec_that_became_something_else_is_left_alone(self, scene: Scene) -> None:
        scene.apply()
        host = _Relinked(scene.host)
        with pytest.raises(HeldError, match="edited since"):
            take_back(host, scene.store, scene.application(), "slower", NOW)

    def test_losing_the_race_means_trying_again_on_top(self, scene: Scene) -> None:
        scene.apply()
        host = _Racing(scene.host, lambda: scene.commit_elsewhere("other.txt", b"theirs"))
        take_back(host, scene.store, scene.application(), "slower", NOW)
        assert content_of(scene.host) == OLD

    def test_a_branch_that_keeps_moving_holds(self, scene: Scene) -> None:
        scene.apply()
        count = iter(range(100))
        host = _Racing(
            scene.host,
            lambda: scene.commit_elsewhere("other.txt", b"%d" % next(count)),
            times=100,
        )
        with pytest.raises(HeldError, match="keeps moving"):
            take_back(host, scene.store, scene.application(), "slower", NOW)
        assert state_of(scene.store) is RolloutState.BAKING


def test_uncommitted_work_stops_applying_and_nothing_is_left_behind(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {SPEC: OLD, "other.txt": b"other"})
    store = open_store(tmp_path / "flujo.db")
    store_proposal(store)
    repository.write("other.txt", b"my work")
    host, head = repository.open(), repository.head()
    with pytest.raises(DirtyRepositoryError):
        apply_proposal(host, store, make_edit(host), run_tests=ScriptedTests(), now=NOW)
    assert (repository.head(), state_of(store)) == (head, RolloutState.PROPOSED)
    repository.git("checkout", "--", "other.txt")
    applied = apply_proposal(host, store, make_edit(host), run_tests=ScriptedTests(), now=NOW)
    assert applied.kind is OutcomeKind.APPLIED


@settings(deadline=None, max_examples=15)
@given(old=st.binary(max_size=60), new=st.binary(max_size=60))
def test_any_bytes_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes
) -> None:
    assume(old != new)
    folder = tmp_path_factory.mktemp("bytes")
    host = make_repository(folder / "repository", {SPEC: old}).open()
    store = open_store(folder / "flujo.db")
    store_proposal(store)
    edit = make_edit(host, content=new)
    apply_proposal(host, store, edit, run_tests=ScriptedTests([PASS, FAIL]), now=NOW)
    assert content_of(host) == old
    assert (folder / "repository" / SPEC).read_bytes() == old


class _Relinked(DelegatingHost):
    """A host on which the spec was replaced by a link."""

    def blob_sha(self, commit: str, path: str) -> str | None:
        raise PathError(path, "is a symbolic link")


@dataclass
class _Racing(DelegatingHost):
    """A host on which somebody else commits right before we land, `times` times."""

    intervene: Callable[[], str]
    times: int = 1

    def land(self, branch: str, commit: CommitRef) -> None:
        if self.times:
            self.times -= 1
            self.intervene()
        super().land(branch, commit)
