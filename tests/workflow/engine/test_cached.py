"""Caches: explicit, keyed by all the answer depends on, never in the way of an effect, seen in telemetry."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass
from telemetry.attributes import CACHE_HIT
from tests.builders import AGENTS, STARTED_AT, make_program, make_reader, record
from tests.fakes.agents import Answer, ScriptedAgents
from tests.fakes.skills import FakeSkills
from workflow import (
    MemoryCache,
    NotExecutableError,
    Program,
    RunResult,
    SpanCollector,
    VirtualTimeLoop,
    compile_program,
    parse_workflow,
    perform_live,
    replay_recordings,
    run_program,
)

TWICE = """
- kind: map
  name: m
  map:
    iterable_input: {items}
    body: [{{kind: cache, name: c, wrapped_step: {wrapped}}}]
"""
WRITE = "{name: w, uses: agents.writer, input: '{{ this }}'}"
PAID = Answer("text", 2.0, "0.5", (10, 5))


def remembering(items: str = "[1, 1]", wrapped: str = WRITE) -> Program:
    return make_program(TWICE.format(items=items, wrapped=wrapped))


def run_with(
    program: Program,
    agents: ScriptedAgents,
    cache: MemoryCache | None = None,
    spans: SpanCollector | None = None,
    data: JsonValue = None,
    skills: Mapping[str, object] | None = None,
) -> RunResult:
    loop = VirtualTimeLoop(count_cpu=False)
    try:
        return loop.run_until_complete(
            run_program(
                program,
                data,
                perform=perform_live(agents, FakeSkills(skills or {})),  # type: ignore[arg-type]
                run_id="run-1",
                started_at=STARTED_AT,
                listeners=[spans] if spans else [],
                cache=cache,
            )
        )
    finally:
        loop.close()


def asking(*answers: Answer) -> ScriptedAgents:
    return ScriptedAgents({"writer": answers or (PAID,)})


def test_the_same_input_is_asked_once_and_a_hit_costs_nothing() -> None:
    agents = asking()
    result = run_with(remembering("[1, 2, 1, 1]"), agents)
    assert len(agents.calls) == 2
    assert result.output == ["text"] * 4
    assert (result.cost_usd, result.latency_s) == (Decimal("1.0"), 4.0)


def test_without_a_cache_step_nothing_is_remembered() -> None:
    agents = asking()
    steps = f"- kind: map\n  name: m\n  map: {{iterable_input: [1, 1], body: [{WRITE}]}}"
    run_with(make_program(steps), agents)
    assert len(agents.calls) == 2


def test_a_hit_is_seen_on_its_span_and_on_no_other() -> None:
    spans = SpanCollector()
    run_with(remembering(), asking(), spans=spans)
    hits = [span.attributes for span in spans.take() if CACHE_HIT in span.attributes]
    assert len(hits) == 1
    assert hits[0][CACHE_HIT] is True
    assert hits[0]["flujo.cost_usd"] == "0"


def test_a_failure_is_not_remembered() -> None:
    agents = asking(Answer(error=ErrorClass.UNAVAILABLE), PAID)
    steps = (
        "- kind: parallel\n  name: p\n  on_branch_failure: ignore\n  branches:\n"
        f"    a: [{{kind: cache, name: c, wrapped_step: {WRITE}}}]"
    )
    program = make_program(steps)
    cache = MemoryCache()
    assert run_with(program, agents, cache).output == {"a": None}
    assert run_with(program, agents, cache).output == {"a": "text"}
    assert len(agents.calls) == 2


def test_the_failed_attempts_before_a_success_are_paid_for_once() -> None:
    agents = asking(Answer(error=ErrorClass.UNAVAILABLE, cost_usd="0.1"), PAID)
    wrapped = WRITE.replace("}'}", "}', config: {max_retries: 1}}")
    assert run_with(remembering(wrapped=wrapped), agents).cost_usd == Decimal("0.6")


def test_a_cache_that_is_handed_in_is_used_from_run_to_run() -> None:
    agents, cache = asking(), MemoryCache()
    run_with(remembering("[1]"), agents, cache)
    run_with(remembering("[1]"), agents, cache)
    assert len(agents.calls) == 1
    run_with(remembering("[1]"), agents)
    assert len(agents.calls) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("system_prompt: Write.", "system_prompt: Rewrite."),
        ("sim:large", "sim:small"),
        ("steps:", "description: another version\nsteps:"),
        ("uses: agents.writer", "config: {temperature: 1}, uses: agents.writer"),
        ("uses: agents.writer", "output_schema: {type: string}, uses: agents.writer"),
    ],
)
def test_another_prompt_model_setting_or_version_is_asked_anew(before: str, after: str) -> None:
    text = "agents: {writer: {model: 'sim:large', system_prompt: Write.}}\nsteps:" + TWICE.format(
        items="[1]", wrapped=WRITE
    )
    agents, cache = asking(), MemoryCache()
    for version in (text, text.replace(before, after, 1)):
        run_with(compile_program(parse_workflow(version)), agents, cache)
    assert len(agents.calls) == 2


def test_a_skill_is_remembered_by_its_parameters_input_and_context() -> None:
    calls: list[object] = []

    def look_up(data: object, context: object, key: str) -> str:
        calls.append((data, context))
        return key

    wrapped = "{name: w, agent: {id: 's:look_up', params: {key: k}}, input: '{{ this }}'}"
    program, cache = remembering("[1, 1]", wrapped), MemoryCache()
    skills = {"s:look_up": look_up}
    for x in (1, 1, 2):
        run_with(program, asking(), cache, data={"x": x}, skills=skills)
    assert calls == [(1, {"x": 1}), (1, {"x": 2})]


def test_replay_tells_hits_as_they_were_recorded() -> None:
    program = remembering("[1, 1, 2]")
    recording = record(program, agents=asking())
    assert [step.attempts[0].cached for step in recording.steps] == [False, True, False]
    (replayed,) = replay_recordings(program, [recording])
    assert (replayed.reproduces, replayed.drawn) == (True, 0)
    assert replayed.result.latency_s == recording.latency_s


EFFECT = "from flujo import skill\n@skill(side_effects='effect')\ndef send(data): ...\n"


@pytest.mark.parametrize(
    ("wrapped", "told"),
    [
        ("{name: w, uses: 's:send'}", "a skill with effects in a cache"),
        ("{kind: hitl, name: w}", "a hitl in a cache"),
        ("{name: w, uses: imports.o}", "an imported workflow in a cache"),
        (f"{{kind: loop, name: w, loop: {{max_loops: 1, body: [{WRITE}]}}}}", "a loop in a cache"),
    ],
)
def test_what_must_not_be_remembered_is_refused_with_what_to_do(wrapped: str, told: str) -> None:
    imports = "imports: {o: o.yaml}\n" if "imports." in wrapped else ""
    text = f"{AGENTS}{imports}steps:{TWICE.format(items='[1]', wrapped=wrapped)}"
    files = {"s.py": EFFECT, "o.yaml": "steps: [{name: s, uses: flujo.value.pass}]"}
    workflow = parse_workflow(text, path="flow.yaml", read=make_reader(files))
    with pytest.raises(NotExecutableError) as refused:
        compile_program(workflow)
    assert f"step 'm/c/w': {told}" in str(refused.value)
    assert ("wrap an agent or a skill" in str(refused.value)) or (
        "take it out" in str(refused.value)
    )
