import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from workflow import (
    ABSENT,
    Added,
    Changed,
    GraphChange,
    Moved,
    Removed,
    Renamed,
    SemanticClass,
    Subject,
    Value,
    Workflow,
    diff_workflows,
    format_pointer,
    parse_workflow,
)

Json = dict[str, object]

_AGENTS: Json = {
    "writer": {"model": "sim:large", "system_prompt": "Write."},
    "judge": {"model": "sim:small", "system_prompt": "Judge."},
}


def _step(name: str, **fields: object) -> Json:
    return {"name": name, "uses": "agents.writer", **fields}


def _workflow(*steps: Json, **fields: object) -> Workflow:
    document = {"version": "0.1", "agents": _AGENTS, "steps": list(steps), **fields}
    return parse_workflow(json.dumps(document))


def _diff(before: Workflow, after: Workflow) -> list[GraphChange]:
    return list(diff_workflows(before, after))


def test_a_version_does_not_differ_from_itself() -> None:
    assert _diff(_workflow(_step("a")), _workflow(_step("a"))) == []


def test_a_retry_setting_that_was_not_there_is_one_field() -> None:
    (change,) = _diff(_workflow(_step("a")), _workflow(_step("a", config={"max_retries": 2})))
    assert isinstance(change, Changed)
    assert change.subject == Subject("step", "a")
    assert (change.field, change.before, change.after) == (("config", "max_retries"), ABSENT, 2)
    assert change.semantic is SemanticClass.RELIABILITY
    assert change.pointer == "/steps/0/config/max_retries"
    assert change.yaml_path == "steps[0].config.max_retries"
    assert change.step is not None


def test_a_field_that_is_gone_has_its_old_position() -> None:
    before = _workflow(_step("x"), _step("a", config={"max_retries": 2}))
    changes = _diff(before, _workflow(_step("a")))
    (change,) = [change for change in changes if isinstance(change, Changed)]
    assert (change.before, change.after) == (2, ABSENT)
    assert change.pointer == "/steps/1/config/max_retries"


def test_null_is_a_value_and_differs_from_nothing() -> None:
    (change,) = _diff(_workflow(_step("a")), _workflow(_step("a", input=None)))
    assert isinstance(change, Changed)
    assert (change.before, change.after) == (ABSENT, None)


def test_a_list_is_one_field() -> None:
    schema: Json = {"type": "object", "properties": {"x": {"enum": ["a", "b"]}}}
    wider: Json = {"type": "object", "properties": {"x": {"enum": ["a", "b", "c"]}}}
    before, after = _step("a", output_schema=schema), _step("a", output_schema=wider)
    (change,) = _diff(_workflow(before), _workflow(after))
    assert isinstance(change, Changed)
    assert change.field == ("output_schema", "properties", "x", "enum")
    assert change.after == ["a", "b", "c"]
    assert change.semantic is SemanticClass.GUARD


def test_a_step_inserted_in_front_is_one_addition() -> None:
    steps = [_step(f"s{number}") for number in range(50)]
    (change,) = _diff(_workflow(*steps), _workflow(_step("new"), *steps))
    assert isinstance(change, Added)
    assert (change.subject.id, change.pointer) == ("new", "/steps/0")


def test_a_removed_step_is_told_where_it_stood() -> None:
    before = _workflow(_step("a"), _step("gone", input="x"), _step("z", input="y"))
    after = _workflow(_step("a", input=1), _step("z", input=2))
    assert [change.subject.id for change in _diff(before, after)] == ["a", "gone", "z"]


def test_the_same_step_under_another_name_is_renamed_not_replaced() -> None:
    (change,) = _diff(_workflow(_step("a", input="hi")), _workflow(_step("b", input="hi")))
    assert isinstance(change, Renamed)
    assert (change.before_id, change.subject.id) == ("a", "b")


def test_a_renamed_step_may_change_a_little() -> None:
    fields: Json = {"input": "hi", "config": {"max_retries": 1}, "description": "Drafts."}
    before, after = _step("a", **fields), _step("b", **{**fields, "description": "Writes."})
    kinds = [type(change) for change in _diff(_workflow(before), _workflow(after))]
    assert kinds == [Renamed, Changed]


def test_steps_that_do_different_things_are_not_confused() -> None:
    before = _step("a", input="x")
    after: Json = {"name": "b", "uses": "agents.judge", "input": "y"}
    kinds = [type(change) for change in _diff(_workflow(before), _workflow(after))]
    assert sorted(kind.__name__ for kind in kinds) == ["Added", "Removed"]


