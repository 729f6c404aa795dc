import pytest

from diff_ux import describe_changes, render_bullets
from diff_ux.sentences import abridge
from diff_ux.words import in_text
from tests.diff_ux.specs import Json, loop, route, step, workflow
from workflow import SemanticClass, Workflow, diff_workflows


def _tell(before: Workflow, after: Workflow) -> list[str]:
    return [sentence.text for sentence in describe_changes(diff_workflows(before, after))]


def _skill(name: str, **fields: object) -> Json:
    return {"name": name, "uses": "flujo.text.normalise", **fields}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"config": {"max_retries": 2}}, "🔁 Retry s up to 2 times (was: never)"),
        ({"config": {"max_retries": 2}}, {"config": {"max_retries": 0}}, "🔁 Stop retrying s (was: up to 2 times)"),
        ({"config": {"max_retries": 2}}, {"config": {"max_retries": 1}}, "🔁 Retry s once (was: up to 2 times)"),
        ({"config": {"timeout_s": 5}}, {"config": {"timeout_s": 9}}, "⏱ Raise timeout of s from 5 s to 9 s"),
        ({"config": {"timeout_s": 5}}, {"config": {"timeout_s": 2.5}}, "⏱ Lower timeout of s from 5 s to 2.5 s"),
        ({}, {"config": {"timeout_s": 5}}, "⏱ Set timeout of s to 5 s (was: not set)"),
        ({"config": {"timeout_s": 5}}, {"config": {}}, "🔧 Change config of s from {\"timeout_s\": 5} to {}"),
        ({"config": {"timeout_s": 5}}, {}, "⏱ Remove timeout of s (was: 5 s)"),
        ({}, {"config": {"backoff_s": 1}}, "⏳ Set pause between attempts of s to 1 s (was: not set)"),
        (
            {"config": {"max_tokens": 800}},
            {"config": {"max_tokens": 400}},
            "✂️ Lower the reply limit of s from 800 to 400 tokens",
        ),
        ({}, {"validators": ["flujo.check.length"]}, "✅ Add validator flujo.check.length to step s"),
        (
            {"validators": ["flujo.check.length"]},
            {"validators": []},
            "⚠️ Remove validator flujo.check.length from step s",
        ),
        (
            {"validators": ["flujo.check.length"]},
            {"validators": ["flujo.check.pii"]},
            "⚠️ Replace validator flujo.check.length with validator flujo.check.pii on step s",
        ),
        (
            {"validators": ["flujo.check.length", "flujo.check.pii"]},
            {"validators": ["flujo.check.pii", "flujo.check.length"]},
            "🔀 Reorder the validators of step s: flujo.check.pii, flujo.check.length look in this order now",
        ),
        ({}, {"uses": "flujo.value.pass"}, "🛠 Run flujo.value.pass in s instead of flujo.text.normalise"),
        ({}, {"description": "Looks up."}, "📝 Describe s"),
        ({"description": "A"}, {"description": "B"}, "📝 Reword the description of s"),
        ({"input": "hey"}, {"input": "hello"}, "✏️ Rewrite the input of s (1 word added, 1 removed)"),
        ({}, {"config": {"temperature": 0.2}}, "🔧 Set config.temperature of s to 0.2"),
        ({"sink_to": "x"}, {}, "🔧 Remove sink_to of s"),
        ({"input": "hey"}, {}, "✏️ Remove the input of s"),
        ({"description": "A"}, {}, "📝 Remove the description of s"),
        ({}, {"config": {"max_tokens": 400}}, "✂️ Set the reply limit of s to 400 tokens (was: not set)"),
        ({"config": {"max_tokens": 400}}, {}, "🔧 Remove config.max_tokens of s"),
        ({}, {"sink_to": "x"}, '🔧 Set sink_to of s to "x"'),
    ],
)  # fmt: skip
def test_a_field_is_told_in_its_own_words(before: Json, after: Json, expected: str) -> None:
    assert _tell(workflow(_skill("s", **before)), workflow(_skill("s", **after))) == [expected]


def test_policies_and_tests_that_go_are_marked_with_a_warning() -> None:
    test = {"name": "t", "assertions": ["result.success"]}
    with_test, without = workflow(step("a"), tests=[test]), workflow(step("a"))
    assert _tell(without, with_test) == ["🧪 Add test t"]
    assert _tell(with_test, without) == ["⚠️ Remove test t"]


