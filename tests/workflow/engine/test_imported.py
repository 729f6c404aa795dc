"""Imported workflows: run inside, seen by nobody else, identified by the spec that is run."""

from collections.abc import Mapping

import pytest

from telemetry import ErrorClass
from tests.builders import STARTED_AT, make_reader, record, run
from tests.fakes.agents import Answer, ScriptedAgents, ask_nobody
from tests.fakes.skills import FakeSkills
from workflow import (
    NotExecutableError,
    Program,
    SpanCollector,
    SpecError,
    TestOutcome,
    compile_program,
    parse_workflow,
    perform_live,
    replay_recordings,
    run_embedded_tests,
)

CHILD = """
agents: {writer: {model: "sim:child", system_prompt: {from_file: p.md}}}
policies: [{id: never, assert: "false", action: FAIL_RUN}]
steps:
  - {name: read, uses: flujo.value.pass, input: "{{ context.text }}"}
  - {name: write, uses: agents.writer, sink_to: written}
"""
MAIN = """
imports: {child: parts/child.yaml}
agents: {writer: {model: "sim:main", system_prompt: Main.}}
steps:
  - {name: first, uses: flujo.value.pass, input: {text: hello}}
  - {name: inner, uses: imports.child}
  - {name: last, uses: flujo.value.pass, input: {got: "{{ previous_step }}", kept: "{{ context }}"}}
"""
FILES = {"parts/child.yaml": CHILD, "parts/p.md": "Child."}


def open_main(text: str = MAIN, files: Mapping[str, str] = FILES) -> Program:
    return compile_program(parse_workflow(text, path="flows/main.yaml", read=make_reader(files)))


def writers() -> ScriptedAgents:
    return ScriptedAgents({"writer": [Answer("written", 1.0)]})


def test_its_steps_run_with_their_own_agents_and_prompts_on_the_step_s_input() -> None:
    agents = writers()
    result = run(open_main(), {"x": 1}, agents=agents)
    assert result.output == {"got": "written", "kept": {"x": 1}}
    (call,) = agents.calls
    assert (call.prompt, call.model, call.system_prompt) == ("hello", "sim:child", "Child.")


def test_its_policies_do_not_apply() -> None:
    assert run(open_main(), agents=writers()).succeeded


def test_its_steps_are_named_below_the_one_that_imports_and_stand_in_the_resolved_document() -> (
    None
):
    program, spans = open_main(), SpanCollector()
    run(program, agents=writers(), listeners=[spans])
    told = {span.attributes["flujo.step_id"]: span.attributes for span in spans.take()}
    assert told["inner/write"]["flujo.yaml_path"] == "imports.child.steps[1]"
    assert {one["flujo.spec_sha256"] for one in told.values()} == {program.workflow.spec_sha256}
    assert program.leaves["inner/write"].node.pointer == "/imports/child/steps/1"


def test_the_nodes_of_the_spec_are_those_of_its_own_file() -> None:
    program = open_main()
    assert [node.step_id for node in program.workflow.nodes] == ["first", "inner", "last"]


def test_it_is_recorded_and_replayed() -> None:
    program = open_main()
    recording = record(program, agents=writers())
    assert [step.step_id for step in recording.steps] == ["first", "inner/read", "inner/write", "last"]  # fmt: skip
    (replayed,) = replay_recordings(program, [recording])
    assert (replayed.reproduces, replayed.drawn) == (True, 0)


def test_imports_in_imports_are_found_beside_them_and_skills_beside_the_spec_that_is_run() -> None:
    nested = "imports: {deep: more/deep.yaml}\nsteps: [{name: go, uses: imports.deep}]"
    deep = "steps: [{name: call, uses: 'skills:look'}]"
    files = {
        "parts/child.yaml": nested,
        "parts/more/deep.yaml": deep,
        "skills.py": "def look(data): ...",
    }
    program = open_main(files=files)
    plan = program.leaves["inner/go/call"]
    assert plan.node.yaml_path == "imports.child.imports.deep.steps[0]"
    assert plan.node.parent_id == "inner/go"
    result = run(program, skills={"skills:look": lambda data: data["text"]})
    assert result.output == {"got": "hello", "kept": {}}


def test_two_steps_may_run_the_same_import() -> None:
    program = open_main(MAIN + "  - {name: again, uses: imports.child, input: {text: twice}}\n")
    assert run(program, agents=writers()).output == "written"
    assert {"inner/write", "again/write"} <= program.leaves.keys()


