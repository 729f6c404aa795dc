from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from app.ports import TestVerdict
from app.settings import Mode
from app.store import (
    Application,
    Store,
    list_applications,
    list_memories,
    list_open_entries,
    list_proposals,
    open_store,
)
from app.use_cases.act_on_proposal import Fate, Handled
from app.use_cases.offer_proposal import list_offers
from app.use_cases.sweep import SweepReport, sweep
from meta_agent import MemoryReason
from tests.app.sweeping import (
    AUTO_LOW,
    COSTLY,
    COSTLY_SPEC,
    LETTERS,
    LETTERS_SPEC,
    NOW,
    OpenedTests,
    Ran,
    compose_retries,
    grist_of,
    make_actor,
    make_host,
    read,
    run_often,
    text_of,
    with_mode,
)
from tests.fakes.code_host import FakeCodeHost
from trust_tiers import RolloutState

PASS, FAIL = (
    TestVerdict(True, total=1),
    TestVerdict(False, 1, ("test 'it writes': result.success",)),
)


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC))


@pytest.fixture(scope="module")
def costly() -> Ran:
    return run_often(read(COSTLY_SPEC, COSTLY))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "flujo.db")


def only(done: SweepReport) -> Handled:
    (handled,) = done.handled
    return handled


def offered_branches(host: FakeCodeHost) -> list[str]:
    return [name for name in host.heads if name != "main"]


