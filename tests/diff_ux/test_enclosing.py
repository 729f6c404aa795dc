"""Containers put around steps: told as one change, whose steps stay what they are."""

import pytest

from diff_ux import describe_changes
from tests.diff_ux.specs import Json, step, workflow
from workflow import Workflow, diff_workflows


def _tell(before: Workflow, after: Workflow) -> list[str]:
    return [sentence.text for sentence in describe_changes(diff_workflows(before, after))]


def _price() -> Json:
    return step("price", input="what does it cost")


def _stock() -> Json:
    return step("stock", input="how many are there")


def _at_once(*steps: Json) -> Json:
    branches = {str(one["name"]): one for one in steps}
    return {"name": "both", "kind": "parallel", "reduce": "last", "branches": branches}


@pytest.mark.parametrize(
    ("outer", "expected"),
    [
        (
            [_at_once(_price(), _stock())],
            "➕ Add parallel both, in which price and stock run at once",
        ),
        (
            [{"name": "once", "kind": "cache", "wrapped_step": _price()}, _stock()],
            "➕ Add cache once, which remembers what price gave",
        ),
        (
            [{"name": "again", "kind": "loop", "loop": {"body": [_price()]}}, _stock()],
            "➕ Add loop again, around price",
        ),
    ],
)
def test_a_container_around_steps_is_one_sentence(outer: list[Json], expected: str) -> None:
    assert _tell(workflow(_price(), _stock()), workflow(*outer)) == [expected]


def test_a_step_that_comes_from_elsewhere_is_told_as_a_move() -> None:
    inner: Json = _at_once(_stock(), step("more", input="more"))
    before = workflow(_price(), {"name": "far", "kind": "parallel", "branches": {"a": inner}})
    moved: Json = {"name": "once", "kind": "cache", "wrapped_step": _stock()}
    outer = _at_once(step("more", input="more"))
    after = workflow(_price(), {"name": "far", "kind": "parallel", "branches": {"a": outer}}, moved)
    assert any(told.startswith("↷ Move") for told in _tell(before, after))


def test_mocks_that_go_with_their_steps_are_told_by_name() -> None:
    def test_of(step_id: str) -> list[Json]:
        mocks = {step_id: {"output": 1}}
        return [{"name": "t", "mocks": mocks, "assertions": ["result.success"]}]

    before = workflow(_price(), tests=test_of("price"))
    wrapped: Json = {"name": "once", "kind": "cache", "wrapped_step": _price()}
    after = workflow(wrapped, tests=test_of("once/price"))
    assert {"🧪 Mock once/price in test t", "🧪 Remove the mock of price from test t"} <= set(
        _tell(before, after)
    )
