"""What each rule says of a change, word for word: a person decides by it."""

from typing import Any

import pytest

from tests.trust_tiers.specs import configure, judge, step
from trust_tiers import RiskTier

LOW, MEDIUM, HIGH = RiskTier.LOW, RiskTier.MEDIUM, RiskTier.HIGH


@pytest.mark.parametrize(
    ("name", "knob", "value", "tier", "reason"),
    [
        ("fetch", "backoff_s", 61.0, HIGH, "61 s between attempts, more than the 60 s allowed"),
        ("tuned", "backoff_s", 1.0, HIGH, "1 s between attempts, less than the 2 s now"),
        ("fetch", "backoff_s", 3.0, LOW, "3 s between attempts instead of 0 s"),
        ("fetch", "max_retries", 6, HIGH, "6 retries, more than the 5 allowed"),
        ("tuned", "max_retries", 1, HIGH, "1 retries, fewer than the 2 it has now"),
        (
            "pay",
            "max_retries",
            1,
            HIGH,
            "1 retries, but repeating the step isn't known to be harmless",
        ),
        ("fetch", "timeout_s", 0.5, HIGH, "timeout of 0.5 s, outside the allowed 1–600 s"),
        ("fetch", "timeout_s", 601, HIGH, "timeout of 601 s, outside the allowed 1–600 s"),
        ("tuned", "timeout_s", 41, HIGH, "timeout of 41 s, more than 2 times the 20 s now"),
        ("tuned", "timeout_s", 4, HIGH, "timeout of 4 s, less than 1/4 of the 20 s now"),
        (
            "pay",
            "timeout_s",
            10,
            HIGH,
            "timeout of 10 s, which could cut off a step whose effects aren't known to be harmless",
        ),
        (
            "check_reply",
            "timeout_s",
            30,
            HIGH,
            "it guards other steps, so nothing about it is tuned",
        ),
        ("route", "timeout_s", 30, HIGH, "a conditional is structure, its settings go to a person"),
        (
            "draft",
            "max_tokens",
            30,
            HIGH,
            "at most 30 output tokens, and no limit before to compare with",
        ),
        (
            "wait",
            "max_tokens",
            300,
            HIGH,
            "at most 300 output tokens, not between 1/2 and all of the 800 now",
        ),
        ("wait", "max_tokens", 700, MEDIUM, "at most 700 output tokens instead of 800"),
    ],
)
def test_a_knob_is_judged_in_these_words(
    name: str, knob: str, value: float, tier: RiskTier, reason: str
) -> None:
    decision = judge(configure(name, **{knob: value}))
    assert (decision.tier, decision.reasons) == (tier, (f"{name}: {reason}",))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (
            lambda document: step(document, "draft").update(validators=[]),
            "draft: a new validator isn't a registered one with plain numbers",
        ),
        (
            lambda document: step(document, "draft").update(description="Words."),
            "draft: its description may reach a model, so it is a prompt",
        ),
        (
            lambda document: step(document, "tidy").update(description="<b>"),
            "tidy: documentation must be plain ASCII text of at most 500",
        ),
        (
            lambda document: document["agents"]["writer"].update(model="sim:no"),
            "agent writer: sim:no isn't in the list of allowed models",
        ),
    ],
)
def test_everything_else_is_judged_in_these_words(edit: Any, reason: str) -> None:
    assert judge(edit).reasons == (reason,)


def test_a_far_move_is_told_of_every_step_that_moved() -> None:
    def by_itself(document: dict[str, Any]) -> None:
        step(document, "draft")["input"] = "{{ context.question }}"

    def edit(document: dict[str, Any]) -> None:
        steps = document["steps"]
        steps[0], steps[2] = steps[2], steps[0]

    assert judge(edit, prepare=by_itself).reasons == (
        "draft: it moves farther than past one neighbour",
        "fetch: it moves farther than past one neighbour",
    )


@pytest.mark.parametrize(
    ("words", "tier"), [("", HIGH), ("x", LOW), ("x" * 500, LOW), ("x" * 501, HIGH)]
)
def test_documentation_has_between_one_and_500_characters(words: str, tier: RiskTier) -> None:
    assert judge(lambda document: step(document, "tidy").update(description=words)).tier is tier
