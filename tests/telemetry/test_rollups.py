"""Statistics per step, and the law that windows merge."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import (
    ErrorClass,
    LatencyHistogram,
    Run,
    assemble_runs,
    collect_step_stats,
    merge_step_stats,
)
from tests.telemetry.builders import make_attempt, make_run, make_run_spans, make_step_run

_LATENCIES = st.lists(st.floats(0, 1e7), max_size=60)
_ATTEMPTS = st.builds(
    make_attempt,
    st.just(1),
    error_class=st.sampled_from([ErrorClass.NONE, ErrorClass.NONE, ErrorClass.UNAVAILABLE]),
    latency_s=st.floats(0, 100),
    cost_usd=st.decimals(0, 1, places=6).map(str),
    model=st.sampled_from(["", "sim:small", "sim:large"]),
    tokens=st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
)
_STEPS = st.builds(
    make_step_run,
    st.sampled_from(["classify", "draft", "route/draft"]),
    st.lists(_ATTEMPTS, min_size=1, max_size=3),
)
_RUNS = st.lists(
    st.builds(
        make_run,
        st.lists(_STEPS, min_size=1, max_size=4),
        spec_sha256=st.sampled_from(["a" * 64, "b" * 64]),
    ),
    max_size=6,
)


@given(_LATENCIES, _LATENCIES)
@settings(deadline=None, max_examples=60)
def test_merged_histograms_are_the_histogram_of_both_samples(
    first: list[float], second: list[float]
) -> None:
    merged = LatencyHistogram.of(first).merge(LatencyHistogram.of(second))
    assert merged == LatencyHistogram.of(first + second)
    assert merged.count == len(first) + len(second)


@given(st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=80), st.floats(0, 1))
@settings(deadline=None, max_examples=100)
def test_a_quantile_is_right_within_one_percent(latencies: list[float], q: float) -> None:
    exact = sorted(latencies)[int(q * (len(latencies) - 1))]
    estimate = LatencyHistogram.of(latencies).quantile_ms(q)
    assert estimate == pytest.approx(exact, rel=0.0100001)


def test_an_empty_histogram_has_no_quantile_and_zeros_are_zero() -> None:
    assert LatencyHistogram().quantile_ms(0.5) is None
    assert LatencyHistogram.of([0.0, 0.0, 5.0]).quantile_ms(0.5) == 0.0


@given(_RUNS, _RUNS)
@settings(deadline=None, max_examples=50)
def test_merged_windows_are_the_statistics_of_all_runs(first: list[Run], second: list[Run]) -> None:
    merged = merge_step_stats(collect_step_stats(first), collect_step_stats(second))
    assert merged == collect_step_stats(first + second)


def test_statistics_count_runs_executions_attempts_and_failures() -> None:
    runs = assemble_runs([span for trace in (1, 2) for span in make_run_spans(trace)]).runs
    classify, draft = collect_step_stats(runs)
    assert (classify.step_id, draft.step_id) == ("classify", "draft")
    assert (draft.runs, draft.executions, draft.failures, draft.attempts) == (2, 2, 0, 4)
    assert draft.attempt_failures_by_class == {ErrorClass.RATE_LIMITED: 2}
    assert draft.first_attempt_failures_by_class == {ErrorClass.RATE_LIMITED: 2}
    assert draft.cost_per_run_usd == Decimal("0.0035")
    assert (draft.input_tokens, draft.output_tokens) == (200, 40)
    assert draft.models == {"sim:small": 2}
    assert draft.latency.quantile_ms(0.5) == pytest.approx(700, rel=0.01)


def test_a_step_in_a_loop_counts_its_run_once() -> None:
    step = make_step_run("draft", [make_attempt()])
    [stats] = collect_step_stats([make_run([step, step, step])])
    assert (stats.runs, stats.executions) == (1, 3)


def test_versions_are_kept_apart_and_dont_merge() -> None:
    step = make_step_run("draft", [make_attempt()])
    first, second = collect_step_stats(
        [make_run([step], spec_sha256="a" * 64), make_run([step], spec_sha256="b" * 64)]
    )
    with pytest.raises(ValueError, match="can't merge"):
        first.merge(second)