def test_an_agent_nobody_uses_is_told_as_such() -> None:
    spare = {"writer": {"model": "m"}, "spare": {"model": "m"}}
    before, after = (
        workflow(step("a"), agents=agents) for agents in ({"writer": {"model": "m"}}, spare)
    )
    assert _tell(before, after) == ["🤖 Add agent spare (used by no step)"]


def test_a_validator_whose_parameters_change_does_not_hide_behind_a_new_one() -> None:
    contains = {"id": "flujo.check.contains", "params": {"words": ["a"]}}
    other = {"id": "flujo.check.contains", "params": {"words": ["b"]}}
    before = workflow(step("s", validators=[contains]))
    (sentence,) = _tell(before, workflow(step("s", validators=[other, "flujo.check.length"])))
    assert sentence.startswith("🔧 Change validators of s")


def test_an_agents_model_is_told_with_the_steps_it_reaches() -> None:
    agents = {"writer": {"model": "sim:large"}}
    cheaper = {"writer": {"model": "sim:small"}}
    steps = (step("a"), step("b"))
    assert _tell(workflow(*steps, agents=agents), workflow(*steps, agents=cheaper)) == [
        "🧠 Switch the model of agent writer from sim:large to sim:small (used by a, b)"
    ]


def test_a_prompt_is_never_quoted() -> None:
    agents = {"writer": {"model": "m", "system_prompt": "secret one"}}
    other = {"writer": {"model": "m", "system_prompt": "secret three"}}
    (sentence,) = _tell(workflow(step("a"), agents=agents), workflow(step("a"), agents=other))
    assert (
        sentence
        == "✏️ Rewrite the system prompt of agent writer (1 word added, 1 removed) (used by a)"
    )


def test_whole_steps_are_told() -> None:
    before = workflow(step("a", input="1"), _skill("b"), step("c", input="3"))
    after = workflow(step("c", input="3"), step("a", input="1"), step("new", input="4"))
    assert _tell(before, after) == [
        "➖ Remove step b, which ran flujo.text.normalise",
        "➕ Add step new, running agents.writer",
        "🔀 Reorder c, from steps[2] to steps[0]",
    ]


def test_steps_inside_a_new_container_share_its_sentence() -> None:
    nested = loop("refine", step("draft"), route("pick", x=[step("one")], y=[step("two")]))
    (sentence,) = _tell(workflow(step("a")), workflow(step("a"), nested))
    assert sentence.startswith("➕ Add loop refine, with 4 steps inside: refine/draft, refine/pick")


def test_what_guards_comes_before_what_merely_documents() -> None:
    before = workflow(step("a", validators=["flujo.check.length"]))
    after = workflow(step("a", description="d", config={"max_retries": 1}))
    about = [sentence.about for sentence in describe_changes(diff_workflows(before, after))]
    assert about == [SemanticClass.GUARD, SemanticClass.RELIABILITY, SemanticClass.DOCUMENTATION]


def _steps(number: int, **fields: object) -> list[Json]:
    return [step(f"s{index}", **fields) for index in range(number)]


def _tuned(number: int) -> list[Json]:
    return [step(f"s{index}", config={"timeout_s": index + 1}) for index in range(number)]


def test_equal_changes_of_many_steps_are_told_once() -> None:
    before, after = workflow(*_steps(3)), workflow(*_steps(3, config={"max_retries": 2}))
    assert _tell(before, after) == ["🔁 Retry s0, s1, s2 up to 2 times (was: not set)"]


def test_different_changes_of_many_steps_are_not_told_as_one() -> None:
    before, after = workflow(*_steps(3)), workflow(*_tuned(3))
    assert len(_tell(before, after)) == 3


def test_without_their_figures_they_are() -> None:
    changes = diff_workflows(workflow(*_steps(4)), workflow(*_tuned(4)))
    assert [in_text(line) for line in abridge(describe_changes(changes))] == [
        "⏱ Set timeout of s0, s1 and others"
    ]