def test_a_new_order_is_told_by_the_fewest_moves() -> None:
    steps = {name: _step(name, input=name) for name in "abcdef"}
    changes = _diff(_workflow(*steps.values()), _workflow(*(steps[name] for name in "bcdaef")))
    (move,) = changes
    assert isinstance(move, Moved)
    assert (move.subject.id, move.before_yaml_path, move.yaml_path) == ("a", "steps[0]", "steps[3]")


def _route(**branches: object) -> Json:
    return {
        "kind": "conditional",
        "name": "route",
        "condition_expression": "'x'",
        "branches": dict(branches),
    }


def test_a_step_moved_into_another_branch_keeps_its_identity() -> None:
    before = _workflow(_route(x=[_step("a"), _step("b", input="b")], y=[_step("c", input="c")]))
    after = _workflow(_route(x=[_step("a")], y=[_step("c", input="c"), _step("b", input="b")]))
    (move,) = _diff(before, after)
    assert isinstance(move, Moved)
    assert (move.before_id, move.subject.id) == ("route/x/b", "route/y/b")


def test_children_are_steps_of_their_own_not_fields_of_the_container() -> None:
    before, after = _route(x=[_step("a")]), _route(x=[_step("a", input="hi")])
    (change,) = _diff(_workflow(before), _workflow(after))
    assert change.subject == Subject("step", "route/x/a")


def test_a_renamed_container_carries_its_children_along() -> None:
    inside = [_step("a", input="1"), _step("b", input="2")]
    renamed: Json = {**_route(x=inside), "name": "router"}
    (change,) = _diff(_workflow(_route(x=inside)), _workflow(renamed))
    assert isinstance(change, Renamed)
    assert change.subject.id == "router"


def test_a_container_with_a_changed_child_is_still_recognised() -> None:
    before = _route(x=[_step("a", input="1"), _step("b", input="2")])
    after: Json = {**_route(x=[_step("a", input="1"), _step("b", input="3")]), "name": "router"}
    changes = _diff(_workflow(before), _workflow(after))
    assert [type(change) for change in changes] == [Renamed, Changed]


def test_a_new_branch_is_told_by_its_steps_alone() -> None:
    (change,) = _diff(
        _workflow(_route(x=[_step("a")])), _workflow(_route(x=[_step("a")], y=[_step("b")]))
    )
    assert isinstance(change, Added)
    assert change.subject.id == "route/y/b"


def test_a_branch_written_in_another_form_is_a_change() -> None:
    (change,) = _diff(_workflow(_route(x=_step("a"))), _workflow(_route(x=[_step("a")])))
    assert isinstance(change, Changed)
    assert change.field == ("branches", "x")


def test_a_step_wrapped_in_a_loop_moves_into_it() -> None:
    loop: Json = {"kind": "loop", "name": "refine", "loop": {"body": [_step("a", input="1")]}}
    changes = _diff(_workflow(_step("a", input="1")), _workflow(loop))
    assert [(type(change), change.subject.id) for change in changes] == [
        (Added, "refine"),
        (Moved, "refine/a"),
    ]


def test_an_agents_change_names_the_steps_that_use_it() -> None:
    agents: Json = {**_AGENTS, "writer": {"model": "sim:small", "system_prompt": "Write."}}
    judge: Json = {"name": "c", "uses": "agents.judge"}
    steps = (_step("a"), _step("b"), judge)
    (change,) = _diff(_workflow(*steps), _workflow(*steps, agents=agents))
    assert isinstance(change, Changed)
    assert change.subject == Subject("agent", "writer")
    assert (change.field, change.before, change.after) == (("model",), "sim:large", "sim:small")
    assert [step.step_id for step in change.users] == ["a", "b"]


def test_a_prompt_file_counts_by_content() -> None:
    text = json.dumps(
        {
            "agents": {"w": {"model": "sim:s", "system_prompt": {"from_file": "p.md"}}},
            "steps": [{"name": "a", "uses": "agents.w"}],
        }
    )
    before = parse_workflow(text, read=lambda _: "Be kind.")
    after = parse_workflow(text, read=lambda _: "Be rude.")
    (change,) = _diff(before, after)
    assert isinstance(change, Changed)
    assert change.field == ("system_prompt", "text")
    assert (change.before, change.after) == ("Be kind.", "Be rude.")
    assert change.semantic is SemanticClass.PROMPT


