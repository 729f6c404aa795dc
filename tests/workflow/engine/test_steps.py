"""Steps one after the other: what each is given, what it leaves, what it can't spoil."""

from collections.abc import Mapping

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import make_program, record, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import skill


def see(**fields: str) -> str:
    """Return a step that passes on what its input template gives."""
    given = ", ".join(f'{key}: "{value}"' for key, value in fields.items())
    return f"- {{name: seen, uses: flujo.value.pass, input: {{{given}}}}}\n"


def test_a_step_is_given_the_output_before_it_and_the_first_the_run_input() -> None:
    skills = {"s:a": lambda data: [data, "a"], "s:b": lambda data: [data, "b"]}
    result = run(make_program("- {name: a, uses: s:a}\n- {name: b, uses: s:b}"), 1, skills=skills)
    assert result.output == [[1, "a"], "b"]
    assert [step.step_id for step in result.steps] == ["a", "b"]


def test_an_input_of_its_own_takes_the_place_of_the_output_before() -> None:
    steps = "- {name: a, uses: s:a}\n" + see(
        old="{{ input.x }}", now="{{ previous_step }}", same="{{ steps.a.output }}"
    )
    result = run(make_program(steps), {"x": 1}, skills={"s:a": lambda _: [2]})
    assert result.output == {"old": 1, "now": [2], "same": [2]}


def test_the_fields_of_the_run_input_are_the_first_context() -> None:
    assert run(make_program(see(x="{{ context.x }}")), {"x": 1}).output == {"x": 1}
    assert run(make_program(see(x="{{ context.x }}")), "text").output == {"x": None}


@pytest.mark.parametrize("key", ["found", "context.found"])
def test_an_output_is_kept_in_the_context_under_its_sink(key: str) -> None:
    steps = f"- {{name: a, uses: s:a, sink_to: {key}}}\n" + see(x="{{ context.found.id }}")
    result = run(make_program(steps), skills={"s:a": lambda _: {"id": 7}})
    assert result.output == {"x": 7}
    assert result.context == {"found": {"id": 7}}


def test_an_output_updates_the_context_where_the_step_says_so() -> None:
    steps = "- {name: a, uses: s:a, updates_context: true}\n" + see(
        x="{{ context.x }}{{ context.y }}"
    )
    result = run(make_program(steps), {"x": 1, "y": 2}, skills={"s:a": lambda _: {"y": 3}})
    assert result.output == {"x": "13"}


def test_null_is_an_output_like_any_other() -> None:
    steps = "- {name: a, uses: s:a}\n- {name: b, uses: s:b}"
    result = run(make_program(steps), 1, skills={"s:a": lambda _: None, "s:b": lambda data: [data]})
    assert result.output == [None]


def test_a_failed_step_ends_the_run_and_names_itself() -> None:
    def fail(_: JsonValue) -> JsonValue:
        raise ConnectionError("no route")

    steps = "- {name: a, uses: s:a}\n- {name: b, uses: s:b}"
    result = run(make_program(steps), skills={"s:a": fail})
    assert (result.outcome, result.error_class) == (Outcome.ERROR, ErrorClass.CONNECTION)
    assert result.error == "a: ConnectionError: no route"
    assert result.output is None
    assert [step.step_id for step in result.steps] == ["a"]


def test_a_skill_that_is_not_there_fails_its_step_only_when_it_is_reached() -> None:
    result = run(make_program("- {name: a, uses: s:a}"))
    assert result.error == "a: SkillError: no skill 's:a'; define it"


def test_a_skill_gets_its_parameters_and_the_context_if_it_asks_for_it() -> None:
    def join(data: str, context: Mapping[str, str], *, by: str) -> str:
        return by.join([data, context["x"]])

    steps = "- {name: a, agent: {id: s:a, params: {by: '-'}}, input: hello}"
    assert run(make_program(steps), {"x": "y"}, skills={"s:a": join}).output == "hello-y"


@pytest.mark.parametrize("kind", ["sync", "async", "pure", "returns an awaitable"])
def test_a_skill_may_be_a_plain_function_or_a_coroutine(kind: str) -> None:
    async def later(data: JsonValue) -> JsonValue:
        return [data]

    skills = {
        "sync": lambda data: [data],
        "async": later,
        "pure": skill(side_effects="pure")(lambda data: [data]),
        "returns an awaitable": lambda data: later(data),
    }
    program = make_program("- {name: a, uses: s:a}")
    assert run(program, 1, skills={"s:a": skills[kind]}).output == [1]


