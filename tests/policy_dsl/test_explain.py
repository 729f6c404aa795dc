"""Explanations show what was looked at, and no more."""

import pytest

from policy_dsl import UNKNOWN, Failure, compile_expression

DATA = {
    "result": {
        "score": 0.7,
        "steps": [{"name": "a", "ms": 100}, {"name": "b", "ms": 900}, {"name": "c", "ms": 950}],
    },
    "i": 1,
}


def explained(source: str) -> list[tuple[str, object]]:
    return [(part.source, part.value) for part in compile_expression(source).explain(DATA)]


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("1", []),
        ("result.score >= 0.9", [("result.score >= 0.9", False), ("result.score", 0.7)]),
        (
            "  result.score < 0.5 or\n result.colour",
            [
                ("result.score < 0.5 or\n result.colour", UNKNOWN),
                ("result.score < 0.5", False),
                ("result.score", 0.7),
                ("result.colour", UNKNOWN),
            ],
        ),
        ("false and result.score", [("false and result.score", False)]),
        (
            "result.steps[i].ms / 0 > 1",
            [
                ("result.steps[i].ms / 0 > 1", Failure("division by zero")),
                ("result.steps[i].ms / 0", Failure("division by zero")),
                ("result.steps[i].ms", 900),
            ],
        ),
        (
            "every(result.steps, 'ms < 500')",
            [
                ("every(result.steps, 'ms < 500')", False),
                ("result.steps", DATA["result"]["steps"]),  # type: ignore[index]
                ("it in result.steps", {"name": "b", "ms": 900}),
                ("ms < 500", False),
                ("ms", 900),
            ],
        ),
        (
            "'é' == 'é' and i == 1",
            [("'é' == 'é' and i == 1", True), ("'é' == 'é'", True), ("i == 1", True), ("i", 1)],
        ),
        ("[i][0] == 1", [("[i][0] == 1", True), ("[i][0]", 1), ("i", 1)]),
        ("[0][i] == 1", [("[0][i] == 1", UNKNOWN), ("[0][i]", UNKNOWN), ("i", 1)]),
    ],
)
def test_each_part_is_shown_with_its_value(source: str, parts: list[tuple[str, object]]) -> None:
    assert explained(source) == parts
