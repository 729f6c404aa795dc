"""Retries, timeouts and pauses: what may be tuned by itself, and on either side of each bound."""

import json
from typing import Any

import pytest

from tests.trust_tiers.specs import configure, judge, parse, step
from trust_tiers import RiskTier, TierLimits, classify

LOW, MEDIUM, HIGH = RiskTier.LOW, RiskTier.MEDIUM, RiskTier.HIGH


@pytest.mark.parametrize(
    ("name", "retries", "tier"),
    [
        ("tidy", 1, LOW),
        ("fetch", 5, LOW),
        ("fetch", 0, LOW),
        ("fetch", 6, HIGH),
        ("fetch", 100, HIGH),
        ("tuned", 3, LOW),
        ("tuned", 1, HIGH),
        ("tuned", 0, HIGH),
        ("wait", 4, LOW),
        ("wait", 3, LOW),
        ("wait", 2, HIGH),
        ("pay", 1, HIGH),
        ("mystery", 1, HIGH),
        ("check_reply", 2, HIGH),
        ("grade", 2, HIGH),
        ("route", 2, HIGH),
    ],
)
def test_retries_may_grow_a_little_on_steps_that_may_be_repeated(
    name: str, retries: int, tier: RiskTier
) -> None:
    assert judge(configure(name, max_retries=retries)).tier is tier


@pytest.mark.parametrize(
    ("name", "timeout_s", "tier"),
    [
        ("fetch", 1, LOW),
        ("fetch", 600, LOW),
        ("fetch", 0.9, HIGH),
        ("fetch", 601, HIGH),
        ("tuned", 5, LOW),
        ("tuned", 4.9, HIGH),
        ("tuned", 40, LOW),
        ("tuned", 40.1, HIGH),
        ("wait", 10, LOW),
        ("wait", 9, HIGH),
        ("wait", 81, HIGH),
        ("pay", 30, LOW),
        ("pay", 10, HIGH),
        ("mystery", 30, HIGH),
        ("check_reply", 25, HIGH),
        ("grade", 30, HIGH),
        ("route", 60, HIGH),
    ],
)
def test_timeouts_move_within_a_factor_and_never_cut_off_an_effect(
    name: str, timeout_s: float, tier: RiskTier
) -> None:
    assert judge(configure(name, timeout_s=timeout_s)).tier is tier


@pytest.mark.parametrize(
    ("name", "backoff_s", "tier"),
    [
        ("fetch", 60, LOW),
        ("fetch", 60.5, HIGH),
        ("tuned", 2.5, LOW),
        ("tuned", 1.5, HIGH),
        ("tuned", 0, HIGH),
        ("check_reply", 1, HIGH),
    ],
)
def test_pauses_between_attempts_only_grow(name: str, backoff_s: float, tier: RiskTier) -> None:
    assert judge(configure(name, backoff_s=backoff_s)).tier is tier


@pytest.mark.parametrize("knob", ["max_retries", "timeout_s", "backoff_s"])
def test_removing_a_knob_goes_to_a_person(knob: str) -> None:
    removed = judge(lambda document: step(document, "tuned")["config"].pop(knob))
    emptied = judge(configure("tuned", **{knob: None}))
    assert removed.tier is emptied.tier is HIGH
    assert removed.reasons == (f"tuned: {knob} is removed",)


def test_knobs_that_null_stood_for_count_as_unset() -> None:
    decision = judge(
        configure("fetch", max_retries=2), prepare=configure("fetch", max_retries=None)
    )
    assert decision.tier is LOW


def test_an_agents_own_default_is_what_a_new_knob_is_compared_with() -> None:
    decision = judge(configure("wait", timeout_s=20))
    assert decision.reasons == ("wait: timeout of 20 s instead of 40 s",)


@pytest.mark.parametrize(
    ("tokens", "tier"), [(900, LOW), (899, MEDIUM), (450, MEDIUM), (449, HIGH), (901, HIGH)]
)
def test_a_token_limit_may_be_lowered_by_half_on_trial(tokens: int, tier: RiskTier) -> None:
    def edit(document: dict[str, Any]) -> None:
        step(document, "route")["branches"]["long"][0]["config"]["max_tokens"] = tokens

    assert judge(edit).tier is tier


def test_a_token_limit_is_compared_with_the_agents() -> None:
    assert judge(configure("wait", max_tokens=400)).tier is MEDIUM
    assert judge(configure("wait", max_tokens=399)).tier is HIGH


def test_a_first_token_limit_goes_to_a_person() -> None:
    assert judge(configure("draft", max_tokens=400)).tier is HIGH


def test_other_settings_of_a_step_go_to_a_person() -> None:
    assert judge(configure("draft", temperature=0.0)).tier is HIGH
    assert judge(configure("fetch", max_retries=2, temperature=1.0)).tier is HIGH


def test_reasons_name_the_step_and_the_numbers() -> None:
    decision = judge(configure("fetch", max_retries=2, timeout_s=9, backoff_s=0.5))
    assert decision.tier is LOW
    assert sorted(decision.reasons) == [
        "fetch: 0.5 s between attempts instead of 0 s",
        "fetch: 2 retries instead of 0, and the step may be repeated",
        "fetch: timeout of 9 s instead of none",
    ]
    assert decision.steps == ("fetch",)


def test_a_stricter_setting_narrows_the_surface() -> None:
    limits = TierLimits(max_retries=1)
    assert judge(configure("fetch", max_retries=2), limits=limits).tier is HIGH
    assert judge(configure("fetch", max_retries=1), limits=limits).tier is LOW


def test_a_knob_on_a_renamed_step_goes_to_a_person() -> None:
    def edit(document: dict[str, Any]) -> None:
        step(document, "tuned").update(name="renamed", config={"max_retries": 3})

    assert judge(edit).tier is HIGH


def test_a_step_that_becomes_repeatable_in_the_same_patch_stays_unrepeatable() -> None:
    def edit(document: dict[str, Any]) -> None:
        step(document, "pay").update(
            uses="skills:fetch", config={"timeout_s": 20, "max_retries": 2}
        )

    decision = judge(edit)
    assert decision.tier is HIGH
    assert "pay: 2 retries, but repeating the step isn't known to be harmless" in decision.reasons


def test_true_is_no_number_of_retries() -> None:
    from trust_tiers.knobs import as_number

    assert as_number(True) is None
    assert as_number("2") is None
    assert as_number(None) is None
    assert as_number(10**400) is None
    assert as_number(json.loads("1e999")) is None
    assert as_number(2) == 2.0


def test_the_same_version_changes_nothing() -> None:
    from tests.trust_tiers.specs import DOCUMENT

    version = parse(DOCUMENT)
    assert classify(version, version, TierLimits()).tier is LOW


def test_a_knob_added_to_an_empty_config_is_as_good_as_one_added_to_none() -> None:
    def empty(document: dict[str, Any]) -> None:
        step(document, "fetch")["config"] = {}

    assert judge(configure("fetch", max_retries=2), prepare=empty).tier is LOW
