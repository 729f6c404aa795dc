"""Compiling: what can be run is ready, what can't is refused by name, line and reason."""

import pytest

from tests.builders import make_program, make_workflow
from workflow import NotExecutableError, compile_program

INNER = "{name: inner, uses: flujo.value.pass}"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("kind: agentic_loop, planner: agents.writer, registry: {}", "steps of kind 'agentic_loop'"),
        ("kind: tree_search, proposer: agents.writer, evaluator: agents.reader", "steps of kind 'tree_search'"),
        (f"kind: conditional, condition: a:b, branches: {{a: {INNER}}}", "`condition:` functions"),
        (f"kind: loop, loop: {{exit_condition: a:b, body: [{INNER}]}}", "`exit_condition:` functions"),
        ("kind: hitl, usage_limits: {total_tokens_limit: 1}", "`usage_limits` on a hitl"),
        (f"kind: parallel, usage_limits: {{total_tokens_limit: 1}}, branches: {{a: {INNER}}}", "`usage_limits`"),
    ],
)  # fmt: skip
def test_what_is_not_run_is_refused_by_line_and_name(fields: str, told: str) -> None:
    steps = f"- {{name: a, uses: flujo.value.pass}}\n- {{name: b, {fields}}}"
    workflow = make_workflow(steps, files={"a.py": "def b(x): ..."})
    with pytest.raises(NotExecutableError) as refused:
        compile_program(workflow)
    line = workflow.nodes[1].line
    assert str(refused.value).startswith(f"flow.yaml:{line}: step 'b': {told}")
    assert "can be reviewed and patched, not run yet" in str(refused.value)


def test_leaves_are_all_that_asks_or_calls_fallbacks_and_scorer_included() -> None:
    steps = f"""
- {{name: a, uses: agents.writer, fallback: {{name: f, uses: flujo.value.pass}}}}
- {{kind: loop, name: l, loop: {{body: [{INNER}]}}}}
- {{kind: map, name: m, map: {{iterable_input: [], body: [{INNER}]}}}}
- {{kind: parallel, name: p, branches: {{x: [{INNER}]}}}}
- {{kind: conditional, name: c, condition_expression: "'x'", branches: {{x: {{steps: [{INNER}]}}}}}}
"""
    program = make_program(steps, rest="score: flujo.check:x\n")
    assert set(program.leaves) == {
        "a",
        "a/f",
        "l/inner",
        "m/inner",
        "p/x/inner",
        "c/x/inner",
        "/score",
    }
    assert [plan.node.step_id for plan in program.plans] == ["a", "l", "m", "p", "c"]


@pytest.mark.parametrize(
    ("prompt", "variables", "filled"),
    [
        ("Hi {{ name }} and {{name}}.", "{name: Ada}", "Hi Ada and Ada."),
        ("Hi {{ other }}.", "{name: Ada}", "Hi {{ other }}."),
        ("{{ a }}", '{a: "{{ b }}", b: x}', "{{ b }}"),
        ("{{ a }} {{ b }}", "{a: true, b: {x: 1}}", 'true {"x":1}'),
        ("{{ a.b }}", "{a.b: 1}", "1"),
    ],
)
def test_a_prompt_file_s_variables_are_put_in_once(
    prompt: str, variables: str, filled: str
) -> None:
    agents = (
        f"agents: {{w: {{model: m, system_prompt: {{from_file: p.md, variables: {variables}}}}}}}\n"
    )
    workflow = make_workflow("- {name: a, uses: agents.w}", agents=agents, files={"p.md": prompt})
    assert compile_program(workflow).leaves["a"].system_prompt == filled


def test_a_prompt_in_the_spec_is_taken_as_it_is_written() -> None:
    agents = 'agents: {w: {model: m, system_prompt: "Hi {{ name }}"}}\n'
    program = make_program("- {name: a, uses: agents.w}", agents=agents)
    assert program.leaves["a"].system_prompt == "Hi {{ name }}"
