"""The rules that aren't about knobs, from both sides."""

from typing import Any

import pytest

from tests.trust_tiers.specs import LIMITS, judge, step
from trust_tiers import RiskTier, TierLimits
from workflow import SpecError

LOW, MEDIUM, HIGH = RiskTier.LOW, RiskTier.MEDIUM, RiskTier.HIGH


def _describe(name: str, text: object) -> Any:
    return lambda document: step(document, name).update(description=text)


@pytest.mark.parametrize("name", ["tidy", "fetch", "pay", "mystery"])
def test_documentation_of_a_step_without_a_model_is_low(name: str) -> None:
    assert judge(_describe(name, "Looks the order up.")).tier is LOW


@pytest.mark.parametrize("name", ["draft", "wait", "route"])
def test_documentation_that_may_reach_a_model_is_a_prompt(name: str) -> None:
    assert judge(_describe(name, "Looks the order up.")).tier is HIGH


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 501,
        "naïve",
        "two\nlines",
        "tab\there",
        "\u202ereversed",
        "{{ context.secret }}",
        "${TOKEN}",
        "<img src=x>",
        "see https://example.com",
    ],
)
def test_documentation_is_short_plain_text(text: str) -> None:
    prepare = _describe("tidy", "Tidies.")
    assert judge(_describe("tidy", text), prepare=prepare).tier is HIGH


def test_documentation_of_500_characters_is_low() -> None:
    assert judge(_describe("tidy", "x" * 500)).tier is LOW


def test_removed_documentation_goes_to_a_person() -> None:
    def edit(document: dict[str, Any]) -> None:
        del step(document, "tidy")["description"]

    assert judge(edit, prepare=_describe("tidy", "Tidies.")).tier is HIGH


def test_the_workflows_description_and_a_steps_doc_are_documentation() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["description"] = "Answers questions about orders."
        step(document, "tidy")["meta"] = {"doc": "Tidies the text."}

    assert judge(edit).tier is LOW


def test_other_meta_data_and_an_agents_description_go_to_a_person() -> None:
    assert judge(lambda document: step(document, "tidy").update(meta={"owner": "me"})).tier is HIGH
    assert judge(lambda document: document["agents"]["writer"].update(description="x")).tier is HIGH


def test_a_step_below_a_planner_has_no_documentation_either() -> None:
    def prepare(document: dict[str, Any]) -> None:
        document["steps"].append(
            {
                "kind": "dynamic_router",
                "name": "pick",
                "router": {
                    "router_agent": "skills:tidy",
                    "branches": {"a": [{"name": "inner", "uses": "skills:tidy"}]},
                },
            }
        )

    def edit(document: dict[str, Any]) -> None:
        document["steps"][-1]["router"]["branches"]["a"][0]["description"] = "Do as I say."

    assert judge(edit, prepare=prepare).tier is HIGH


def test_an_agent_may_try_an_allowed_model() -> None:
    decision = judge(lambda document: document["agents"]["writer"].update(model="sim:small"))
    assert decision.tier is MEDIUM
    assert decision.steps == ("draft", "route/long/answer")


def test_a_model_outside_the_list_goes_to_a_person() -> None:
    swap = lambda document: document["agents"]["writer"].update(model="evil:large")  # noqa: E731
    assert judge(swap).tier is HIGH
    allowed = lambda document: document["agents"]["writer"].update(model="sim:small")  # noqa: E731
    assert judge(allowed, limits=TierLimits()).tier is HIGH


def test_a_judges_model_goes_to_a_person() -> None:
    decision = judge(lambda document: document["agents"]["judge"].update(model="sim:small"))
    assert decision.tier is HIGH
    assert decision.reasons == ("agent judge: grade guards other steps, so its model stays",)


def _validate(*validators: object) -> Any:
    def edit(document: dict[str, Any]) -> None:
        step(document, "route")["branches"]["long"][0]["validators"] = list(validators)

    return edit


_LENGTH = "flujo.check.length"


@pytest.mark.parametrize(
    ("validators", "tier"),
    [
        ([_LENGTH, _LENGTH], MEDIUM),
        ([{"id": _LENGTH, "params": {"max_chars": 900}}, _LENGTH], MEDIUM),
        ([_LENGTH, {"id": _LENGTH}], MEDIUM),
        ([_LENGTH, {"id": "flujo.check.contains", "params": {"words": ["obey"]}}], HIGH),
        ([_LENGTH, "skills:tidy"], HIGH),
        ([_LENGTH, "flujo.text.normalise"], HIGH),
        ([{"id": _LENGTH, "params": {"min_chars": 0}}], HIGH),
        ([], HIGH),
    ],
)
def test_validators_may_be_added_but_not_taken_away(
    validators: list[object], tier: RiskTier
) -> None:
    assert judge(_validate(*validators)).tier is tier


def test_a_validator_whose_parameters_do_not_fit_never_gets_as_far_as_a_tier() -> None:
    with pytest.raises(SpecError, match="bad-param"):
        judge(_validate(_LENGTH, {"id": _LENGTH, "params": {"max_chars": True}}))


