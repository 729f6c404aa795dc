"""Claims in favour of a patch must hold on unseen runs, however often one looks, and among all that are judged."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_agent import (
    Evidence,
    EvidenceSettings,
    HoldOut,
    Pair,
    RoiSettings,
    RunOutcome,
    Verdict,
    is_held_out,
    judge_together,
    replay_baseline,
    set_aside,
    weigh,
)
from meta_agent.hold_out import HELD_OUT_SHARE, rank_of
from meta_agent.judgement import measure_pairs, settle
from meta_agent.looks import FIRST_LOOK, charge_for_looking, plan_looks
from meta_agent.paired_tests import (
    bootstrap_means,
    correct_for_many,
    flip_test,
    inferiority_test,
    sign_test,
)
from tests.app.sweeping import LETTERS_SPEC, Ran, read, run_often

ROI = RoiSettings(value_per_success_usd=0.25, latency_usd_per_s=0.0)
SETTINGS = EvidenceSettings()
RETRYING = LETTERS_SPEC.replace(
    '"{{ context.question }}"', '"{{ context.question }}"\n    config: {max_retries: 3}'
)
IMPATIENT = LETTERS_SPEC.replace(
    '"{{ context.question }}"', '"{{ context.question }}"\n    config: {timeout_s: 0.3}'
)
WON = Pair(RunOutcome(0.0, False, 1.0), RunOutcome(0.0, True, 1.0))
LOST = Pair(WON.head, WON.base)
SAME = Pair(WON.head, WON.head)

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def measure(pairs: list[Pair], *, unseen: int = 0) -> Evidence:
    found = measure_pairs(
        pairs,
        unseen=unseen,
        planned=unseen or len(pairs),
        roi=ROI,
        settings=SETTINGS,
        rng=np.random.default_rng(0),
    )
    return settle(found, SETTINGS)


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC), 400)


class TestManyCandidates:
    def test_what_convinces_alone_may_not_convince_among_many(self) -> None:
        lucky = measure([WON] * 7 + [SAME] * 40)
        assert lucky.verdict is Verdict.BETTER
        dull = measure([SAME] * 47)
        alone, *_ = judge_together([lucky], SETTINGS)
        among, *_ = judge_together([lucky, *[dull] * 19], SETTINGS)
        assert (alone.verdict, alone.among) == (Verdict.BETTER, 1)
        assert (among.verdict, among.among) == (Verdict.NOT_WORSE, 20)

    def test_what_is_beyond_doubt_convinces_among_many(self) -> None:
        sure, dull = measure([WON] * 60 + [SAME] * 60), measure([SAME] * 120)
        judged = judge_together([sure, *[dull] * 19], SETTINGS)
        assert judged[0].verdict is Verdict.BETTER

    def test_company_never_turns_harm_into_doubt(self) -> None:
        harmful = measure([LOST] * 9 + [SAME] * 90)
        judged = judge_together([harmful, *[measure([SAME] * 99)] * 50], SETTINGS)
        assert judged[0].verdict is Verdict.WORSE

    def test_what_makes_no_claim_is_left_as_it_is_and_not_counted(self) -> None:
        silent = [
            Evidence(Verdict.BASELINE_STALE, "old"),
            Evidence(Verdict.INVALID, "noise", pairs=50),
            Evidence(Verdict.CANT_TELL, "stand in", pairs=50, stood_in=50),
        ]
        sure = measure([WON] * 30 + [SAME] * 30)
        judged = judge_together([*silent, sure], SETTINGS)
        assert judged[:3] == silent
        assert judged[3].among == 1

    def test_nothing_to_judge_is_nothing_judged(self) -> None:
        assert judge_together([], SETTINGS) == []

    @settings(deadline=None, max_examples=50)
    @given(p_values)
    def test_correction_only_raises_and_keeps_the_order(self, found: list[float]) -> None:
        corrected = correct_for_many(found)
        assert all(after >= before for before, after in zip(found, corrected, strict=True))
        assert max(corrected) <= 1
        ranked = [corrected[index] for index in np.argsort(found, kind="stable")]
        assert all(first <= second for first, second in pairwise(ranked))

    def test_chance_alone_is_called_better_one_time_in_twenty_at_most(self) -> None:
        chance = np.random.default_rng(1)
        called = 0
        for _ in range(40):
            findings = []
            for _ in range(10):
                wins = int(chance.binomial(40, 0.5))
                findings.append(measure([WON] * wins + [LOST] * (40 - wins) + [SAME] * 160))
            judged = judge_together(findings, SETTINGS)
            called += any(found.verdict is Verdict.BETTER for found in judged)
        assert called <= 40 * 0.15


class TestLooks:
    @pytest.mark.parametrize(
        ("pairs", "looks"),
        [(30, [30]), (250, [250]), (251, [250, 251]), (1_500, [250, 500, 1_000, 1_500])],
    )
    def test_they_come_at_doubled_distances_and_at_the_end(
        self, pairs: int, looks: list[int]
    ) -> None:
        assert list(plan_looks(pairs)) == looks

    @settings(deadline=None, max_examples=50)
    @given(st.integers(1, 20_000))
    def test_all_looks_together_cost_what_one_may(self, pairs: int) -> None:
        weights = [1e-9 / charge_for_looking(1e-9, look, pairs) for look in plan_looks(pairs)]
        assert sum(weights) <= 1 + 1e-9

    def test_whoever_stops_when_it_suits_is_wrong_no_more_often(self) -> None:
        chance = np.random.default_rng(2)
        wins = np.cumsum(chance.random((600, 2_000)) < 0.05, axis=1)
        losses = np.cumsum(chance.random((600, 2_000)) < 0.05, axis=1)
        fooled = 0
        for mine in range(600):
            claims = (
                charge_for_looking(
                    sign_test(int(wins[mine, look - 1]), int(losses[mine, look - 1])), look, 2_000
                )
                for look in plan_looks(2_000)
            )
            fooled += min(claims) <= 0.05
        assert fooled / 600 <= 0.06

    def test_a_replay_stops_when_harm_is_clear(self, letters: Ran) -> None:
        found, pairs = _weigh(IMPATIENT, letters)
        assert found.verdict is Verdict.WORSE
        assert (len(pairs), found.replays, found.recorded) == (FIRST_LOOK, FIRST_LOOK, 400)

    def test_a_replay_stops_when_a_patch_does_nothing(self, letters: Ran) -> None:
        found, pairs = _weigh(LETTERS_SPEC, letters)
        assert found.verdict is Verdict.NOT_WORSE
        assert len(pairs) == FIRST_LOOK

    def test_a_replay_goes_on_while_more_runs_make_the_estimate_better(self, letters: Ran) -> None:
        found, pairs = _weigh(RETRYING, letters)
        assert found.verdict is Verdict.BETTER
        assert len(pairs) == 400


class TestHoldOut:
    def test_a_fifth_is_held_out_by_its_name_alone(self) -> None:
        names = [f"run-{number}" for number in range(5_000)]
        share = sum(map(is_held_out, names)) / len(names)
        assert share == pytest.approx(HELD_OUT_SHARE, abs=0.02)
        assert [is_held_out(name) for name in names] == [is_held_out(name) for name in names]

    @settings(deadline=None, max_examples=50)
    @given(st.text(max_size=40))
    def test_any_name_has_a_rank(self, name: str) -> None:
        assert 0 <= rank_of(name) < 1
        assert is_held_out(name) == (rank_of(name) < HELD_OUT_SHARE)

    def test_it_is_kept_only_where_it_is_large_enough(self) -> None:
        names = [f"run-{number}" for number in range(100)]
        held_out = sum(map(is_held_out, names))
        assert set_aside(names, at_least=held_out).is_kept
        assert not set_aside(names, at_least=held_out + 1).is_kept

    def test_a_gain_among_seen_runs_alone_proves_nothing(self) -> None:
        pairs = [SAME] * 50 + [WON] * 50
        assert measure(pairs).verdict is Verdict.BETTER
        found = measure(pairs, unseen=50)
        assert found.verdict is Verdict.CANT_TELL
        assert found.held_out == 50
        assert found.needed > 0

    def test_harm_among_seen_runs_is_harm(self) -> None:
        assert measure([SAME] * 50 + [LOST] * 50, unseen=50).verdict is Verdict.WORSE

    def test_the_claim_rests_on_runs_no_proposer_saw(self, letters: Ran) -> None:
        hold_out = set_aside((one.run_id for one in letters.recordings), at_least=30)
        found, pairs = _weigh(RETRYING, letters, hold_out)
        assert found.verdict is Verdict.BETTER
        assert found.held_out == sum(is_held_out(one.run_id) for one in letters.recordings)
        assert len(pairs) == 400
        assert (found.hold_out_uses, found.hold_out_max_uses) == (1, 20)

    def test_what_was_asked_too_often_proves_nothing_any_more(self, letters: Ran) -> None:
        ids = [one.run_id for one in letters.recordings]
        last = set_aside(ids, at_least=30, uses=20)
        spent = set_aside(ids, at_least=30, uses=21)
        assert (last.is_spent, spent.is_spent) == (False, True)
        assert _weigh(RETRYING, letters, last)[0].verdict is Verdict.BETTER
        found, _ = _weigh(RETRYING, letters, spent)
        assert found.verdict is Verdict.CANT_TELL
        assert "20 times" in found.reason
        assert judge_together([found], SETTINGS)[0].verdict is Verdict.CANT_TELL

    def test_a_spent_hold_out_still_shows_harm(self, letters: Ran) -> None:
        spent = set_aside((one.run_id for one in letters.recordings), at_least=30, uses=99)
        assert _weigh(IMPATIENT, letters, spent)[0].verdict is Verdict.WORSE


class TestPaired:
    def test_differences_that_are_all_zero_say_nothing(self) -> None:
        assert flip_test(np.zeros(40), 2_000, np.random.default_rng(0)) == 1.0

    def test_more_of_a_gain_is_a_stronger_case(self) -> None:
        found = []
        for shift in (0.0, 0.1, 0.3, 1.0):
            values = np.random.default_rng(4).normal(shift, 1.0, 200)
            found.append(flip_test(values, 2_000, np.random.default_rng(3)))
        assert found == sorted(found, reverse=True)
        assert found[-1] < 1e-6

    @pytest.mark.parametrize("wins", [1, 3, 5, 9])
    def test_wins_alone_count_as_in_the_sign_test(self, wins: int) -> None:
        values = np.array([0.25] * wins + [0.0] * 50)
        found = flip_test(values, 20_000, np.random.default_rng(1))
        assert found == pytest.approx(sign_test(wins, 0), rel=0.35)

    @settings(deadline=None, max_examples=50)
    @given(st.lists(st.floats(-1, 1), min_size=1, max_size=60), st.integers(0, 99))
    def test_a_gain_and_the_same_loss_are_not_both_claimed(
        self, differences: list[float], seed: int
    ) -> None:
        values = np.array(differences)
        gain = flip_test(values, 500, np.random.default_rng(seed))
        loss = flip_test(-values, 500, np.random.default_rng(seed))
        assert gain + loss >= 0.9
        assert min(gain, loss) > 0

    def test_many_values_are_drawn_in_blocks_of_the_same_means(self) -> None:
        values = np.random.default_rng(5).normal(1.0, 1.0, 3_000)
        means = bootstrap_means(values, 700, np.random.default_rng(6))
        assert len(means) == 700
        assert means.mean() == pytest.approx(values.mean(), abs=0.01)

    @settings(deadline=None, max_examples=50)
    @given(st.integers(0, 30), st.integers(0, 30), st.integers(60, 300))
    def test_each_further_loss_makes_not_worse_harder_to_claim(
        self, losses: int, wins: int, pairs: int
    ) -> None:
        fewer = inferiority_test(losses, wins, pairs, margin=0.02)
        more = inferiority_test(losses + 1, wins, pairs, margin=0.02)
        assert 0 <= fewer <= 1
        assert more >= fewer or losses > wins + 0.02 * pairs

    def test_evidence_of_the_same_pairs_is_the_same(self) -> None:
        pairs = [WON] * 5 + [SAME] * 60
        assert measure(pairs) == measure(pairs)
        assert replace(measure(pairs), among=2) != measure(pairs)


def _weigh(text: str, ran: Ran, hold_out: HoldOut | None = None) -> tuple[Evidence, list[Pair]]:
    return weigh(
        replay_baseline(read(LETTERS_SPEC), ran.recordings, hold_out=hold_out),
        read(text),
        roi=ROI,
        settings=SETTINGS,
        rng=np.random.default_rng(0),
    )
