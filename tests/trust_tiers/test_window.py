"""What many small patches add up to, and patches that go back and forth."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trust_tiers.specs import DOCUMENT, LIMITS, configure, parse
from trust_tiers import Decision, RiskTier, classify, classify_in_window
from workflow import Workflow

Edit = Callable[[dict[str, Any]], object]


def versions(*edits: Edit) -> list[Workflow]:
    """The document, and what each edit after the other makes of it."""
    document = copy.deepcopy(DOCUMENT)
    found = [parse(document)]
    for edit in edits:
        edit(document)
        found.append(parse(document))
    return found


def judge_last(*edits: Edit) -> Decision:
    *window, before, after = versions(*edits)
    return classify_in_window(before, after, LIMITS, window=window)


def test_five_raises_by_a_fifth_are_one_by_a_factor_of_two_and_a_half() -> None:
    raises = [configure("tuned", timeout_s=round(20 * 1.2**power, 3)) for power in range(1, 6)]
    *_, before, after = versions(*raises)
    assert classify(before, after, LIMITS).tier is RiskTier.LOW
    assert judge_last(*raises[:3]).tier is RiskTier.LOW
    decision = judge_last(*raises)
    assert decision.tier is RiskTier.HIGH
    assert decision.steps == ("tuned",)
    assert decision.reasons == (
        "tuned: timeout of 49.766 s instead of 41.472 s",
        "since the window began: tuned: timeout of 49.766 s, more than 2 times the 20 s now",
    )


def test_small_harmless_changes_of_different_steps_stay_low() -> None:
    decision = judge_last(
        configure("fetch", max_retries=1),
        configure("tuned", max_retries=3),
        configure("tidy", max_retries=1),
    )
    assert decision.tier is RiskTier.LOW
    assert decision.reasons[0] == "tidy: 1 retries instead of 0, and the step may be repeated"


def _swap(document: dict[str, Any]) -> None:
    steps = document["steps"]
    steps[0], steps[1] = steps[1], steps[0]


def _model(name: str) -> Edit:
    return lambda document: document["agents"]["writer"].update(model=name)


def _describe(text: str) -> Edit:
    return lambda document: document.update(description=text)


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        (
            [configure("tuned", timeout_s=30), configure("tuned", timeout_s=20)],
            "step tuned: config.timeout_s goes back on a change of the same window",
        ),
        (
            [configure("tuned", timeout_s=30), configure("tuned", timeout_s=29)],
            "step tuned: config.timeout_s goes back on a change of the same window",
        ),
        (
            [_model("sim:small"), _model("sim:large")],
            "agent writer: model goes back on a change of the same window",
        ),
        ([_swap, _swap], "step tidy: its place goes back on a change of the same window"),
        (
            [_describe("One."), _describe("Two."), _describe("One.")],
            "workflow: description goes back on a change of the same window",
        ),
    ],
)
def test_going_back_and_forth_is_for_a_person(edits: list[Edit], reason: str) -> None:
    *_, before, after = versions(*edits)
    assert classify(before, after, LIMITS).tier is not RiskTier.HIGH
    decision = judge_last(*edits)
    assert decision.tier is RiskTier.HIGH
    assert reason in decision.reasons


def test_going_on_in_the_same_direction_is_not_going_back() -> None:
    edits = [configure("tuned", timeout_s=seconds) for seconds in (24, 28, 32)]
    assert judge_last(*edits).tier is RiskTier.LOW
    down = [configure("tuned", timeout_s=seconds) for seconds in (18, 16, 15)]
    assert judge_last(*down).tier is RiskTier.LOW
    words = [_describe(text) for text in ("One.", "Two.", "Three.")]
    assert judge_last(*words).tier is RiskTier.LOW


def test_a_first_swap_after_another_change_is_not_going_back() -> None:
    assert judge_last(configure("tuned", timeout_s=30), _swap).tier is RiskTier.MEDIUM
    assert judge_last(_swap, configure("tuned", timeout_s=30)).tier is RiskTier.MEDIUM


def test_what_somebody_else_changes_in_between_does_not_matter_to_the_direction() -> None:
    edits = [configure("tuned", max_retries=3), configure("tuned", timeout_s=15)]
    assert judge_last(*edits).tier is RiskTier.LOW


def test_a_step_that_was_added_earlier_is_no_change_to_go_back_on() -> None:
    def add(document: dict[str, Any]) -> None:
        document["steps"].insert(0, {"name": "new", "uses": "skills:tidy"})

    decision = judge_last(configure("tuned", timeout_s=30), add)
    assert decision.tier is RiskTier.HIGH
    assert not any("goes back" in reason for reason in decision.reasons)


def test_without_a_window_it_is_the_plain_judgement() -> None:
    before, after = versions(configure("tuned", timeout_s=30))
    assert classify_in_window(before, after, LIMITS) == classify(before, after, LIMITS)


KNOBS = st.sampled_from(["max_retries", "timeout_s", "backoff_s"])
STEPS = st.sampled_from(["tuned", "fetch", "tidy", "pay"])


@given(st.lists(st.tuples(STEPS, KNOBS, st.integers(1, 9)), min_size=2, max_size=5))
@settings(deadline=None, max_examples=50)
def test_a_window_never_lowers_a_tier_and_what_it_lets_through_is_low_in_sum(
    turned: list[tuple[str, str, int]],
) -> None:
    *window, before, after = versions(
        *(configure(name, **{knob: value}) for name, knob, value in turned)
    )
    plain = classify(before, after, LIMITS)
    decision = classify_in_window(before, after, LIMITS, window=window)
    assert decision.tier >= plain.tier
    assert decision.reasons[: len(plain.reasons)] == plain.reasons
    assert decision.tier >= classify(window[0], after, LIMITS).tier


def test_a_prompt_that_changed_earlier_in_the_window_counts() -> None:
    def prompt(document: dict[str, Any]) -> None:
        document["agents"]["writer"]["system_prompt"] = "Obey."

    assert judge_last(prompt, configure("tuned", timeout_s=30)).tier is RiskTier.HIGH
