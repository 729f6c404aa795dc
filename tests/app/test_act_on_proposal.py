from dataclasses import replace
from pathlib import Path

import pytest

from app.proposal import Proposal
from app.settings import Mode
from app.store import Store, find_application, find_proposal, open_store
from app.use_cases.act_on_proposal import Fate, needs_person
from app.use_cases.keep_proposal import branch_of, keep_proposal
from app.use_cases.offer_proposal import name_branch
from meta_agent import Verdict
from tests.app.sweeping import (
    LETTERS,
    LETTERS_SPEC,
    NOW,
    Ran,
    compose_retries,
    make_actor,
    make_host,
    read,
    run_often,
    text_of,
    with_mode,
)
from trust_tiers import Decision, RiskTier, RolloutState


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC))


@pytest.fixture
def proposal(letters: Ran) -> Proposal:
    return compose_retries(3, letters)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "flujo.db")


class TestWhoDecides:
    def test_a_safe_proven_patch_needs_nobody(self, proposal: Proposal) -> None:
        assert needs_person(proposal, Mode.AUTO_LOW) == ""
        assert needs_person(proposal, Mode.AUTO_MEDIUM) == ""

    @pytest.mark.parametrize("mode", [Mode.PROPOSE, Mode.SILENT])
    def test_other_modes_leave_everything_to_people(self, proposal: Proposal, mode: Mode) -> None:
        assert needs_person(proposal, mode) == f"mode: {mode.value}"

    @pytest.mark.parametrize("tier", [RiskTier.MEDIUM, RiskTier.HIGH])
    @pytest.mark.parametrize("mode", [Mode.AUTO_LOW, Mode.AUTO_MEDIUM])
    def test_whatever_is_not_low_needs_a_person(
        self, proposal: Proposal, tier: RiskTier, mode: Mode
    ) -> None:
        risky = replace(proposal, decision=Decision(tier, ("a new model",)))
        assert needs_person(risky, mode) == f"{tier.name} risk: a new model"

    @pytest.mark.parametrize(
        "verdict", [one for one in Verdict if one not in ("better", "not worse")]
    )
    def test_whatever_is_not_proven_needs_a_person(
        self, proposal: Proposal, verdict: Verdict
    ) -> None:
        evidence = replace(proposal.evidence, verdict=verdict, reason="why")
        unproven = replace(proposal, evidence=evidence)
        assert needs_person(unproven, Mode.AUTO_LOW) == f"{verdict.value}: why"

    def test_a_policy_can_ask_for_a_person(self, proposal: Proposal) -> None:
        held = replace(proposal, needs_approval=True, violations=("policy 'p': no",))
        assert needs_person(held, Mode.AUTO_LOW) == "policy 'p': no"

    def test_without_an_estimate_a_person_decides(self, proposal: Proposal) -> None:
        assert needs_person(replace(proposal, roi=None), Mode.AUTO_LOW) == "no estimate yet"


class TestBlocks:
    def fate_of(self, store: Store, proposal: Proposal) -> tuple[Fate, str]:
        host = make_host()
        handled = make_actor(host, store).act(proposal, applied_already=False)
        assert (host.landed, list(host.heads)) == ([], ["main"])
        return handled.fate, handled.reason

    def test_what_waits_for_a_better_one(self, store: Store, proposal: Proposal) -> None:
        fate, reason = self.fate_of(store, replace(proposal, behind="Retry twice"))
        assert (fate, reason) == (
            Fate.BLOCKED,
            "waits for 'Retry twice', which touches the same place",
        )

    def test_what_is_not_expected_to_pay(self, store: Store, proposal: Proposal) -> None:
        assert proposal.roi is not None
        poor = replace(proposal, roi=replace(proposal.roi, mid=0.0))
        assert self.fate_of(store, poor) == (Fate.BLOCKED, "not expected to pay for its review")

    def test_what_a_policy_denies(self, store: Store, proposal: Proposal) -> None:
        denied = replace(proposal, blocks_merge=True, violations=("policy 'p': no",))
        assert self.fate_of(store, denied) == (Fate.BLOCKED, "policy 'p': no")

    def test_what_was_decided_before(self, store: Store, proposal: Proposal) -> None:
        make_actor(make_host(), store).act(proposal, applied_already=False)
        fate, reason = self.fate_of(store, proposal)
        assert (fate, reason) == (Fate.BLOCKED, "decided before: baking")