def test_an_imported_spec_counts_by_content() -> None:
    text = json.dumps({"imports": {"o": "o.yaml"}, "steps": [{"name": "a", "uses": "imports.o"}]})
    child = (
        '{{"steps": [{{"name": "x", "uses": "agents.a"}}], "agents": {{"a": {{"model": "{}"}}}}}}'
    )
    before = parse_workflow(text, read=lambda _: child.format("sim:a"))
    after = parse_workflow(text, read=lambda _: child.format("sim:b"))
    (change,) = _diff(before, after)
    assert isinstance(change, Changed)
    assert (change.subject, change.field) == (Subject("import", "o"), ("content_sha256",))


def test_another_hash_is_a_change_even_when_nobody_can_say_of_what() -> None:
    text = json.dumps(
        {
            "agents": {"w": {"model": "sim:s", "system_prompt": {"from_file": "p.md"}}},
            "imports": {"o": "o.yaml"},
            "steps": [{"name": "a", "uses": "agents.w"}],
        }
    )
    child = json.dumps({"steps": [{"name": "x", "uses": "flujo.value.pass"}]})

    def version(prompt: str) -> Workflow:
        files = {"p.md": prompt, "o.yaml": child}
        return replace(parse_workflow(text, read=files.__getitem__), read=None)

    before, after = version("Be kind."), version("Be rude.")
    (change,) = _diff(before, after)
    assert isinstance(change, Changed)
    assert change.field == ("spec_sha256",)
    assert change.before == before.spec_sha256


def test_policies_and_tests_are_known_by_name_and_guard() -> None:
    policy: Json = {"id": "gate", "when": "true", "assert": "result.success", "action": "FAIL_RUN"}
    test: Json = {"name": "t", "assertions": ["result.success"]}
    before = _workflow(_step("a"), policies=[policy], tests=[test])
    after = _workflow(_step("a"), policies=[{**policy, "action": "WARN"}], tests=[])
    first, second = _diff(before, after)
    assert (first.subject, first.semantic) == (Subject("policy", "gate"), SemanticClass.GUARD)
    assert isinstance(second, Removed)
    assert second.subject == Subject("test", "t")


def test_the_workflows_own_fields_are_changes_too() -> None:
    before, after = _workflow(_step("a")), _workflow(_step("a"), description="Sorts mail.")
    (change,) = _diff(before, after)
    assert change.subject == Subject("workflow", "")
    assert change.semantic is SemanticClass.DOCUMENTATION


def test_numbers_are_compared_as_json_does() -> None:
    def with_input(value: object) -> Workflow:
        return _workflow(_step("a", input=value))

    assert _diff(with_input({"x": 1}), with_input({"x": 1.0})) == []
    assert len(_diff(with_input({"x": 1}), with_input({"x": True}))) == 1
    assert len(_diff(with_input({"x": "1"}), with_input({"x": 1}))) == 1


def test_a_comment_or_another_layout_is_no_change() -> None:
    before = parse_workflow("agents: {a: {model: m}}\nsteps:\n  - {name: s, uses: agents.a}\n")
    after = parse_workflow("steps: [{uses: agents.a, name: s}]  # hi\nagents: {a: {model: m}}\n")
    assert _diff(before, after) == []


def test_keys_that_look_private_do_not_hide() -> None:
    before = _workflow(_step("a", input={"__class__": 1}))
    after = _workflow(_step("a", input={"__class__": 2}))
    (change,) = _diff(before, after)
    assert isinstance(change, Changed)
    assert change.field == ("input", "__class__")


def test_hostile_keys_come_back_as_they_are() -> None:
    key = "a']['b\"/~.*\n\N{RIGHT-TO-LEFT OVERRIDE}"
    (change,) = _diff(_workflow(_step("a")), _workflow(_step("a", meta={key: {"": 1}})))
    assert isinstance(change, Changed)
    assert change.field == ("meta", key, "")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"config": {"timeout_s": 5}}, SemanticClass.RELIABILITY),
        ({"config": {"backoff_s": 5}}, SemanticClass.RELIABILITY),
        ({"config": {"max_tokens": 5}}, SemanticClass.COST),
        ({"config": {"temperature": 0.5}}, SemanticClass.BEHAVIOUR),
        ({"input": "hi"}, SemanticClass.PROMPT),
        ({"input": {"config": {"max_retries": 3}}}, SemanticClass.PROMPT),
        ({"meta": {"config": {"max_retries": 3}}}, SemanticClass.BEHAVIOUR),
        ({"meta": {"doc": "hi"}}, SemanticClass.DOCUMENTATION),
        ({"meta": {"doc": {"doc": "hi"}}}, SemanticClass.BEHAVIOUR),
        ({"description": "hi"}, SemanticClass.DOCUMENTATION),
        ({"usage_limits": {"total_tokens_limit": 5}}, SemanticClass.GUARD),
        ({"sink_to": "x"}, SemanticClass.BEHAVIOUR),
    ],
)
def test_a_change_is_about_its_exact_field(fields: Json, expected: SemanticClass) -> None:
    (change,) = _diff(_workflow(_step("a")), _workflow(_step("a", **fields)))
    assert change.semantic is expected


