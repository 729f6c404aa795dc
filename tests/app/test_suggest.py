from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import JsonValue

from app.proposal import Proposal
from app.use_cases.grounds import SuggestSettings, prepare_grounds
from app.use_cases.present_proposal import present
from app.use_cases.suggest import Suggestions, suggest
from meta_agent import ModelProposals, Verdict, is_held_out
from policy_dsl import Policy
from tests.app.sweeping import (
    AUTO_LOW,
    COSTLY,
    COSTLY_SPEC,
    LETTERS,
    LETTERS_SPEC,
    Ran,
    compose,
    compose_retries,
    grist_of,
    read,
    run_often,
)
from trust_tiers import RiskTier
from workflow import Workflow, parse_policies

BLOCK = """\
- {id: proven, when: tier == 'LOW', assert: evidence.pairs >= 1000, action: BLOCK_MERGE}
"""


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC))


def find(
    ran: Ran, workflow: Workflow | None = None, settings: SuggestSettings | None = None
) -> Suggestions:
    grist = grist_of(ran)
    return suggest(
        workflow or read(LETTERS_SPEC),
        ran.runs,
        ran.recordings,
        settings=settings or grist.suggesting,
        reprice=grist.reprice,
    )


class TestWithRecordings:
    def test_a_retry_is_proposed_proven_and_judged(self, letters: Ran) -> None:
        (proposal,) = find(letters).proposals
        assert proposal.title == "Retry write up to 3 times"
        assert proposal.decision.tier is RiskTier.LOW
        assert proposal.evidence.verdict is Verdict.BETTER
        assert proposal.roi is not None
        assert 0 < proposal.roi.low <= proposal.roi.mid <= proposal.roi.high
        assert proposal.roi.simulated
        assert "simulated" in proposal.roi.basis
        assert proposal.guarded.after.text != LETTERS_SPEC

    def test_the_patch_is_locked_to_what_it_was_made_for(self, letters: Ran) -> None:
        (proposal,) = find(letters).proposals
        assert [operation.op for operation in proposal.patch.operations] == ["test", "add"]

    def test_the_same_runs_suggest_the_same(self, letters: Ran) -> None:
        first, again = find(letters), find(letters)
        assert first.proposals == again.proposals
        assert [one.id for one in first.proposals] == [one.id for one in again.proposals]

    def test_another_version_gives_the_same_effect_another_id(self, letters: Ran) -> None:
        newer = read(LETTERS_SPEC.replace("Write.", "Write well."))
        (one,) = find(letters).proposals
        (other,) = find(run_often(newer), newer).proposals
        assert one.fingerprint == other.fingerprint
        assert one.id != other.id

    def test_of_two_that_touch_the_same_place_one_waits(self) -> None:
        text = COSTLY_SPEC.replace(
            "steps:\n",
            '  middle: {model: "sim:medium", system_prompt: Sum up., max_retries: 3}\n'
            "steps:\n  - {name: sum, uses: agents.middle}\n",
        )
        workflow = read(text, COSTLY)
        settings = grist_of(Ran(), AUTO_LOW.replace('"sim:large"', '"sim:medium"')).suggesting
        first, second = [
            one
            for one in find(run_often(workflow), workflow, settings).proposals
            if "think" in one.title
        ]
        assert (first.behind, second.behind) == ("", first.title)

    def test_a_patch_that_makes_things_worse_is_no_proposal(self, letters: Ran) -> None:
        hasty: JsonValue = {"timeout_s": 0.3}
        composed = compose(
            read(LETTERS_SPEC), letters, {"op": "add", "path": "/steps/0/config", "value": hasty}
        )
        assert isinstance(composed, str)
        assert composed.startswith("worse: ")

    def test_a_patch_the_guard_refuses_is_no_proposal(self, letters: Ran) -> None:
        operation = {"op": "replace", "path": "/agents/writer/model", "value": "gpt-nobody-allowed"}
        composed = compose(read(LETTERS_SPEC), letters, {**operation})
        assert isinstance(composed, str)
        assert composed.startswith("refused by the guard: ")

    def test_a_policy_of_the_organisation_can_block(self, letters: Ran) -> None:
        policies: tuple[Policy, ...] = parse_policies(f"policies:\n{BLOCK}", path="org.yaml")
        settings = replace(grist_of(letters).suggesting, organisation=policies)
        (proposal,) = find(letters, settings=settings).proposals
        assert proposal.blocks_merge
        assert "'proven'" in proposal.violations[0]

    def test_a_policy_of_the_spec_can_ask_for_a_person(self) -> None:
        careful = BLOCK.replace("BLOCK_MERGE", "REQUIRE_APPROVAL")
        workflow = read(f"{LETTERS_SPEC}policies:\n{careful}")
        (proposal,) = find(run_often(workflow), workflow).proposals
        assert (proposal.needs_approval, proposal.blocks_merge) == (True, False)