class TestApplying:
    def test_a_safe_proven_patch_is_applied_and_nothing_else_changes(
        self, store: Store, letters: Ran
    ) -> None:
        host, tests = make_host(), OpenedTests()
        handled = only(sweep(make_actor(host, store, tests=tests), grist_of(letters)))
        assert (handled.fate, tests.asked) == (Fate.APPLIED, [LETTERS, LETTERS])
        wanted = LETTERS_SPEC.replace(
            '    input: "{{ context.question }}"\n',
            '    input: "{{ context.question }}"\n    config:\n      max_retries: 3\n',
        )
        assert text_of(host) == wanted
        assert offered_branches(host) == []

    def test_at_most_one_patch_a_spec_is_applied_in_a_sweep(self, store: Store) -> None:
        steps = '  - {name: again, uses: agents.writer, input: "{{ steps.write.output }}"}\ntests:'
        spec = LETTERS_SPEC.replace("tests:", steps)
        done = sweep(
            make_actor(make_host({LETTERS: spec}), store), grist_of(run_often(read(spec), 300))
        )
        fates = [handled.fate for handled in done.handled]
        assert fates == [Fate.APPLIED, Fate.QUEUED]
        assert "one patch at a time" in done.handled[1].reason

    @pytest.mark.parametrize("limit", [0, 1])
    def test_a_sweep_applies_no_more_than_it_may(
        self, store: Store, letters: Ran, limit: int
    ) -> None:
        other = LETTERS_SPEC.replace("name: letters", "name: others")
        host = make_host({LETTERS: LETTERS_SPEC, "others.flow.yaml": other})
        grist = grist_of(letters + run_often(read(other, "others.flow.yaml")))
        limits = f"{AUTO_LOW}limits: {{applied_per_sweep: {limit}}}\n"
        done = sweep(make_actor(host, store, settings=limits), grist)
        applied = [handled for handled in done.handled if handled.fate is Fate.APPLIED]
        queued = [handled for handled in done.handled if "as many as it may" in handled.reason]
        assert (len(applied), len(queued)) == (limit, 2 - limit)

    def test_a_patch_that_fails_where_it_landed_is_taken_back_and_remembered(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()
        grist = grist_of(letters)
        handled = only(sweep(make_actor(host, store, tests=OpenedTests([PASS, FAIL])), grist))
        assert handled.fate is Fate.REVERTED
        assert isinstance(handled.application, Application)
        assert text_of(host) == LETTERS_SPEC
        again = only(sweep(make_actor(host, store), grist))
        assert (again.fate, text_of(host)) == (Fate.BLOCKED, LETTERS_SPEC)
        assert "remembered" in again.reason

    def test_a_patch_whose_tests_fail_never_lands(self, store: Store, letters: Ran) -> None:
        host = make_host()
        handled = only(sweep(make_actor(host, store, tests=OpenedTests([FAIL])), grist_of(letters)))
        assert (handled.fate, host.landed) == (Fate.REFUSED, [])
        assert "result.success" in handled.reason

    def test_proposals_are_offered_where_nothing_may_be_applied(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()
        actor = with_mode(make_actor(host, store), Mode.PROPOSE)
        handled = only(sweep(actor, grist_of(letters)))
        assert (handled.fate, handled.reason) == (Fate.PROPOSED, "mode: propose")
        (branch,) = offered_branches(host)
        assert text_of(host) == LETTERS_SPEC
        assert "max_retries: 3" in text_of(host, branch=branch)

    def test_in_silence_nothing_shows(self, store: Store, letters: Ran) -> None:
        host = make_host()
        actor = with_mode(make_actor(host, store), Mode.SILENT)
        assert only(sweep(actor, grist_of(letters))).fate is Fate.QUEUED
        assert (offered_branches(host), host.landed) == ([], [])

    def test_a_spec_that_changed_since_it_was_judged_is_left_alone(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()

        def edit_meanwhile(_: str) -> None:
            host.commit_elsewhere(LETTERS, LETTERS_SPEC.replace("Why?", "How?").encode())

        done = sweep(make_actor(host, store), grist_of(letters), report=edit_meanwhile)
        assert only(done).fate is Fate.REFUSED
        assert "max_retries" not in text_of(host)


class TestOffering:
    """What a person must decide waits on one branch, however many sweeps pass over it."""

    def offer(self, store: Store, ran: Ran, host: FakeCodeHost | None = None) -> FakeCodeHost:
        host = host or make_host({COSTLY: COSTLY_SPEC})
        handled = only(sweep(make_actor(host, store), grist_of(ran)))
        assert handled.fate is Fate.PROPOSED
        assert handled.reason.startswith("MEDIUM risk")
        return host

    def count_offers(self, store: Store) -> int:
        with store.transaction() as rows:
            return len(list_offers(rows))

    def test_the_page_says_what_the_branch_holds(self, store: Store, costly: Ran) -> None:
        host = self.offer(store, costly)
        (branch,) = offered_branches(host)
        title, body = host.proposals[branch]
        assert title == "Run think on sim:small"
        assert f"git branch --delete --force {branch}" in body
        assert 'thinker: {model: "sim:small"' in text_of(host, COSTLY, branch)
        assert text_of(host, COSTLY) == COSTLY_SPEC

    def test_the_same_effect_on_a_newer_version_refreshes_the_offer(
        self, store: Store, costly: Ran
    ) -> None:
        host = self.offer(store, costly)
        (branch,) = offered_branches(host)
        head, page = host.heads[branch], host.proposals[branch]
        newer = COSTLY_SPEC.replace("Find a title.", "Find a good title.")
        host.commit_elsewhere(COSTLY, newer.encode())
        self.offer(store, run_often(read(newer, COSTLY), 200, seed=9), host)
        assert offered_branches(host) == [branch]
        assert host.heads[branch] == head
        assert host.proposals[branch] != page
        assert self.count_offers(store) == 1

    def test_another_value_of_the_same_effect_goes_on_top_of_the_branch(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()
        actor = with_mode(make_actor(host, store), Mode.PROPOSE)
        first = actor.act(compose_retries(1, letters), applied_already=False)
        (branch,) = offered_branches(host)
        head = host.heads[branch]
        second = actor.act(compose_retries(2, letters), applied_already=False)
        assert (first.fate, second.fate) == (Fate.PROPOSED, Fate.PROPOSED)
        assert first.proposal.id == second.proposal.id
        assert offered_branches(host) == [branch]
        assert host.commits[host.heads[branch]].parent == head
        assert "max_retries: 2" in text_of(host, branch=branch)
        assert self.count_offers(store) == 1

    def test_another_value_does_not_bury_the_work_of_others(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()
        actor = with_mode(make_actor(host, store), Mode.PROPOSE)
        actor.act(compose_retries(1, letters), applied_already=False)
        (branch,) = offered_branches(host)
        mine = text_of(host, branch=branch).replace("max_retries: 1", "max_retries: 4")
        ref = host.prepare_commit(
            parent=host.heads[branch], path=LETTERS, content=mine.encode(), message="By hand"
        )
        host.land(branch, ref)
        handled = actor.act(compose_retries(2, letters), applied_already=False)
        assert handled.fate is Fate.QUEUED
        assert f"somebody else works on {branch!r}" in handled.reason
        assert text_of(host, branch=branch) == mine

    def test_a_deleted_branch_is_a_no_that_is_remembered(self, store: Store, costly: Ran) -> None:
        host = self.offer(store, costly)
        del host.heads[offered_branches(host)[0]]
        for _ in range(2):
            handled = only(sweep(make_actor(host, store), grist_of(costly)))
            assert handled.fate is Fate.BLOCKED
        assert offered_branches(host) == []
        with store.transaction() as rows:
            (memory,) = list_memories(rows, now=NOW)
        assert memory.reason is MemoryReason.REJECTED

    def test_what_was_refused_may_come_again_after_a_quarter(
        self, store: Store, costly: Ran
    ) -> None:
        host = self.offer(store, costly)
        del host.heads[offered_branches(host)[0]]
        sweep(make_actor(host, store), grist_of(costly))
        later = NOW + timedelta(days=91)
        newer = COSTLY_SPEC.replace("Find a title.", "Find a good title.")
        host.commit_elsewhere(COSTLY, newer.encode())
        ran = run_often(read(newer, COSTLY))
        assert only(sweep(make_actor(host, store, now=later), grist_of(ran))).fate is Fate.PROPOSED

    def test_a_merged_offer_is_no_refusal_and_makes_room(self, store: Store, costly: Ran) -> None:
        host = self.offer(store, costly)
        (branch,) = offered_branches(host)
        host.heads["main"] = host.heads.pop(branch)
        sweep(make_actor(host, store), grist_of(costly))
        with store.transaction() as rows:
            (record,) = list_proposals(rows)
            assert list_memories(rows, now=NOW) == ()
        assert record.state is RolloutState.EXPIRED
        assert self.count_offers(store) == 0

    def test_only_so_many_are_open_at_once(self, store: Store, costly: Ran, letters: Ran) -> None:
        host = make_host({COSTLY: COSTLY_SPEC, LETTERS: LETTERS_SPEC})
        settings = f"{AUTO_LOW}limits: {{open_proposals: 1}}\n".replace("auto-low", "propose")
        both = grist_of(costly + letters)
        done = sweep(make_actor(host, store, settings=settings), both)
        assert [handled.fate for handled in done.handled] == [Fate.PROPOSED, Fate.QUEUED]
        assert done.handled[1].reason == "1 proposals are open already"
        assert len(offered_branches(host)) == 1

    def test_an_offer_that_may_be_applied_by_now_is_applied_as_the_same_proposal(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()
        actor = make_actor(host, store)
        offered = only(sweep(with_mode(actor, Mode.PROPOSE), grist_of(letters)))
        applied = only(sweep(actor, grist_of(letters)))
        assert applied.fate is Fate.APPLIED
        assert applied.proposal.id == offered.proposal.id
        assert self.count_offers(store) == 0


class TestManySpecs:
    def test_a_broken_spec_does_not_stop_the_others(self, store: Store, letters: Ran) -> None:
        host = make_host({"a.flow.yaml": "name: [", LETTERS: LETTERS_SPEC})
        done = sweep(make_actor(host, store), grist_of(letters))
        assert only(done).fate is Fate.APPLIED
        assert done.problems
        assert all(problem.startswith("a.flow.yaml:1:") for problem in done.problems)

    def test_a_spec_that_is_no_text_does_not_stop_the_others(
        self, store: Store, letters: Ran
    ) -> None:
        host = FakeCodeHost({"a.flow.yaml": b"\xff\xfe", LETTERS: LETTERS_SPEC.encode()})
        done = sweep(make_actor(host, store), grist_of(letters))
        assert only(done).fate is Fate.APPLIED
        assert done.problems == ("a.flow.yaml: not UTF-8 text (byte 0)",)

    def test_without_telemetry_nothing_happens(self, store: Store) -> None:
        host = make_host()
        done = sweep(make_actor(host, store), grist_of(Ran()))
        assert (done.handled, done.ledger, host.landed) == ((), (), [])
        (found,) = done.suggestions
        assert found.notes[0].startswith(f"{LETTERS}: no telemetry yet")

    def test_each_spec_is_reported_before_it_is_looked_at(self, store: Store) -> None:
        host = make_host({COSTLY: COSTLY_SPEC, LETTERS: LETTERS_SPEC})
        seen: list[str] = []
        sweep(make_actor(host, store), grist_of(Ran()), report=seen.append)
        assert seen == [COSTLY, LETTERS]


class TestLedger:
    def test_the_next_sweep_measures_what_the_last_one_applied(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()
        actor = make_actor(host, store)
        applied = only(sweep(actor, grist_of(letters)))
        ran = letters + run_often(read(text_of(host)), seed=1_000)
        (measured,) = sweep(actor, grist_of(ran)).ledger
        assert measured.proposal.id == measured.record.proposal_id == applied.proposal.id
        predicted, realised = measured.record.predicted, measured.record.realised_usd
        assert realised is not None
        assert predicted.low_usd <= realised <= predicted.high_usd
        assert sweep(actor, grist_of(ran)).ledger == ()


class TestInterruption:
    """Ctrl-C at any point: nothing half-written, and the next sweep finishes."""

    def interrupt(self, host: FakeCodeHost, store: Store, ran: Ran, tests: OpenedTests) -> None:
        with pytest.raises(KeyboardInterrupt):
            sweep(make_actor(host, store, tests=tests), grist_of(ran))

    def finish(self, host: FakeCodeHost, store: Store, ran: Ran) -> SweepReport:
        done = sweep(make_actor(host, store), grist_of(ran))
        with store.transaction() as rows:
            assert list_open_entries(rows) == ()
        return done

    def test_before_anything_happened(self, store: Store, letters: Ran) -> None:
        host = make_host()

        def stop(_: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sweep(make_actor(host, store), grist_of(letters), report=stop)
        assert host.landed == []
        assert only(self.finish(host, store, letters)).fate is Fate.APPLIED

    def test_while_the_commit_is_tested(self, store: Store, letters: Ran) -> None:
        host = make_host()
        self.interrupt(host, store, letters, OpenedTests([KeyboardInterrupt()]))
        assert text_of(host) == LETTERS_SPEC
        assert only(self.finish(host, store, letters)).fate is Fate.APPLIED

    def test_while_the_landed_commit_is_tested(self, store: Store, letters: Ran) -> None:
        host = make_host()
        self.interrupt(host, store, letters, OpenedTests([PASS, KeyboardInterrupt()]))
        assert len(host.landed) == 1
        done = self.finish(host, store, letters)
        assert [outcome.kind for outcome in done.recovered] == ["applied"]
        with store.transaction() as rows:
            (application,) = list_applications(rows)
        assert application.commit == host.landed[0] == host.heads["main"]

    def test_what_landed_untested_and_fails_is_taken_back_by_the_next_sweep(
        self, store: Store, letters: Ran
    ) -> None:
        host = make_host()
        self.interrupt(host, store, letters, OpenedTests([PASS, KeyboardInterrupt()]))
        done = sweep(make_actor(host, store, tests=OpenedTests([FAIL])), grist_of(letters))
        assert [outcome.kind for outcome in done.recovered] == ["reverted"]
        assert text_of(host) == LETTERS_SPEC

    def test_between_the_branch_and_its_page(self, store: Store, costly: Ran) -> None:
        class StoppedHost(FakeCodeHost):
            def propose(self, branch: str, title: str, body: str) -> NoReturn:
                raise KeyboardInterrupt

        host = StoppedHost({COSTLY: COSTLY_SPEC.encode()})
        self.interrupt(host, store, costly, OpenedTests())
        branches = offered_branches(host)
        whole = make_host({COSTLY: COSTLY_SPEC})
        whole.commits, whole.heads, whole.blobs = host.commits, host.heads, host.blobs
        assert only(self.finish(whole, store, costly)).fate is Fate.PROPOSED
        assert offered_branches(whole) == branches
        assert list(whole.proposals) == branches