_scalars = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "1"])
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["x", "y", "__z", "a/b", ""]), inner, max_size=3)
    ),
    max_leaves=6,
)
_names = st.sampled_from(["a", "b", "c", "d", "e/f", "g~"])


def _simple(name: str, value: object, meta: Json) -> Json:
    return _step(name, input=value, meta=meta)


_metas = st.dictionaries(st.sampled_from(["doc", "x"]), _values, max_size=2)
_steps = st.builds(_simple, _names, _values, _metas)


def _unique(steps: list[Json]) -> list[Json]:
    return list({str(step["name"]): step for step in steps}.values())


_bodies = st.lists(_steps, min_size=1, max_size=4).map(_unique)


def _loop(body: list[Json]) -> Json:
    return {"kind": "loop", "name": "l", "loop": {"body": body}}


def _cache(body: list[Json]) -> Json:
    return {"kind": "cache", "name": "k", "wrapped_step": body[0]}


_forms: st.SearchStrategy[object] = (
    _bodies | _bodies.map(lambda body: {"steps": body}) | _bodies.map(lambda body: body[0])
)
_branches = st.dictionaries(st.sampled_from(["x", "y/z"]), _forms, min_size=1)
_containers = (
    _bodies.map(_loop) | _bodies.map(_cache) | _branches.map(lambda named: _route(**named))
)


_levels = st.lists(_steps | _containers, min_size=1, max_size=5).map(_unique)
_documents = st.builds(
    lambda steps, description, order: {
        "description": description,
        "agents": {name: _AGENTS[name] for name in order},
        "steps": steps,
        "tests": [{"name": name, "assertions": ["result.success"]} for name in order],
    },
    _levels,
    st.sampled_from(["", "d"]),
    st.permutations(["writer", "judge"]),
)


def _parse(document: Json) -> Workflow:
    return parse_workflow(json.dumps(document))


@settings(deadline=None, max_examples=60)
@given(_documents, _documents)
def test_every_differing_leaf_of_a_step_that_stayed_lies_under_a_change(
    one: Json, other: Json
) -> None:
    """Redo every change of a step's fields on the old step: the new one must come out."""
    before, after = _parse(one), _parse(other)
    changes = _diff(before, after)
    fresh = {change.subject.id for change in changes if isinstance(change, Added)}
    shared = [node for node in after.nodes if node.step_id not in fresh and node.kind == "step"]
    old_ids = {
        change.subject.id: change.before_id
        for change in changes
        if isinstance(change, Moved | Renamed)
    }
    for node in shared:
        old = before.node(old_ids.get(node.step_id, node.step_id))
        if old is None:
            continue  # carried along by its container
        redone: Value = json.loads(json.dumps(dict(old.raw)))
        for change in changes:
            if isinstance(change, Changed) and change.subject == Subject("step", node.step_id):
                assert redone is not ABSENT
                redone = _redo(redone, change)
        assert {**dict(redone), "name": node.name} == dict(node.raw)  # type: ignore[arg-type]


def _redo(value: JsonValue, change: Changed) -> Value:
    """Write the new value at the field; a mapping emptied by removing from it goes with what it held."""
    if not change.field:
        return change.after
    first, rest = change.field[0], replace(change, field=change.field[1:])
    inner = dict(value) if isinstance(value, dict) else {}
    redone = _redo(inner.get(first, {}), rest)
    if redone is ABSENT or (change.after is ABSENT and redone == {}):
        inner.pop(first, None)
    else:
        inner[first] = redone
    return inner


@settings(deadline=None, max_examples=40)
@given(_documents, st.data())
def test_one_mutated_leaf_lies_under_exactly_the_change_that_names_it(
    document: Json, data: st.DataObject
) -> None:
    before = _parse(document)
    nodes = [node for node in before.nodes if node.kind == "step"]
    node = data.draw(st.sampled_from(nodes))
    raw = json.loads(json.dumps(before.document))
    target = raw
    for part in node.pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        target = target[int(key)] if isinstance(target, list) else target[key]
    target["meta"] = {**target["meta"], "new leaf": {"deep": 1}}
    (change,) = _diff(before, _parse(raw))
    assert change.pointer == node.pointer + format_pointer(["meta", "new leaf", "deep"])