class TestWithoutRecordings:
    def test_telemetry_alone_supports_an_estimate_but_no_verdict(self, letters: Ran) -> None:
        (proposal,) = find(Ran(letters.runs)).proposals
        assert proposal.evidence.verdict is Verdict.CANT_TELL
        assert proposal.evidence.pairs == 0
        assert proposal.roi is not None
        assert "re-enacted from telemetry" in proposal.roi.basis
        assert proposal.evidence.simulated

    def test_recordings_of_another_version_do_not_count(self, letters: Ran) -> None:
        newer = read(LETTERS_SPEC.replace("Write.", "Write well."))
        ran = run_often(newer)
        (proposal,) = find(Ran(ran.runs, letters.recordings), newer).proposals
        assert proposal.evidence.verdict is Verdict.BASELINE_STALE


class TestLittleToGoBy:
    def test_no_runs_say_how_to_get_some(self) -> None:
        found = find(Ran())
        assert (found.runs, found.proposals) == (0, ())
        assert "flujo run" in found.notes[0]

    def test_runs_of_another_version_do_not_count(self, letters: Ran) -> None:
        found = find(letters, read(LETTERS_SPEC.replace("Write.", "Write well.")))
        assert (found.runs, found.proposals) == (0, ())
        assert "none of the 120 runs is of this version" in found.notes[0]

    def test_one_run_proposes_nothing(self, letters: Ran) -> None:
        found = find(Ran(letters.runs[:1], letters.recordings[:1]))
        assert (found.runs, found.proposals) == (1, ())

    def test_too_few_runs_are_told_with_how_many_more(self, letters: Ran) -> None:
        found = find(Ran(letters.runs[:29], letters.recordings[:29]))
        assert found.proposals == ()
        assert any("not enough data" in note for note in found.notes)

    def test_runs_that_all_fail_are_no_crash(self, letters: Ran) -> None:
        failed = Ran(
            tuple(run for run in letters.runs if not run.succeeded),
            tuple(one for one in letters.recordings if one.error_class),
        )
        found = find(failed)
        assert found.runs == len(failed.runs) > 0

    def test_enough_runs_that_all_fail_promise_no_success(self) -> None:
        workflow = read(LETTERS_SPEC)
        ran = run_often(workflow, 600)
        failed = Ran(
            tuple(run for run in ran.runs if not run.succeeded),
            tuple(one for one in ran.recordings if one.error_class),
        )
        assert len(failed.runs) > 30
        for proposal in find(failed).proposals:
            assert proposal.evidence.wins == 0

    def test_free_runs_are_no_division_by_zero(self) -> None:
        text = LETTERS_SPEC.replace("uses: agents.writer", "uses: flujo.value.pass")
        workflow = read(
            text.replace('agents:\n  writer: {model: "sim:flaky", system_prompt: Write.}\n', "")
        )
        ran = run_often(workflow)
        assert sum(run.cost_usd for run in ran.runs) == 0
        assert find(ran, workflow).proposals == ()