def test_nouns_agree_with_how_many_there_are() -> None:
    gone = [{"id": name, "when": "true", "assert": "result.success"} for name in ("p", "q")]
    before, after = workflow(step("a"), policies=gone), workflow(step("a"))
    assert _tell(before, after) == ["⚠️ Remove policies p, q"]
    assert _tell(workflow(*_steps(1)), workflow(*_steps(3))) == [
        "➕ Add steps s1, s2, running agents.writer"
    ]


def test_a_step_that_only_changes_its_place_in_the_order_is_told_apart_from_one_that_moves() -> (
    None
):
    before = workflow(step("a", input="1"), step("b", input="2"), route("r", x=[step("c")]))
    moved = workflow(step("a", input="1"), route("r", x=[step("c"), step("b", input="2")]))
    swapped = workflow(step("b", input="2"), step("a", input="1"), route("r", x=[step("c")]))
    assert _tell(before, moved) == ["↷ Move b to r/x/b"]
    assert _tell(before, swapped) == ["🔀 Reorder b, from steps[1] to steps[0]"]


def test_the_usual_latency_is_told_beside_a_timeout() -> None:
    before = workflow(step("a", config={"timeout_s": 5}))
    changes = diff_workflows(before, workflow(step("a", config={"timeout_s": 9})))
    (sentence,) = describe_changes(changes, p99_s={"a": 7.812, "b": 1.0})
    assert sentence.text == "⏱ Raise timeout of a from 5 s to 9 s (p99 is 7.8 s)"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"total_cost_usd_limit": 0.05}, "⛔ Set the cost limit of s to $0.05 (was: none)"),
        ({"total_cost_usd_limit": 0.05}, {"total_cost_usd_limit": 5}, "⚠️ Raise the cost limit of s from $0.05 to $5"),
        ({"total_tokens_limit": 900}, {"total_tokens_limit": 500}, "⛔ Lower the token limit of s from 900 to 500"),
        ({"total_tokens_limit": 900}, {"total_tokens_limit": None}, "⚠️ Remove the token limit of s (was: 900)"),
    ],
)  # fmt: skip
def test_usage_limits_are_told_and_looser_ones_are_marked(
    before: Json, after: Json, expected: str
) -> None:
    versions = [workflow(step("s", usage_limits=limits)) for limits in (before, after)]
    assert _tell(*versions) == [expected]


def _machine(**fields: object) -> Json:
    states = {name: [step(f"in_{name}")] for name in ("open", "done")}
    arrows = [{"from": "open", "to": "done"}]
    given = {"start_state": "open", "end_states": ["done"], "transitions": arrows, **fields}
    return {"kind": "StateMachine", "name": "m", "states": states, **given}


_BACK = {"from": "done", "to": "open"}
_FORTH = {"from": "open", "to": "done"}
_BOTH = [_FORTH, _BACK]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (_machine(), _machine(transitions=[_FORTH, _BACK]), "🚦 Add transition done → open to m"),
        (_machine(transitions=[_FORTH, _BACK]), _machine(), "🚦 Remove transition done → open from m"),
        (
            _machine(transitions=[_FORTH, _BACK]),
            _machine(transitions=[_FORTH, {"from": "done", "to": "done"}]),
            "🚦 Replace transition done → open by transition done → done in m",
        ),
        (
            _machine(transitions=_BOTH),
            _machine(transitions=_BOTH, start_state="done"),
            '🚦 Change the first state of m from "open" to "done"',
        ),
        (_machine(), _machine(end_states=["open"]), '🚦 Change the last states of m from ["done"] to ["open"]'),
        (
            route("r", x=[step("a")]) | {"condition_expression": "'x'"},
            route("r", x=[step("a")]) | {"condition_expression": "context.x"},
            """🚦 Change which branch is taken in r from "'x'" to "context.x\"""",
        ),
        (
            {"kind": "loop", "name": "l", "loop": {"body": [step("a")], "max_loops": 3}},
            {"kind": "loop", "name": "l", "loop": {"body": [step("a")], "max_loops": 5}},
            "🚦 Raise the loop limit of l from 3 to 5",
        ),
        (
            {"kind": "loop", "name": "l", "loop": {"body": [step("a")], "max_loops": 3}},
            {"kind": "loop", "name": "l", "loop": {"body": [step("a")]}},
            "🚦 Remove the loop limit of l (was: 3)",
        ),
    ],
)  # fmt: skip
def test_where_control_goes_is_told(before: Json, after: Json, expected: str) -> None:
    assert _tell(workflow(before), workflow(after)) == [expected]