def test_a_first_validator_may_be_added_and_the_last_not_removed() -> None:
    def remove(document: dict[str, Any]) -> None:
        del step(document, "route")["branches"]["long"][0]["validators"]

    assert (
        judge(lambda document: step(document, "draft").update(validators=[_LENGTH])).tier is MEDIUM
    )
    assert judge(remove).tier is HIGH
    assert judge(lambda document: step(document, "draft").update(validators=[])).tier is HIGH


def _swap(left: int, right: int) -> Any:
    def edit(document: dict[str, Any]) -> None:
        steps = document["steps"]
        steps[left], steps[right] = steps[right], steps[left]

    return edit


def test_independent_neighbours_may_change_places() -> None:
    decision = judge(_swap(0, 1))
    assert decision.tier is MEDIUM
    assert decision.reasons == ("tidy, fetch: they change places and don't depend on each other",)


def test_a_step_that_reads_its_neighbour_stays_behind_it() -> None:
    with pytest.raises(SpecError, match="step-not-run"):
        judge(_swap(1, 2))


def _draft_by_itself(document: dict[str, Any]) -> None:
    step(document, "draft")["input"] = "{{ context.question }}"


def test_steps_farther_apart_stay() -> None:
    assert judge(_swap(0, 2), prepare=_draft_by_itself).tier is HIGH


def test_three_steps_in_a_ring_are_no_swap() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["steps"].insert(0, document["steps"].pop(2))

    assert judge(edit, prepare=_draft_by_itself).tier is HIGH


def test_the_last_steps_of_a_sequence_stay_in_order() -> None:
    def prepare(document: dict[str, Any]) -> None:
        step(document, "route")["branches"]["short"] = [
            {"name": "one", "uses": "skills:tidy", "input": "{{ context.a }}"},
            {"name": "two", "uses": "skills:tidy", "input": "{{ context.b }}"},
        ]

    def edit(document: dict[str, Any]) -> None:
        step(document, "route")["branches"]["short"].reverse()

    assert judge(edit, prepare=prepare).tier is HIGH


@pytest.mark.parametrize(
    "fields",
    [
        {"input": "{{ previous_step }}"},
        {"input": {"text": "{{ context.text }}"}},
        {"updates_context": True},
        {"sink_to": "context.text"},
        {"uses": "skills:pay"},
        {"uses": "skills:mystery"},
        {"uses": "flujo.check.length"},
        {"fallback": {"name": "spare", "uses": "skills:tidy"}},
    ],
)
def test_neighbours_that_may_see_the_order_stay(fields: dict[str, object]) -> None:
    def prepare(document: dict[str, Any]) -> None:
        step(document, "tidy").update(fields)

    assert judge(_swap(0, 1), prepare=prepare).tier is HIGH


def test_a_follower_that_reads_whatever_ran_before_keeps_the_order() -> None:
    def prepare(document: dict[str, Any]) -> None:
        del step(document, "draft")["input"]

    assert judge(_swap(0, 1), prepare=prepare).tier is HIGH


def test_a_step_moved_into_a_branch_goes_to_a_person() -> None:
    def edit(document: dict[str, Any]) -> None:
        moved = document["steps"].pop(0)
        step(document, "route")["branches"]["short"].append(moved)

    assert judge(edit).tier is HIGH


@pytest.mark.parametrize(
    "edit",
    [
        lambda document: document["agents"]["writer"].update(system_prompt="Obey."),
        lambda document: document["agents"]["writer"].update(timeout=30.0),
        lambda document: document["agents"]["writer"].update(max_retries=2),
        lambda document: document["agents"].update(spare={"model": "sim:small"}),
        lambda document: step(document, "tidy").update(uses="skills:fetch"),
        lambda document: step(document, "tidy").update(input="{{ context.other }}"),
        lambda document: step(document, "tidy").update(name="neat"),
        lambda document: document["steps"].insert(0, {"name": "new", "uses": "skills:tidy"}),
        lambda document: document["steps"].pop(6),
        lambda document: document["policies"].clear(),
        lambda document: document["policies"][0].update(action="WARN"),
        lambda document: document["tests"].clear(),
        lambda document: document["tests"][0].update(pass_rate=0.5),
        lambda document: document.pop("score"),
        lambda document: document.update(version="0.2"),
        lambda document: step(document, "draft").update(usage_limits={"total_tokens_limit": 9}),
        lambda document: step(document, "draft").update(
            fallback={"name": "spare", "uses": "skills:tidy"}
        ),
    ],
)
def test_what_no_rule_knows_is_high(edit: Any) -> None:
    decision = judge(edit)
    assert decision.tier is HIGH
    assert all(reason for reason in decision.reasons)


def test_the_riskiest_change_decides_and_every_reason_is_kept() -> None:
    def edit(document: dict[str, Any]) -> None:
        step(document, "fetch")["config"] = {"max_retries": 2}
        document["agents"]["writer"]["model"] = "sim:small"

    decision = judge(edit)
    assert decision.tier is MEDIUM
    assert len(decision.reasons) == 2
    assert decision.steps == ("fetch", "draft", "route/long/answer")


def test_a_removed_step_is_among_the_touched() -> None:
    decision = judge(lambda document: document["steps"].pop(6))
    assert decision.steps == ("mystery",)


def test_limits_are_as_given() -> None:
    assert LIMITS.allowed_models == ("sim:small", "sim:large")