class TestAskingAModel:
    def test_its_candidates_come_after_the_heuristics_and_doubles_are_dropped(
        self, letters: Ran
    ) -> None:
        mine = compose_retries(3, letters).candidate
        other = replace(compose_retries(2, letters).candidate, source="model:test")
        grist = grist_of(letters)
        found = suggest(
            read(LETTERS_SPEC),
            letters.runs,
            letters.recordings,
            settings=grist.suggesting,
            ask_model=lambda *_: ModelProposals((mine, other), (), Decimal("0.01"), "asked"),
        )
        assert {one.candidate.source for one in found.proposals} == {
            "heuristic:retries",
            "model:test",
        }
        assert "asked; spent $0.0100" in found.notes

    def test_it_is_not_asked_about_what_is_not_ripe(self, letters: Ran) -> None:
        def never(*_: object) -> ModelProposals:
            raise AssertionError("asked")

        few = Ran(letters.runs[:5])
        found = suggest(
            read(LETTERS_SPEC), few.runs, (), settings=grist_of(few).suggesting, ask_model=never
        )
        assert found.proposals == ()


def test_a_proposal_knows_the_spec_it_is_for(letters: Ran) -> None:
    (proposal,) = find(letters).proposals
    assert isinstance(proposal, Proposal)
    assert proposal.base.path == LETTERS


class TestTogether:
    TWO = LETTERS_SPEC.replace(
        "tests:\n",
        "  - name: sign\n    uses: agents.signer\ntests:\n",
    ).replace("steps:\n", '  signer: {model: "sim:flaky", system_prompt: Sign.}\nsteps:\n')

    def test_patches_at_two_places_are_estimated_as_one_change(self) -> None:
        workflow = read(self.TWO)
        found = find(run_often(workflow, 200), workflow)
        assert len(found.proposals) == 2
        assert found.together is not None
        assert set(found.together.proposals) == {one.id for one in found.proposals}
        own = [one.roi for one in found.proposals if one.roi]
        assert found.together.sum_usd == pytest.approx(sum(roi.mid for roi in own))
        # One review, and runs that are lost at one step are saved only if the other holds too.
        assert found.together.roi.mid > max(roi.mid for roi in own)
        assert found.together.roi.costs.review_usd < sum(roi.costs.review_usd for roi in own) + 1e-9
        assert found.together.evidence.verdict is Verdict.BETTER

    def test_one_alone_has_nobody_to_be_together_with(self, letters: Ran) -> None:
        assert find(letters).together is None

    def test_one_that_waits_for_another_is_not_counted_twice(self) -> None:
        workflow = read(COSTLY_SPEC, COSTLY)
        found = find(run_often(workflow), workflow)
        if found.together:
            waiting = {one.id for one in found.proposals if one.behind}
            assert waiting.isdisjoint(found.together.proposals)


class TestHoldOut:
    def test_proposers_never_see_what_the_verdict_rests_on(self) -> None:
        workflow = read(LETTERS_SPEC)
        ran = run_often(workflow, 400)
        grounds = prepare_grounds(
            workflow, ran.runs, ran.recordings, grist_of(ran).suggesting, None
        )
        assert grounds.baseline.hold_out.is_kept
        assert not any(is_held_out(run.run_id) for run in grounds.seen_runs)
        assert not any(is_held_out(one.run_id) for one in grounds.seen_recordings)
        assert len(grounds.seen_recordings) < len(ran.recordings)

    def test_what_held_out_runs_say_changes_no_proposal(self) -> None:
        """Whoever forges the held-out runs changes verdicts, never patches."""
        workflow = read(LETTERS_SPEC)
        ran = run_often(workflow, 400)
        forged = tuple(
            replace(run, cost_usd=run.cost_usd + 1, latency_ms=run.latency_ms * 9)
            if is_held_out(run.run_id)
            else run
            for run in ran.runs
        )
        honest, lied_to = find(ran), find(Ran(forged, ran.recordings))
        assert [one.patch for one in honest.proposals] == [one.patch for one in lied_to.proposals]
        assert [one.numbers for one in honest.opportunities] == [
            one.numbers for one in lied_to.opportunities
        ]

    def test_below_three_hundred_runs_all_serve_for_all_and_the_page_says_so(
        self, letters: Ran
    ) -> None:
        (proposal,) = find(letters).proposals
        assert proposal.evidence.held_out == 0
        rows = {row.label: row for row in present(proposal).evidence}
        assert "too few runs to hold some out" in rows["held out"].verdict
