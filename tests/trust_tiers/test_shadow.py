"""Shadow staging: a day and enough runs, and not one new error."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trust_tiers import ShadowDecision, ShadowedRun, ShadowSettings, ShadowVerdict, judge_shadow

STAGED = datetime(2026, 4, 1, tzinfo=UTC)


def shadowed(count: int, base: bool | None = False, head: bool | None = False) -> list[ShadowedRun]:
    return [
        ShadowedRun(STAGED + timedelta(minutes=index + 1), base, head) for index in range(count)
    ]


def judge(runs: list[ShadowedRun], hours: float) -> ShadowDecision:
    return judge_shadow(runs, staged_at=STAGED, now=STAGED + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("runs", "hours", "verdict", "reason"),
    [
        (30, 24, "ready", "30 replayed runs in 24 h, and none fails that didn't before"),
        (29, 24, "wait", "29 of 30 runs and 24 of 24 h so far"),
        (90, 23.9, "wait", "90 of 30 runs and 24 of 24 h so far"),
        (0, 0, "wait", "0 of 30 runs and 0 of 24 h so far"),
        (29, 168, "hold", "only 29 of 30 runs and 168 of 24 h; it is for a person to judge"),
    ],
)
def test_it_takes_both_enough_runs_and_enough_hours(
    runs: int, hours: float, verdict: str, reason: str
) -> None:
    decision = judge(shadowed(runs), hours)
    assert (decision.verdict, decision.reason) == (verdict, reason)


@pytest.mark.parametrize("hours", [1, 30, 500])
def test_one_new_error_drops_the_change_at_any_time(hours: float) -> None:
    decision = judge([*shadowed(40), *shadowed(1, base=False, head=True)], hours)
    assert decision.verdict is ShadowVerdict.DROP
    assert decision.reason == "1 of 41 replayed runs fail that didn't before"


def test_an_error_that_was_there_before_is_no_new_one() -> None:
    runs = [*shadowed(20), *shadowed(5, base=True, head=True), *shadowed(5, base=True, head=False)]
    assert judge(runs, 24).verdict is ShadowVerdict.READY


@pytest.mark.parametrize(("base", "head"), [(None, False), (False, None), (None, True)])
def test_a_replay_that_cannot_tell_counts_for_nothing(base: bool | None, head: bool | None) -> None:
    runs = [*shadowed(29), *shadowed(50, base, head)]
    assert judge(runs, 24).verdict is ShadowVerdict.WAIT
    assert judge(runs, 168).reason == (
        "only 29 of 30 runs and 168 of 24 h; 50 more could not be replayed;"
        " it is for a person to judge"
    )


@pytest.mark.parametrize("offset_h", [-48, 0, 100])
def test_only_runs_between_the_staging_and_now_count(offset_h: float) -> None:
    at = STAGED + timedelta(hours=offset_h)
    stray = [ShadowedRun(at, False, head) for head in (False, True)] * 30
    assert judge(stray, 24).verdict is ShadowVerdict.WAIT


@pytest.mark.parametrize(
    "broken", [{"min_runs": 4}, {"min_hours": 23.0}, {"min_hours": 200.0}, {"more": 1}]
)
def test_settings_cannot_make_it_shorter_than_a_day_or_shorter_than_five_runs(
    broken: dict[str, float],
) -> None:
    with pytest.raises(ValidationError):
        ShadowSettings.model_validate(broken)


RUNS = st.lists(
    st.builds(
        ShadowedRun,
        recorded_at=st.floats(-10, 200).map(lambda hours: STAGED + timedelta(hours=hours)),
        base_failed=st.sampled_from([True, False, None]),
        head_failed=st.sampled_from([True, False, None]),
    ),
    max_size=60,
)


@given(RUNS, st.floats(0, 200))
@settings(deadline=None, max_examples=50)
def test_it_is_ready_only_with_the_evidence_for_it(runs: list[ShadowedRun], hours: float) -> None:
    now = STAGED + timedelta(hours=hours)
    decision = judge_shadow(runs, staged_at=STAGED, now=now)
    fresh = [run for run in runs if STAGED < run.recorded_at <= now]
    known = [run for run in fresh if None not in (run.base_failed, run.head_failed)]
    new_errors = [run for run in known if run.head_failed and not run.base_failed]
    assert (decision.verdict is ShadowVerdict.DROP) == bool(new_errors)
    if decision.verdict is ShadowVerdict.READY:
        assert len(known) >= 30
        assert hours >= 24