class TestApplying:
    def test_the_record_says_what_is_known_at_the_time(
        self, store: Store, proposal: Proposal
    ) -> None:
        handled = make_actor(make_host(), store).act(proposal, applied_already=False)
        assert handled.fate is Fate.APPLIED
        with store.transaction() as rows:
            record = find_proposal(rows, proposal.id)
            application = find_application(rows, proposal.id)
        assert record is not None
        assert proposal.roi is not None
        assert record.prediction is not None
        assert record.prediction.mid_usd == proposal.roi.mid
        assert record.state is RolloutState.BAKING
        assert record.facts["simulated"] is True
        assert handled.application == application
        assert application is not None
        assert application.spec_sha256_before == read(LETTERS_SPEC).spec_sha256
        assert application.spec_sha256_after == proposal.guarded.after.spec_sha256

    def test_a_second_one_waits_for_the_next_sweep(self, store: Store, proposal: Proposal) -> None:
        handled = make_actor(make_host(), store).act(proposal, applied_already=True)
        assert handled.fate is Fate.QUEUED

    def test_a_spec_edited_since_is_refused(self, store: Store, proposal: Proposal) -> None:
        host = make_host()
        host.commit_elsewhere(LETTERS, LETTERS_SPEC.replace("Why?", "How?").encode())
        handled = make_actor(host, store).act(proposal, applied_already=False)
        assert (handled.fate, handled.reason) == (
            Fate.REFUSED,
            f"{LETTERS} changed since this was proposed",
        )

    def test_line_ends_of_the_spec_are_kept(self, store: Store) -> None:
        crlf = LETTERS_SPEC.replace("\n", "\r\n")
        ran = run_often(read(crlf))
        assert read(crlf).spec_sha256 == read(LETTERS_SPEC).spec_sha256
        host = make_host({LETTERS: crlf})
        mine = replace(compose_retries(3, ran), base=read(crlf))
        guarded = replace(
            mine.guarded,
            after=read(
                crlf.replace(
                    'question }}"\r\n', 'question }}"\r\n    config:\r\n      max_retries: 3\r\n'
                )
            ),
        )
        handled = make_actor(host, store).act(replace(mine, guarded=guarded), applied_already=False)
        assert handled.fate is Fate.APPLIED
        assert text_of(host).count("\r\n") == text_of(host).count("\n")


class TestKeeping:
    def test_an_undecided_proposal_is_kept_with_its_latest_figures(
        self, store: Store, proposal: Proposal
    ) -> None:
        assert proposal.roi is not None
        better = replace(proposal, roi=replace(proposal.roi, mid=1_234.0))
        with store.transaction() as rows:
            keep_proposal(rows, proposal, now=NOW, branch="flujo/one")
            keep_proposal(rows, better, now=NOW)
            record = find_proposal(rows, proposal.id)
        assert record is not None
        assert record.prediction is not None
        assert (record.prediction.mid_usd, branch_of(record)) == (1_234.0, "flujo/one")

    def test_a_decided_one_is_left_as_it_was_decided(
        self, store: Store, proposal: Proposal
    ) -> None:
        make_actor(make_host(), store).act(proposal, applied_already=False)
        with store.transaction() as rows:
            keep_proposal(rows, replace(proposal, roi=None), now=NOW)
            record = find_proposal(rows, proposal.id)
        assert record is not None
        assert record.prediction is not None
        assert record.state is RolloutState.BAKING


class TestBranchNames:
    def test_they_follow_the_effect_and_not_the_version(self, letters: Ran) -> None:
        one, other = compose_retries(1, letters), compose_retries(2, letters)
        assert one.id != other.id
        assert name_branch(one) == name_branch(other)

    @pytest.mark.parametrize("title", ["Retry `a/b`…", "../../etc", "x" * 500, "émigré", "~^:?*["])
    def test_any_title_makes_a_branch_that_git_takes(
        self, store: Store, proposal: Proposal, title: str
    ) -> None:
        actor = with_mode(make_actor(make_host(), store), Mode.PROPOSE)
        handled = actor.act(
            replace(proposal, candidate=replace(proposal.candidate, title=title)),
            applied_already=False,
        )
        assert handled.fate is Fate.PROPOSED
        assert handled.where.removeprefix("fake:flujo/").replace("-", "").isalnum()
