"""Earned autonomy: slowly up, at once down, and never past a ceiling."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_tiers import (
    EARNING_CLASSES,
    Autonomy,
    ClassOutcome,
    Ending,
    RiskTier,
    Rung,
    ceiling_of,
    earn_autonomy,
    tier_after,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CLEAN, ROLLED_BACK = Ending.CLEAN, Ending.ROLLED_BACK


def outcomes(*endings: Ending, model: str = "", days_ago: float = 0) -> list[ClassOutcome]:
    return [ClassOutcome(NOW - timedelta(days=days_ago), ending, model) for ending in endings]


def earn(history: Sequence[ClassOutcome], patch_class: str = "retries", **more: str) -> Autonomy:
    return earn_autonomy(patch_class, history, now=NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("clean", "others", "rung"),
    [
        (0, 0, Rung.PROPOSE),
        (12, 0, Rung.PROPOSE),
        (13, 0, Rung.WOULD_APPLY),
        (27, 0, Rung.WOULD_APPLY),
        (28, 0, Rung.AUTO_LOW),
        (19, 1, Rung.PROPOSE),
        (20, 1, Rung.WOULD_APPLY),
        (43, 1, Rung.WOULD_APPLY),
        (44, 1, Rung.AUTO_LOW),
    ],
)
@pytest.mark.parametrize("other", [Ending.EDITED, Ending.OUT_OF_BAND])
def test_28_clean_outcomes_are_needed_or_45_of_which_one_was_not(
    clean: int, others: int, rung: Rung, other: Ending
) -> None:
    earned = earn(outcomes(*[other] * others, *[CLEAN] * clean))
    assert earned.rung is rung
    assert earned.missing == (0 if rung is Rung.AUTO_LOW else (28, 44)[others] - clean)


@pytest.mark.parametrize("clean", [28, 100, 1000])
def test_one_rollback_demotes_at_once_however_long_the_record(clean: int) -> None:
    history = outcomes(*[CLEAN] * clean, ROLLED_BACK)
    earned = earn(history)
    assert earned.rung is Rung.PROPOSE
    assert (earned.clean, earned.missing) == (0, 44)
    assert earn([*history, *outcomes(*[CLEAN] * 43)]).rung is Rung.WOULD_APPLY
    assert earn([*history, *outcomes(*[CLEAN] * 44)]).rung is Rung.AUTO_LOW


def test_an_outcome_loses_half_its_weight_in_60_days() -> None:
    earned = earn(outcomes(*[CLEAN] * 40, days_ago=60))
    assert earned.clean == pytest.approx(20)
    assert earned.rung is Rung.WOULD_APPLY
    old = earn([*outcomes(ROLLED_BACK, days_ago=60), *outcomes(*[CLEAN] * 28)])
    assert old.others == pytest.approx(0.5)
    assert old.rung is Rung.WOULD_APPLY
    assert old.missing == 8


def test_an_outcome_from_the_future_weighs_no_more_than_one_of_now() -> None:
    assert earn(outcomes(*[CLEAN] * 10, days_ago=-90)).clean == 10


def test_another_model_freezes_what_was_earned() -> None:
    history = outcomes(*[CLEAN] * 40, model="sim:old")
    assert earn(history, model="sim:old").rung is Rung.AUTO_LOW
    frozen = earn(history, model="sim:new")
    assert frozen.rung is Rung.PROPOSE
    assert frozen.reason == (
        "retries: 40 of 40 outcomes were clean, so at least 5% end well;"
        " frozen, because the model changed from sim:old to sim:new; 28 more clean ones are needed"
    )
    bad = outcomes(Ending.EDITED, model="sim:old")
    again = outcomes(*[CLEAN] * 43, model="sim:new")
    assert earn([*bad, *again], model="sim:new").missing == 1


def test_the_order_in_which_outcomes_are_given_does_not_matter() -> None:
    history = [*outcomes(ROLLED_BACK, days_ago=3), *outcomes(*[CLEAN] * 44)]
    assert earn(history[::-1]) == earn(history)


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (
            outcomes(*[CLEAN] * 28),
            "retries: 28 of 28 outcomes were clean, so at least 90% end well: applied by itself",
        ),
        (
            outcomes(*[CLEAN] * 3, ROLLED_BACK, *[CLEAN] * 9),
            (
                "retries: 12 of 13 outcomes were clean, 1 rolled back, so at least 64% end well;"
                " 35 more clean ones are needed"
            ),
        ),
    ],
)
def test_it_says_why_in_a_sentence(history: list[ClassOutcome], reason: str) -> None:
    assert earn(history).reason == reason


def test_the_mode_of_the_repository_is_a_ceiling_too() -> None:
    history = outcomes(*[CLEAN] * 30)
    earned = earn_autonomy("retries", history, now=NOW, at_most=Rung.SILENT)
    assert earned.rung is Rung.SILENT
    assert earned.reason.endswith("but the mode doesn't allow more than silent")


FORBIDDEN = ("other", "combined", "prompt", "tools", "policies", "tests", "secrets", "", "Retries")
HISTORIES = st.lists(
    st.builds(
        ClassOutcome,
        at=st.floats(-2000, 2000).map(lambda days: NOW + timedelta(days=days)),
        ending=st.sampled_from(Ending),
        model=st.sampled_from(["", "sim:a", "sim:b"]),
    ),
    max_size=80,
)


@given(HISTORIES, st.sampled_from(FORBIDDEN), st.sampled_from(["", "sim:a"]))
@settings(deadline=None, max_examples=50)
def test_no_record_gets_a_class_past_its_ceiling(
    history: list[ClassOutcome], patch_class: str, model: str
) -> None:
    praise = [*history, *outcomes(*[CLEAN] * 500, model=model)]
    earned = earn(praise, patch_class, model=model)
    assert earned.rung <= ceiling_of(patch_class) == Rung.PROPOSE
    assert earned.reason == f"{patch_class}: patches of this class are always for a person"


@given(HISTORIES, st.sampled_from(sorted(EARNING_CLASSES)), st.sampled_from(Rung))
@settings(deadline=None, max_examples=50)
def test_a_rollback_now_always_takes_autonomy_away_and_no_mode_is_exceeded(
    history: list[ClassOutcome], patch_class: str, at_most: Rung
) -> None:
    before = [outcome for outcome in history if outcome.at < NOW]
    earned = earn_autonomy(patch_class, before, now=NOW, at_most=at_most)
    assert earned.rung <= at_most
    after = earn_autonomy(patch_class, [*before, *outcomes(ROLLED_BACK)], now=NOW)
    assert after.rung is Rung.PROPOSE


@given(HISTORIES)
@settings(deadline=None, max_examples=50)
def test_one_more_clean_outcome_never_lowers_and_one_that_is_not_never_raises(
    history: list[ClassOutcome],
) -> None:
    known = [outcome for outcome in history if outcome.at < NOW]
    bound = earn(known).lower_bound
    assert earn([*known, *outcomes(CLEAN)]).lower_bound >= bound
    for ending in set(Ending) - {CLEAN}:
        assert earn([*known, *outcomes(ending)]).lower_bound <= bound


@pytest.mark.parametrize("tier", RiskTier)
@pytest.mark.parametrize("clean", [0, 27, 28, 500])
def test_autonomy_makes_medium_low_and_leaves_everything_else(tier: RiskTier, clean: int) -> None:
    earned = earn(outcomes(*[CLEAN] * clean))
    expected = RiskTier.LOW if tier is RiskTier.MEDIUM and clean >= 28 else tier
    assert tier_after(tier, earned) is expected
