from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_agent import Pair, imagine_pairs, outcome_of
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import (
    answer_under,
    ask,
    attempt,
    fail_at_times,
    make_runs,
    make_workflow,
)
from workflow import Reprice, Workflow, compile_program, parse_workflow


def imagine(
    base: Workflow, head: Workflow, runs: Sequence[Run], *, reprice: Reprice | None = None
) -> list[Pair]:
    return imagine_pairs(
        compile_program(base), compile_program(head), runs, random=Random(1), reprice=reprice
    )


def success_of(outcomes: Sequence[bool]) -> float:
    return sum(outcomes) / len(outcomes)


class TestRetries:
    base = make_workflow()
    head = make_workflow(lookup_config="{max_retries: 3}")

    def test_they_recover_runs_and_lose_none(self) -> None:
        pairs = imagine(self.base, self.head, make_runs(self.base, 200, lookup=fail_at_times(0.2)))
        assert success_of([pair.base.succeeded for pair in pairs]) < 0.9
        assert success_of([pair.head.succeeded for pair in pairs]) > 0.98
        assert all(pair.head.succeeded for pair in pairs if pair.base.succeeded)

    def test_a_recovered_run_pays_for_the_steps_it_reaches(self) -> None:
        runs = make_runs(
            self.base,
            200,
            lookup=fail_at_times(0.2),
            draft=ask("sim:large", usd_per_token=0.001),
        )
        pairs = imagine(self.base, self.head, runs)
        recovered = [pair for pair in pairs if pair.head.succeeded and not pair.base.succeeded]
        assert recovered
        assert all(pair.head.cost_usd > 0 for pair in recovered)
        assert all(pair.head.latency_s > 0 for pair in recovered)

    def test_where_nothing_ever_succeeded_nothing_recovers(self) -> None:
        runs = make_runs(self.base, 60, lookup=fail_at_times(1.0))
        pairs = imagine(self.base, self.head, runs)
        assert not any(pair.head.succeeded for pair in pairs)
        assert all(pair.head.latency_s > pair.base.latency_s for pair in pairs)


class TestTimeouts:
    def test_a_shorter_one_saves_the_time_that_hangs_burn(self) -> None:
        base = make_workflow(lookup_config="{timeout_s: 120}")
        head = make_workflow(lookup_config="{timeout_s: 10}")
        runs = make_runs(base, 200, lookup=answer_under(120, hang_rate=0.1))
        pairs = imagine(base, head, runs)
        assert sum(pair.head.latency_s for pair in pairs) < sum(
            pair.base.latency_s for pair in pairs
        )
        assert [pair.head.succeeded for pair in pairs] == [pair.base.succeeded for pair in pairs]

    def test_one_that_is_too_short_cuts_healthy_runs_and_spares_what_follows(self) -> None:
        base = make_workflow(lookup_config="{timeout_s: 120}")
        head = make_workflow(lookup_config="{timeout_s: 0.5}")
        runs = make_runs(
            base, 100, lookup=answer_under(120), draft=ask("sim:large", usd_per_token=0.001)
        )
        pairs = imagine(base, head, runs)
        lost = [pair for pair in pairs if pair.base.succeeded and not pair.head.succeeded]
        assert len(lost) > 50
        assert all(pair.head.cost_usd < pair.base.cost_usd for pair in lost)


def test_a_cheaper_model_is_repriced_at_the_same_tokens() -> None:
    base = make_workflow()
    head = parse_workflow(base.text.replace("sim:large", "sim:small"), path=base.path)
    runs = make_runs(base, 50, draft=ask("sim:large", usd_per_token=0.001))
    pairs = imagine(
        base,
        head,
        runs,
        reprice=lambda model, used, made: Decimal(used + made) / 1_000_000,
    )
    assert all(pair.head.cost_usd < pair.base.cost_usd for pair in pairs)


