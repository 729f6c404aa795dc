"""Changes that no valid workflow leads to: the rules don't rely on the parser having refused them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.trust_tiers.specs import DOCUMENT, LIMITS, configure, edited, parse, step
from trust_tiers import RiskTier
from trust_tiers.classification import judge_change
from trust_tiers.comparison import Comparison
from trust_tiers.residue import find_unexplained
from trust_tiers.unknown import explain_unknown
from workflow import ABSENT, Added, Changed, Moved, Renamed, Subject, diff_workflows

LOW, HIGH = RiskTier.LOW, RiskTier.HIGH


def only_change(edit: Callable[[dict[str, Any]], object]) -> tuple[Changed, Comparison]:
    comparison = Comparison(parse(DOCUMENT), edited(edit), LIMITS)
    (change,) = diff_workflows(comparison.before, comparison.after)
    assert isinstance(change, Changed)
    return change, comparison


@pytest.mark.parametrize("knob", ["max_retries", "timeout_s", "backoff_s", "max_tokens"])
@pytest.mark.parametrize("value", [True, "9", [9], {"a": 9}, float("nan"), float("inf"), 10**400])
def test_a_knob_set_to_no_plain_number_is_high(knob: str, value: Any) -> None:
    change, comparison = only_change(configure("fetch", max_retries=2))
    change = replace(change, field=("config", knob), after=value)
    assert judge_change(change, comparison).tier is HIGH


@pytest.mark.parametrize("value", [True, "2", [2]])
def test_a_knob_that_was_no_plain_number_is_high(value: Any) -> None:
    change, comparison = only_change(configure("tuned", max_retries=3))
    assert judge_change(change, comparison).tier is LOW
    decision = judge_change(replace(change, before=value), comparison)
    assert decision.tier is HIGH
    assert decision.reasons == ("tuned: max_retries was no plain number",)


def test_half_a_retry_is_high() -> None:
    change, comparison = only_change(configure("fetch", max_retries=2))
    decision = judge_change(replace(change, after=2.5), comparison)
    assert decision.reasons == ("fetch: 2.5 retries, which isn't a whole number",)


@pytest.mark.parametrize("field", [("input", "max_retries"), ("max_retries",), ("config",)])
def test_a_field_that_only_ends_like_a_knob_is_high(field: tuple[str, ...]) -> None:
    change, comparison = only_change(configure("fetch", max_retries=2))
    assert judge_change(replace(change, field=field), comparison).tier is HIGH


@pytest.mark.parametrize("kind", ["workflow", "agent", "policy", "test", "import"])
def test_a_knob_of_anything_but_a_step_is_high(kind: Any) -> None:
    change, comparison = only_change(configure("fetch", max_retries=2))
    other = replace(change, subject=Subject(kind, "fetch"))
    assert judge_change(other, comparison).tier is HIGH


def test_a_step_that_one_version_lacks_is_high() -> None:
    change, comparison = only_change(configure("fetch", max_retries=2))
    stranger = replace(change, subject=Subject("step", "nobody"))
    assert judge_change(stranger, comparison).tier is HIGH
    described = replace(stranger, field=("description",), after="Plain words.")
    assert judge_change(described, comparison).tier is HIGH


@pytest.mark.parametrize("gone_before", [True, False])
def test_a_knob_of_a_step_that_only_one_version_has_is_high(gone_before: bool) -> None:
    change, there = only_change(configure("fetch", max_retries=2))
    gone = edited(lambda document: document["steps"].pop(6))
    sides = (gone, there.after) if gone_before else (there.before, gone)
    decision = judge_change(
        replace(change, subject=Subject("step", "mystery")), Comparison(*sides, LIMITS)
    )
    assert decision.reasons == ("mystery: the step isn't there in both versions",)


def test_documentation_of_an_import_is_a_prompt_to_whatever_it_holds() -> None:
    def use_import(document: dict[str, Any]) -> None:
        document["imports"] = {"child": "child.yaml"}
        step(document, "tidy")["uses"] = "imports.child"

    def describe(document: dict[str, Any]) -> None:
        use_import(document)
        step(document, "tidy")["description"] = "Plain words."

    comparison = Comparison(edited(use_import), edited(describe), LIMITS)
    (change,) = diff_workflows(comparison.before, comparison.after)
    assert judge_change(change, comparison).tier is HIGH


def test_every_kind_of_change_has_a_sentence() -> None:
    change, comparison = only_change(configure("fetch", max_retries=2))
    where = {
        "subject": change.subject,
        "semantic": change.semantic,
        "pointer": "",
        "yaml_path": "",
        "line": 0,
    }
    renamed = Renamed(before_id="get", **where)  # type: ignore[arg-type]
    assert judge_change(renamed, comparison).reasons == (
        "fetch: it was get; that is for a person to judge",
    )
    moved = Moved(before_yaml_path="", before_id="fetch", **where)  # type: ignore[arg-type]
    assert explain_unknown(moved) == "fetch: it moves; that is for a person to judge"
    added = Added(value={}, **where)  # type: ignore[arg-type]
    assert judge_change(added, comparison).reasons == (
        "fetch: the step is new; that is for a person to judge",
    )


def test_a_change_that_names_no_field_explains_no_difference() -> None:
    change, _ = only_change(configure("fetch", max_retries=2))
    added = Added(
        subject=change.subject,
        semantic=change.semantic,
        pointer="/a",
        yaml_path="a",
        line=1,
        value=1,
    )
    assert find_unexplained({}, {"a": 1}, [added]) == "/a"
    absent = replace(change, step=None, field=("a",), before=ABSENT, after=1)
    assert find_unexplained({}, {"a": 1}, [absent]) is None
