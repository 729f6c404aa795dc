import json

from diff_ux import changes_to_json, is_breaking
from tests.diff_ux.specs import route, step, workflow
from workflow import diff_workflows


def test_a_changed_field_is_told_with_everything_about_it() -> None:
    before, after = workflow(step("a")), workflow(step("a", config={"max_retries": 2}))
    (told,) = changes_to_json(diff_workflows(before, after))
    assert told == {
        "change": "changed",
        "subject": {"kind": "step", "id": "a"},
        "step_id": "a",
        "yaml_path": "steps[0].config.max_retries",
        "pointer": "/steps/0/config/max_retries",
        "line": 1,
        "semantic": "reliability",
        "breaking": False,
        "users": [],
        "field": ["config", "max_retries"],
        "after": 2,
    }


def test_null_is_told_and_nothing_is_left_out() -> None:
    (told,) = changes_to_json(diff_workflows(workflow(step("a", input=None)), workflow(step("a"))))
    assert told["before"] is None
    assert "after" not in told


def test_every_kind_of_change_is_plain_json() -> None:
    before = workflow(
        step("a", input="1"), step("b", input="2"), step("c", input="3"), route("r", x=[step("d")])
    )
    after = workflow(
        step("b", input="2"),
        step("a", input="1"),
        step("renamed", input="3"),
        step("e", sink_to="x"),
    )
    told = changes_to_json(diff_workflows(before, after))
    assert {change["change"] for change in told} >= {"added", "removed", "reordered", "renamed"}
    assert json.loads(json.dumps(told)) == told


def test_what_others_refer_to_breaks_when_it_goes_or_changes_shape() -> None:
    def breaks(before: object, after: object) -> list[bool]:
        versions = (workflow(before), workflow(after))  # type: ignore[arg-type]
        return [is_breaking(change) for change in diff_workflows(*versions)]

    assert breaks(step("a", input="1"), step("b", input="1")) == [True]
    assert breaks(step("a"), step("a", output_schema={"type": "string"})) == [True]
    assert breaks(step("a"), step("a", description="d")) == [False]
    assert breaks(step("a"), step("a", sink_to="x")) == [False]
    assert breaks(step("a", sink_to="x"), step("a")) == [True]
    assert breaks(step("a", sink_to="x"), step("a", sink_to="y")) == [True]