def test_a_skill_that_changes_what_it_is_given_changes_nothing_else() -> None:
    @skill(side_effects="pure")
    def spoil(data: dict[str, JsonValue], context: dict[str, JsonValue], *, tags: list[str]) -> str:
        data["x"] = context["x"] = "spoiled"
        tags.append("spoiled")
        return "done"

    steps = """
- {name: a, uses: flujo.value.pass, input: {x: kept}}
- {name: b, agent: {id: s:spoil, params: {tags: []}}}
- {name: c, uses: flujo.value.pass, input: ["{{ steps.a.output.x }}", "{{ context.x }}", "{{ input.x }}"]}
"""
    program = make_program(steps)
    given = {"x": "kept"}
    for _ in range(2):
        result = run(program, dict(given), skills={"s:spoil": spoil})
        assert result.output == ["kept", "kept", "kept"]
    assert program.leaves["b"].skill is not None
    assert program.leaves["b"].skill.params == {"tags": []}
    recording = record(program, dict(given), skills={"s:spoil": spoil})
    assert recording.input == given
    assert recording.steps[0].attempts[0].result == {"x": "kept"}


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (object(), "not plain JSON data"),
        ({1: 2}, "not plain JSON data"),
        (2**70, "not plain JSON data"),
        ("\ud800", "not plain JSON data"),
        ("x" * (5 * 2**20), "larger than 4 MiB"),
    ],
    ids=["object", "number as key", "huge number", "half a character", "huge text"],
)
def test_an_output_that_is_not_plain_json_fails_the_step(output: object, told: str) -> None:
    result = run(make_program("- {name: a, uses: s:a}"), skills={"s:a": lambda _: output})
    assert result.error_class is ErrorClass.INVALID_OUTPUT
    assert told in result.error


@pytest.mark.parametrize("side_effects", ["pure", "effect"])
def test_a_skill_that_tries_to_end_the_process_fails_its_step(side_effects: str) -> None:
    def leave(_: JsonValue) -> JsonValue:
        raise SystemExit(0)

    declared = skill(side_effects="pure" if side_effects == "pure" else "effect")(leave)
    result = run(make_program("- {name: a, uses: s:a}"), skills={"s:a": declared})
    assert result.error_class is ErrorClass.CRASH
    assert "tried to end the process" in result.error


FALLBACK = (
    "- {name: a, uses: s:a, %s fallback: {name: spare, uses: s:spare%s}}\n- {name: b, uses: s:b}"
)


def crash(_: JsonValue) -> JsonValue:
    raise ValueError("broken")


def test_a_fallback_takes_the_failed_step_s_place_and_its_input() -> None:
    skills = {"s:a": crash, "s:spare": lambda data: ["spare", data], "s:b": lambda data: data}
    result = run(make_program(FALLBACK % ("input: hello,", "")), skills=skills)
    assert result.succeeded
    assert result.output == ["spare", "hello"]
    assert [(step.step_id, step.outcome) for step in result.steps] == [
        ("a", Outcome.ERROR),
        ("a/spare", Outcome.OK),
        ("b", Outcome.OK),
    ]


def test_a_fallback_may_have_an_input_of_its_own() -> None:
    skills = {"s:a": crash, "s:spare": lambda data: data, "s:b": lambda data: data}
    program = make_program(FALLBACK % ("", ', input: "{{ context.x }}"'))
    assert run(program, {"x": 3}, skills=skills).output == 3


def test_a_fallback_that_fails_too_ends_the_run() -> None:
    result = run(make_program(FALLBACK % ("", "")), skills={"s:a": crash, "s:spare": crash})
    assert result.error == "a/spare: ValueError: broken"


def test_input_and_output_must_fit_their_schemas() -> None:
    text = "{type: string}"
    steps = f"- {{name: a, uses: s:a, input_schema: {text}, output_schema: {text}}}"
    program, skills = make_program(steps), {"s:a": lambda data: len(data)}
    wrong_in = run(program, 1, skills=skills)
    assert (wrong_in.error_class, wrong_in.steps[0].attempts) == (ErrorClass.INVALID_INPUT, 0)
    wrong_out = run(program, "x", skills=skills)
    assert wrong_out.error_class is ErrorClass.INVALID_OUTPUT
    assert "1 is not of type 'string'" in wrong_out.error


def test_schemas_hold_for_containers_too() -> None:
    steps = """
- kind: parallel
  name: p
  input_schema: {type: object}
  output_schema: {required: [missing]}
  branches: {a: [{name: a, uses: flujo.value.pass}]}
"""
    program = make_program(steps)
    assert run(program, 1).error_class is ErrorClass.INVALID_INPUT
    assert run(program, {}).error_class is ErrorClass.INVALID_OUTPUT


def test_an_agent_is_asked_with_its_prompt_settings_and_schema() -> None:
    agents = """
agents:
  writer:
    model: sim:large
    system_prompt: Write.
    model_settings: {temperature: 0.5, max_tokens: 100}
    output_schema: {type: string}
"""
    steps = "- {name: a, uses: agents.writer, input: hello, config: {max_tokens: 50}}"
    asked = ScriptedAgents({"writer": [Answer("hi")]})
    assert run(make_program(steps, agents=agents), agents=asked).output == "hi"
    (call,) = asked.calls
    assert (call.step_id, call.agent, call.model) == ("a", "writer", "sim:large")
    assert (call.system_prompt, call.prompt, call.attempt) == ("Write.", "hello", 1)
    assert call.settings == {"temperature": 0.5, "max_tokens": 50}
    assert call.output_schema == {"type": "string"}
