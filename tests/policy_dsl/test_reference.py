"""Every example of the reference is true."""

import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue

from policy_dsl import (
    ANY,
    NUMBER,
    TEXT,
    UNKNOWN,
    ExpressionError,
    Failure,
    ListType,
    MapType,
    Policy,
    RecordType,
    compile_expression,
    judge_policies,
    lint_policies,
)
from policy_dsl import limits as limit

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "policy-language.md"
TEXT_OF_IT = REFERENCE.read_text(encoding="utf-8")
STEP = RecordType({"name": TEXT, "cost_usd": NUMBER, "latency_ms": NUMBER, "retries": NUMBER})
SCHEMA = RecordType(
    {
        "result": RecordType(
            {"output": TEXT, "score": NUMBER, "steps": ListType(STEP), "step": MapType(STEP)}
        ),
        "limits": ANY,
    }
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT_OF_IT, re.DOTALL)


def lines(language: str) -> list[tuple[str, str]]:
    found = [line.split(" → ") for block in blocks(language) for line in block.splitlines()]
    return [(source, expected) for source, expected in found]


def expected_value(text: str) -> object:
    if text == "unknown":
        return UNKNOWN
    if text.startswith("failure: "):
        return Failure(text.removeprefix("failure: "))
    value: JsonValue = json.loads(text)
    return value


@pytest.mark.parametrize(("source", "expected"), lines("flujo"))
def test_an_example_has_the_value_it_shows(source: str, expected: str) -> None:
    data = json.loads(blocks("json")[0])
    value = compile_expression(source).evaluate(data)
    wanted = expected_value(expected)
    assert value == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
    assert isinstance(value, bool) == isinstance(wanted, bool)


@pytest.mark.parametrize(("source", "expected"), lines("refused"))
def test_a_refused_example_is_refused_with_the_words_it_shows(source: str, expected: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        compile_expression(source, SCHEMA)
    assert str(refusal.value) == expected


def test_the_example_policies_load_hold_and_are_clean() -> None:
    document = yaml.safe_load(blocks("yaml")[0])
    policies = [Policy.model_validate(entry) for entry in document["policies"]]
    assert judge_policies(policies, json.loads(blocks("json")[0])) == ()
    assert lint_policies(policies) == ()


@pytest.mark.parametrize(
    "number",
    [
        limit.MAX_SOURCE,
        limit.MAX_NODES,
        limit.MAX_DEPTH,
        limit.MAX_BRACKETS,
        limit.MAX_QUANTIFIERS,
        limit.MAX_STEPS,
        limit.MAX_TEXT,
        limit.MAX_ITEMS,
        limit.MAX_DATA_DEPTH,
    ],
)
def test_the_limits_are_those_of_the_code(number: int) -> None:
    assert f"| {number:,} |" in TEXT_OF_IT.split("## Limits")[1]


def test_the_reference_shows_enough() -> None:
    assert len(lines("flujo")) > 60
    assert len(lines("refused")) > 5
