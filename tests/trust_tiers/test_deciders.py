"""Steps that decide what else happens: what they answer is not tuned by itself, whatever the key is called."""

from typing import Any

import pytest

from tests.trust_tiers.specs import configure, judge, step
from trust_tiers import RiskTier

LOW, MEDIUM, HIGH = RiskTier.LOW, RiskTier.MEDIUM, RiskTier.HIGH


def _swap_writer(document: dict[str, Any]) -> None:
    document["agents"]["writer"]["model"] = "sim:small"


def _condition(text: str) -> Any:
    return lambda document: step(document, "route").update(condition_expression=text)


def _sink(document: dict[str, Any]) -> None:
    step(document, "draft")["sink_to"] = "context.kind"


def _update(document: dict[str, Any]) -> None:
    step(document, "draft")["updates_context"] = True


def _policy(document: dict[str, Any]) -> None:
    document["policies"][0]["assert"] = 'result.step["draft"].success'


def _broken_policies(document: dict[str, Any]) -> None:
    document["policies"] = []


def _loop(**fields: object) -> Any:
    def edit(document: dict[str, Any]) -> None:
        body = [{"name": "again", "uses": "agents.writer", "input": "{{ context.text }}"}]
        loop = {"max_loops": 2, "body": body, **fields}
        document["steps"].append({"kind": "loop", "name": "until", "loop": loop})

    return edit


def _states(when: str) -> Any:
    def edit(document: dict[str, Any]) -> None:
        ask = {"name": "ask", "uses": "agents.writer", "input": "{{ context.text }}"}
        machine = {
            "kind": "StateMachine",
            "name": "machine",
            "start_state": "one",
            "end_states": ["two"],
            "states": {"one": [ask], "two": [{"name": "end", "uses": "skills:tidy"}]},
            "transitions": [{"from": "one", "to": "two", "on": "success", "when": when}],
        }
        document["steps"].append(machine)

    return edit


def _precede(document: dict[str, Any]) -> None:
    """The step right before the branching, which the branching asks about."""
    step(document, "grade").update(uses="agents.writer")
    document["score"] = "skills:tidy"
    step(document, "route")["condition_expression"] = "previous_step.kind"


def _rename_grade(document: dict[str, Any]) -> None:
    _precede(document)
    step(document, "grade")["name"] = "sort_out"


@pytest.mark.parametrize(
    ("prepare", "tier"),
    [
        (lambda _: None, MEDIUM),
        (_condition("steps.draft.output"), HIGH),
        (_condition("steps.fetch.output"), MEDIUM),
        (_sink, HIGH),
        (_update, HIGH),
        (_policy, HIGH),
        (_broken_policies, MEDIUM),
        (_loop(exit_expression="previous_step.done"), HIGH),
        (_loop(exit_condition="skills:tidy"), HIGH),
        (_loop(exit_expression="context.n > 1"), MEDIUM),
        (_states("previous_step.done"), HIGH),
        (_states("context.n > 1"), MEDIUM),
        (_rename_grade, HIGH),
    ],
)
def test_the_model_of_a_step_whose_answer_decides_stays(prepare: Any, tier: RiskTier) -> None:
    assert judge(_swap_writer, prepare=prepare).tier is tier


def test_the_reason_names_the_step() -> None:
    decision = judge(_swap_writer, prepare=_condition("steps.draft.output"))
    assert decision.reasons == (
        "agent writer: draft decides what else happens, so its model stays",
    )


def test_a_limit_on_the_answer_of_a_step_that_decides_stays() -> None:
    def prepare(document: dict[str, Any]) -> None:
        configure("draft", max_tokens=400)(document)

    lower = configure("draft", max_tokens=300)
    assert judge(lower, prepare=prepare).tier is MEDIUM

    def decides(document: dict[str, Any]) -> None:
        prepare(document)
        _condition("steps.draft.output")(document)

    decision = judge(lower, prepare=decides)
    assert decision.tier is HIGH
    assert decision.reasons == (
        "draft: at most 300 output tokens, and its answer decides what else happens",
    )


def test_patience_with_a_step_that_decides_is_still_a_knob() -> None:
    decision = judge(configure("fetch", max_retries=2), prepare=_condition("steps.fetch.output"))
    assert decision.tier is LOW