class TestOtherModels:
    base = make_workflow()
    head = parse_workflow(base.text.replace("sim:large", "sim:small"), path=base.path)

    def test_their_time_and_failures_are_those_seen_at_the_very_step(self) -> None:
        runs = make_runs(self.base, 120, draft=answer_in_turn)
        pairs = imagine(self.base, self.head, runs)
        before = sum(pair.base.latency_s for pair in pairs)
        assert sum(pair.head.latency_s for pair in pairs) < before - 60 * 0.5

    def test_what_they_do_at_other_steps_says_nothing_of_this_one(self) -> None:
        slow = ask("sim:large", usd_per_token=0.001)
        runs = make_runs(self.base, 60, classify=answer_quickly, draft=slow)
        pairs = imagine(self.base, self.head, runs)
        assert [pair.head.latency_s for pair in pairs] == [pair.base.latency_s for pair in pairs]

    def test_what_nobody_has_asked_keeps_the_time_of_the_old_one(self) -> None:
        runs = make_runs(self.base, 60, draft=ask("sim:large", usd_per_token=0.001))
        pairs = imagine(self.base, self.head, runs)
        assert [pair.head.latency_s for pair in pairs] == [pair.base.latency_s for pair in pairs]


def answer_in_turn(random: Random, number: int) -> Attempt:
    """Half of the answers are the small model's, which is the quicker one."""
    if random.random() < 0.5:
        return answer_quickly(random, number)
    return attempt(number, latency_s=2.0, model="sim:large", tokens=(9, 9))


def answer_quickly(_: Random, number: int) -> Attempt:
    return attempt(number, latency_s=0.01, model="sim:small", tokens=(9, 9))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Write.", "Write well."),
        ("uses: agents.writer", "uses: agents.writer\n    validators: [flujo.check.length]"),
        ("  - name: lookup\n    uses: flujo.http.get\n", ""),
        ("uses: flujo.http.get", "uses: flujo.value.pass"),
    ],
)
def test_of_what_no_telemetry_tells_nothing_is_imagined(old: str, new: str) -> None:
    base = make_workflow()
    assert old in base.text
    head = parse_workflow(base.text.replace(old, new), path=base.path)
    assert imagine(base, head, make_runs(base, 40)) == []


def test_words_that_nothing_runs_on_change_nothing() -> None:
    base = make_workflow()
    head = parse_workflow(
        base.text.replace("- name: lookup", "- name: lookup\n    description: Looks it up."),
        path=base.path,
    )
    pairs = imagine(base, head, make_runs(base, 40))
    assert [pair.head for pair in pairs] == [pair.base for pair in pairs]


def test_an_attempt_that_is_cut_short_is_paid_for_its_share() -> None:
    base = make_workflow()
    head = make_workflow(draft_config="{timeout_s: 2}")
    runs = make_runs(base, 1, draft=lambda _, number: attempt(number, latency_s=8, cost_usd=0.4))
    (pair,) = imagine(base, head, runs)
    assert pair.head.cost_usd == pytest.approx(0.1)


def test_without_runs_there_are_no_pairs() -> None:
    base = make_workflow()
    assert imagine(base, make_workflow(lookup_config="{max_retries: 1}"), []) == []


def test_one_run_makes_one_pair() -> None:
    base = make_workflow()
    (pair,) = imagine(base, make_workflow(lookup_config="{max_retries: 1}"), make_runs(base, 1))
    assert pair.base == pair.head


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1), st.integers(0, 1_000), st.sampled_from([*ErrorClass][1:]))
def test_a_patch_that_changes_nothing_imagines_nothing(
    rate: float, seed: int, error_class: ErrorClass
) -> None:
    base = make_workflow()
    runs = make_runs(base, 20, lookup=fail_at_times(rate, error_class), seed=seed)
    pairs = imagine(base, base, runs)
    assert [pair.head for pair in pairs] == [outcome_of(run) for run in runs]


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1), st.integers(0, 1_000), st.integers(1, 5))
def test_more_retries_never_fail_a_run_that_succeeded(rate: float, seed: int, retries: int) -> None:
    base = make_workflow()
    head = make_workflow(lookup_config=f"{{max_retries: {retries}}}")
    runs = make_runs(base, 20, lookup=fail_at_times(rate), seed=seed)
    for pair in imagine(base, head, runs):
        assert pair.head.succeeded or not pair.base.succeeded
        assert pair.head.cost_usd >= 0
        assert pair.head.latency_s >= 0


@pytest.mark.parametrize("seed", range(3))
def test_the_same_chance_imagines_the_same(seed: int) -> None:
    base, head = make_workflow(), make_workflow(lookup_config="{max_retries: 2}")
    runs = make_runs(base, 50, lookup=fail_at_times(0.3), seed=seed)
    assert imagine(base, head, runs) == imagine(base, head, runs)
