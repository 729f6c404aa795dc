from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_agent import (
    Evidence,
    EvidenceSettings,
    Pair,
    RoiSettings,
    RunOutcome,
    Verdict,
    replay_baseline,
    weigh,
)
from meta_agent.paired_tests import sign_test, success_loss_bound, value_of
from meta_agent.stand_ins import find_stand_ins
from tests.app.sweeping import LETTERS_SPEC, Ran, read, run_often
from workflow import Recording, Workflow, compile_program

ROI = RoiSettings(value_per_success_usd=0.25, latency_usd_per_s=0.002)
RETRYING = LETTERS_SPEC.replace(
    '"{{ context.question }}"', '"{{ context.question }}"\n    config: {max_retries: 3}'
)
IMPATIENT = LETTERS_SPEC.replace(
    '"{{ context.question }}"', '"{{ context.question }}"\n    config: {timeout_s: 0.3}'
)
LARGE = LETTERS_SPEC.replace("sim:flaky", "sim:large")


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC))


def weigh_up(
    head: str,
    recordings: Sequence[Recording],
    *,
    base: Workflow | None = None,
    evidence: EvidenceSettings | None = None,
) -> tuple[Evidence, list[Pair]]:
    return weigh(
        replay_baseline(base or read(LETTERS_SPEC), recordings),
        read(head),
        roi=ROI,
        settings=evidence or EvidenceSettings(),
        rng=np.random.default_rng(0),
    )


class TestVerdicts:
    def test_retries_that_save_runs_are_better(self, letters: Ran) -> None:
        found, pairs = weigh_up(RETRYING, letters.recordings)
        assert found.verdict is Verdict.BETTER
        assert found.pairs == len(pairs) == len(letters.recordings)
        assert found.losses == 0
        assert found.wins > 5
        assert found.before is not None
        assert found.after is not None
        assert found.after.success > found.before.success
        assert found.drawn >= found.wins
        assert found.simulated

    def test_a_timeout_that_cuts_healthy_answers_is_worse(self, letters: Ran) -> None:
        found, _ = weigh_up(IMPATIENT, letters.recordings)
        assert found.verdict is Verdict.WORSE
        assert found.losses > found.wins

    def test_the_same_version_again_is_not_worse(self) -> None:
        ran = run_often(read(LETTERS_SPEC), 250)
        found, _ = weigh_up(LETTERS_SPEC, ran.recordings)
        assert (found.verdict, found.wins, found.losses) == (Verdict.NOT_WORSE, 0, 0)
        assert found.noise_floor == 0
        assert found.drawn == found.stood_in == found.tainted == 0

    def test_another_model_is_never_judged_by_answers_that_are_not_its_own(
        self, letters: Ran
    ) -> None:
        found, pairs = weigh_up(LARGE, letters.recordings)
        assert found.verdict is Verdict.CANT_TELL
        assert found.stood_in == len(pairs)
        assert "stand in" in found.reason

    def test_too_few_recordings_say_how_many_more(self, letters: Ran) -> None:
        found, pairs = weigh_up(RETRYING, letters.recordings[:29])
        assert (found.verdict, found.needed, len(pairs)) == (Verdict.CANT_TELL, 1, 29)

    def test_a_single_recording_can_not_tell(self, letters: Ran) -> None:
        found, _ = weigh_up(RETRYING, letters.recordings[:1])
        assert (found.verdict, found.pairs, found.needed) == (Verdict.CANT_TELL, 1, 29)

    def test_no_recordings_say_how_to_make_some(self) -> None:
        found, pairs = weigh_up(RETRYING, [])
        assert (found.verdict, pairs) == (Verdict.CANT_TELL, [])
        assert "flujo run --record" in found.reason

    def test_recordings_of_another_version_are_stale(self, letters: Ran) -> None:
        found, pairs = weigh_up(LARGE, letters.recordings, base=read(RETRYING))
        assert (found.verdict, pairs) == (Verdict.BASELINE_STALE, [])

    def test_recordings_that_do_not_reproduce_are_invalid(self, letters: Ran) -> None:
        forged = [
            recording.model_copy(update={"cost_usd": recording.cost_usd + 1})
            for recording in letters.recordings
        ]
        found, _ = weigh_up(RETRYING, forged)
        assert (found.verdict, found.noise_floor) == (Verdict.INVALID, 1.0)
        assert "100%" in found.reason

    def test_runs_that_all_fail_are_weighed_too(self, letters: Ran) -> None:
        failed = [one for one in letters.recordings if one.error_class]
        found, _ = weigh_up(LETTERS_SPEC, failed, evidence=replace(EvidenceSettings(), min_pairs=5))
        assert found.before is not None
        assert (found.before.success, found.before.cost_usd) == (0.0, 0.0)
        assert found.verdict in (Verdict.NOT_WORSE, Verdict.CANT_TELL)

    def test_the_same_recordings_weigh_the_same_twice(self, letters: Ran) -> None:
        assert weigh_up(RETRYING, letters.recordings) == weigh_up(RETRYING, letters.recordings)


def test_only_what_behaves_differently_stands_in() -> None:
    base = compile_program(read(LETTERS_SPEC))
    assert find_stand_ins(base, compile_program(read(RETRYING))) == {}
    assert find_stand_ins(base, compile_program(read(IMPATIENT))) == {}
    assert find_stand_ins(base, compile_program(read(LARGE))) == {"write": "sim:large"}
    prompt = LETTERS_SPEC.replace("Write.", "Write well.")
    assert find_stand_ins(base, compile_program(read(prompt))) == {"write": "sim:flaky"}


@pytest.mark.parametrize(
    ("wins", "losses", "p_value"), [(0, 0, 1.0), (1, 0, 0.5), (5, 0, 1 / 32), (3, 1, 5 / 16)]
)
def test_the_sign_test_is_exact(wins: int, losses: int, p_value: float) -> None:
    assert sign_test(wins, losses) == pytest.approx(p_value)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 60), st.integers(0, 60))
def test_one_more_win_never_weakens_the_case(wins: int, losses: int) -> None:
    assert sign_test(wins + 1, losses) <= sign_test(wins, losses)
    assert 0 < sign_test(wins, losses) <= 1


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(100, 500))
def test_more_losses_never_lower_the_bound(losses: int, wins: int, pairs: int) -> None:
    assert success_loss_bound(losses, wins, pairs) <= success_loss_bound(losses + 1, wins, pairs)
    assert success_loss_bound(losses, wins, pairs) >= (losses - wins) / (pairs + 2)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 10), st.floats(0, 100))
def test_a_success_is_worth_its_price(cost_usd: float, latency_s: float) -> None:
    won = RunOutcome(cost_usd, True, latency_s)
    lost = replace(won, succeeded=False)
    assert value_of(won, ROI) - value_of(lost, ROI) == pytest.approx(ROI.value_per_success_usd)
    assert value_of(lost, ROI) <= 0