def test_a_human_step_that_goes_is_a_guard_that_goes() -> None:
    asks: Json = {"kind": "hitl", "name": "sign_off", "message": "May it?"}
    before, after = workflow(step("a"), asks), workflow(step("a"))
    (sentence,) = describe_changes(diff_workflows(before, after))
    assert (sentence.text, sentence.about) == (
        "⚠️ Remove human step sign_off",
        SemanticClass.GUARD,
    )


def test_the_changes_inside_one_schema_are_told_once() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    bare, whole = workflow(step("s")), workflow(step("s", output_schema=schema))
    assert _tell(bare, whole) == ["📐 Add to the output schema of s"]
    assert _tell(whole, bare) == ["⚠️ Remove from the output schema of s"]
    other = schema | {"required": []}
    assert _tell(whole, workflow(step("s", output_schema=other))) == [
        "📐 Change the output schema of s"
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"assertions": ["a", "b"]}, {"assertions": ["a"]}, "⚠️ Remove 1 assertion from test t"),
        ({"assertions": ["a"]}, {"assertions": ["a", "b", "c"]}, "🧪 Add 2 assertions to test t"),
        ({"assertions": ["a"]}, {"assertions": ["b"]}, "⚠️ Replace 1 assertion by 1 of test t"),
        ({"assertions": ["a", "b"]}, {"assertions": ["b", "a"]}, "🧪 Reorder the assertions of test t"),
        ({}, {"pass_rate": 0.5}, "⚠️ Lower the pass rate of test t from 1 to 0.5"),
        ({"pass_rate": 0.5}, {}, "🧪 Raise the pass rate of test t from 0.5 to 1"),
        ({"input": 1}, {"input": 2}, "🧪 Change input of test t from 1 to 2"),
        ({}, {"description": "d"}, "📝 Describe test t"),
    ],
)  # fmt: skip
def test_a_test_that_asks_for_less_is_a_warning(before: Json, after: Json, expected: str) -> None:
    names = {name: f"result.output == '{name}'" for name in ("a", "b", "c")}

    def with_test(fields: Json) -> Workflow:
        texts = fields.get("assertions", ["a"])
        assert isinstance(texts, list)
        assertions = [names[text] for text in texts]
        return workflow(step("s"), tests=[{"name": "t", **fields, "assertions": assertions}])

    assert _tell(with_test(before), with_test(after)) == [expected]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"enforcement": "advisory"}, "⚠️ Weaken policy p, now advisory"),
        ({"enforcement": "advisory"}, {}, "🛡 Strengthen policy p, now hard-mandatory"),
        ({}, {"action": "WARN"}, '🛡 Change action of policy p from nothing to "WARN"'),
    ],
)
def test_a_policy_that_binds_less_is_a_warning(before: Json, after: Json, expected: str) -> None:
    policy = {"id": "p", "assert": "result.success"}
    versions = [workflow(step("s"), policies=[policy | fields]) for fields in (before, after)]
    assert _tell(*versions) == [expected]


def test_only_spaces_and_signs_changed_in_a_prompt() -> None:
    before, after = (
        workflow(step("a", input="Hello world")),
        workflow(step("a", input="Hello,  world!")),
    )
    assert _tell(before, after) == ["✏️ Rewrite the input of a (only spaces and signs)"]


def test_past_ten_sentences_the_rest_is_folded_by_what_it_is_about_and_past_sixty_counted() -> None:
    before, after = workflow(*_steps(75)), workflow(*_tuned(75))
    shown = render_bullets(describe_changes(diff_workflows(before, after)))
    head, rest = shown.split("<details><summary>65 more changes</summary>")
    assert head.count("\n- ") == 9
    assert "**Reliability**" in rest
    assert rest.count("\n- ⏱") == 60
    assert "… and 5 more" in rest


def test_ten_sentences_are_not_folded() -> None:
    before, after = workflow(*_steps(10)), workflow(*_tuned(10))
    assert "<details>" not in render_bullets(describe_changes(diff_workflows(before, after)))