def test_what_ran_is_what_was_hashed_when_the_files_change_before_it_is_compiled() -> None:
    files = dict(FILES)
    workflow = parse_workflow(MAIN, read=make_reader(files))
    files["parts/child.yaml"], files["parts/p.md"] = "steps: []", "Other."
    assert compile_program(workflow).leaves["inner/write"].system_prompt == "Child."


def test_a_failure_inside_is_the_step_s_and_its_fallback_helps() -> None:
    failing = ScriptedAgents({"writer": [Answer(error=ErrorClass.CRASH)]})
    result = run(open_main(), agents=failing)
    assert (result.error_class, "inner/write" in result.error) == (ErrorClass.CRASH, True)
    helped = MAIN.replace(
        "uses: imports.child}", "uses: imports.child, fallback: {name: f, uses: flujo.value.pass}}"
    )
    assert run(open_main(helped), agents=failing).succeeded


def test_an_output_schema_on_the_step_is_checked() -> None:
    text = MAIN.replace(
        "uses: imports.child}", "uses: imports.child, output_schema: {type: number}}"
    )
    result = run(open_main(text), agents=writers())
    assert result.error_class is ErrorClass.INVALID_OUTPUT


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("config: {max_retries: 1}", "`config` on an imported workflow"),
        ("usage_limits: {total_tokens_limit: 1}", "`usage_limits` on an imported workflow"),
        ("validators: [flujo.check.length]", "`validators` on an imported workflow"),
        ("fallback: {name: read, uses: flujo.value.pass}", "a fallback named 'read'"),
    ],
)
def test_what_an_import_can_not_heed_is_refused(fields: str, told: str) -> None:
    with pytest.raises(NotExecutableError, match=r"flows/main\.yaml:6: step 'inner'") as refused:
        open_main(MAIN.replace("uses: imports.child}", f"uses: imports.child, {fields}}}"))
    assert told in str(refused.value)


def test_an_import_that_is_no_valid_spec_is_refused_at_its_own_line() -> None:
    files = FILES | {"parts/child.yaml": "steps:\n  - {name: a, uses: agents.nobody}\n"}
    with pytest.raises(SpecError) as refused:
        open_main(files=files)
    (found,) = refused.value.diagnostics
    assert (found.id, found.path, found.line) == ("invalid-import", "flows/main.yaml", 2)
    assert "flows/parts/child.yaml:2:15: no agent 'agents.nobody'" in found.message


def test_what_can_not_run_inside_is_refused_at_its_own_line() -> None:
    child = "steps:\n  - {kind: tree_search, name: t, proposer: {x: 1}, evaluator: {x: 1}}\n"
    with pytest.raises(NotExecutableError, match=r"parts/child\.yaml:2: step 'inner/t'"):
        open_main(files={"parts/child.yaml": child})


def test_a_cycle_is_refused_and_named() -> None:
    step = "steps: [{name: s, uses: imports.%s}]"
    files = {
        "a.yaml": "imports: {b: b.yaml}\n" + step % "b",
        "b.yaml": "imports: {a: a.yaml}\n" + step % "a",
    }
    with pytest.raises(SpecError) as refused:
        open_main("imports: {a: a.yaml}\n" + step % "a", files)
    assert "imports itself (a.yaml → b.yaml → a.yaml); break the cycle" in str(refused.value)


def chain_of(length: int) -> Mapping[str, str]:
    files = {
        f"{number}.yaml": f"imports: {{n: {number + 1}.yaml}}\nsteps: [{{name: s, uses: imports.n}}]"
        for number in range(1, length)
    }
    return files | {f"{length}.yaml": "steps: [{name: s, uses: flujo.value.pass}]"}


def test_imports_go_sixteen_deep_and_no_deeper() -> None:
    main = "imports: {n: 1.yaml}\nsteps: [{name: s, uses: imports.n}]"
    assert run(open_main(main, chain_of(16)), "in").output == "in"
    with pytest.raises(SpecError, match="imports more than 16 deep"):
        open_main(main, chain_of(17))


def test_a_test_may_mock_the_whole_import() -> None:
    assertion = "result.output.got == 'mocked'"
    tests = (
        f'tests: [{{name: t, mocks: {{inner: {{output: mocked}}}}, assertions: ["{assertion}"]}}]'
    )
    perform = perform_live(ask_nobody, FakeSkills({}))
    (result,) = run_embedded_tests(open_main(MAIN + tests), perform, now=STARTED_AT)
    assert result.outcome is TestOutcome.PASSED
    assert result.reached == {"first", "inner", "last"}
