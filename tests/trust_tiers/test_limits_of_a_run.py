"""The limits of a run are a guard: whatever happens to them is for a person."""

from typing import Any

import pytest

from tests.trust_tiers.specs import judge, step
from trust_tiers import RiskTier

LIMITS = {"total_cost_usd_limit": 1.0, "total_tokens_limit": 1000}


def limit(document: dict[str, Any]) -> None:
    document["usage_limits"] = dict(LIMITS)


def test_limits_that_are_added_are_high() -> None:
    assert judge(limit).tier is RiskTier.HIGH


@pytest.mark.parametrize(
    "after",
    [
        None,
        {"total_cost_usd_limit": 1.0},
        {**LIMITS, "total_cost_usd_limit": 2.0},
        {**LIMITS, "total_cost_usd_limit": 0.5},
        {**LIMITS, "total_tokens_limit": 10_000_000},
    ],
)
def test_limits_that_change_or_go_are_high(after: dict[str, Any] | None) -> None:
    def change(document: dict[str, Any]) -> None:
        document.pop("usage_limits")
        if after is not None:
            document["usage_limits"] = after

    assert judge(change, prepare=limit).tier is RiskTier.HIGH


def test_limits_do_not_hide_behind_a_harmless_change() -> None:
    def change(document: dict[str, Any]) -> None:
        document["usage_limits"]["total_cost_usd_limit"] = 100.0
        step(document, "tuned")["config"]["max_retries"] = 3

    assert judge(change, prepare=limit).tier is RiskTier.HIGH


def test_a_limit_of_concurrency_is_high() -> None:
    def prepare(document: dict[str, Any]) -> None:
        body = [{"name": "one", "uses": "skills:tidy"}]
        document["steps"].append(
            {"kind": "map", "name": "each", "map": {"iterable_input": [1], "body": body}}
        )

    def change(document: dict[str, Any]) -> None:
        step(document, "each")["map"]["max_concurrency"] = 50

    assert judge(change, prepare=prepare).tier is RiskTier.HIGH
