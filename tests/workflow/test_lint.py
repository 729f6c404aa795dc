"""Every diagnostic of a spec: told at its exact place, and not told of a good spec; the cases are in `lint_cases`."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from policy_dsl import LintKind
from tests.builders import make_reader
from tests.workflow.any_workflow import documents, parse_any
from tests.workflow.random_workflows import programs
from workflow import Diagnostic, Program, Severity, SpecError, parse_workflow
from workflow.diagnostics.diagnostic_kinds import load_diagnostic_kinds

EXAMPLES = Path(__file__).parents[2] / "examples"

GOOD = """\
version: "0.1"
name: triage
agents:
  writer: {model: "sim:large", system_prompt: {from_file: prompts/reply.md, variables: {company: Acme}}}
  judge: {model: "sim:small", output_schema: {type: object}}
imports: {other: other.yaml}
steps:
  - {name: fetch, uses: skills.orders:fetch_order, input: "{{ context.id }}"}
  - {name: draft, uses: agents.writer, input: "{{ steps.fetch.output }}", validators: [flujo.check.length]}
  - kind: conditional
    name: route
    condition_expression: "steps.draft.output.kind"
    default_branch: a
    branches:
      a: [{name: one, uses: flujo.value.pass}]
      b: {name: two, uses: agents.judge}
      c: {steps: [{name: three, agent: {id: flujo.text.template, params: {text: "{{ this }}"}}}]}
  - {kind: loop, name: refine, loop: {body: [{name: again, uses: agents.writer}], exit_expression: "iteration > 2"}}
  - {kind: hitl, name: ask}
  - {kind: StateMachine, name: machine, start_state: s, states: {s: [{name: x, uses: flujo.value.pass}]}}
score: draft
policies: [{id: gate, when: result.success, assert: result.total_cost_usd < 1}]
tests:
  - {name: t, assertions: [result.success], mocks: {route/a/one: {output: 1}, draft: {error: timeout}}}
"""
FILES = {
    "prompts/reply.md": "Reply for {{ company }}.",
    "other.yaml": "steps: [{name: inner, uses: flujo.value.pass}]",
    "skills/orders.py": "@skill(side_effects='idempotent')\ndef fetch_order(data): ...\n",
    "skills/broken.py": "def f(:",
    "skills/typed.py": (
        "def lookup(data, count: int, mode: str = 'slow', *, context=None, db=None): ...\n"
        "def anything(data, **more): ...\n"
        "@rewrite\ndef wrapped(data): ...\n"
    ),
    "cycle.yaml": "imports: {me: cycle.yaml}\nsteps: []",
    "list.yaml": "[]",
    "sub/faulty.yaml": "steps:\n- {name: inner, uses: agents.x}\n",
    "deep.yaml": "imports: {i: sub/faulty.yaml}\nsteps: [{name: s, uses: flujo.value.pass}]\n",
    "bad.yaml": "a: [",
}
STEP = "steps: [{name: s, uses: flujo.value.pass}]\n"


def read_cases(name: str) -> list[tuple[str, str, str]]:
    """Return (id, spec, what is told) of each case in a file."""
    text = (Path(__file__).parent / "lint_cases" / name).read_text(encoding="utf-8")
    cases = []
    for block in text.split("### ")[1:]:
        head, _, spec = block.partition("\n")
        id_, _, told = head.partition(" | ")
        cases.append((id_.removesuffix(" |"), spec.removesuffix("\n"), told))
    return cases


ERRORS, WARNINGS = read_cases("errors.txt"), read_cases("warnings.txt")
GOOD_CASES = read_cases("good.txt")
RULES = {rule.id: rule for rule in load_diagnostic_kinds()}
# What the generators write on purpose, or without caring.
QUIRKS = {"no-effect", "constant-condition", "unreachable-branch", "yaml-ambiguous-key"}
SEEN_ELSEWHERE = {
    # The text's are in `test_yaml_text`, those of other readers in their own tests.
    *(id_ for id_ in RULES if id_.startswith("yaml-") and id_ != "yaml-ambiguous-key"),
    *("ignored-key", "invalid-policies", "no-price"),
}


def find(text: str) -> tuple[Diagnostic, ...]:
    try:
        return parse_workflow(text, path="w.yaml", read=make_reader(FILES)).warnings
    except SpecError as error:
        return error.diagnostics


def place_of_mark(marked: str) -> tuple[int, int]:
    before = marked.partition("▸")[0]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize(("id_", "marked", "told"), ERRORS)
def test_an_error_is_told_once_at_its_place(id_: str, marked: str, told: str) -> None:
    found = [one for one in find(marked.replace("▸", "")) if one.id == id_]
    assert [(one.line, one.column) for one in found] == [place_of_mark(marked)]
    assert told in str(found[0])
    assert found[0].severity is Severity.ERROR


@pytest.mark.parametrize(("id_", "marked", "told"), WARNINGS)
def test_a_warning_is_told_at_its_place_and_lets_the_spec_load(
    id_: str, marked: str, told: str
) -> None:
    found = parse_workflow(marked.replace("▸", ""), read=make_reader(FILES)).warnings
    assert [(one.id, one.line, one.column) for one in found] == [(id_, *place_of_mark(marked))]
    assert told in str(found[0])
    assert found[0].severity is Severity.WARNING


@pytest.mark.parametrize(("id_", "spec", "_"), GOOD_CASES)
def test_nothing_is_told_of_what_only_looks_like_a_mistake(id_: str, spec: str, _: str) -> None:
    assert id_ in RULES
    assert find(spec.replace("a:b", "skills.orders:fetch_order")) == ()


def test_nothing_is_told_of_a_good_spec() -> None:
    assert find(GOOD) == ()


def test_all_errors_are_told_at_once_in_the_order_of_the_text() -> None:
    text = "steps:\n- {name: a}\n- {name: b, uses: agents.x}\n- {name: a, uses: flujo.value.pass}\nscore: c\n"
    assert [found.id for found in find(text)] == [
        "nothing-to-run",
        "dangling-agent",
        "duplicate-name",
        "dangling-step",
    ]


def test_a_misshapen_step_does_not_make_its_list_look_empty() -> None:
    assert [found.id for found in find("steps: [{name: s, uses: a:b, x: 1}]")] == ["unknown-key"]


def test_an_error_reads_as_path_line_column_what_and_what_to_do() -> None:
    (found,) = find(STEP + "score: ss\n")
    assert str(found) == "w.yaml:2:1: no step 'ss'; did you mean 's'? [dangling-step]"


def test_imports_that_double_with_every_file_are_stopped() -> None:
    files = {f"{n}.yaml": f"imports: {{a: {n + 1}.yaml, b: {n + 1}.yaml}}\n" for n in range(6)}
    files["6.yaml"] = "steps: []"
    with pytest.raises(SpecError, match="more than 64 imports"):
        parse_workflow("imports: {i: 0.yaml}\n" + STEP, read=make_reader(files))


def test_many_policies_are_linted_one_by_one() -> None:
    policies = ", ".join(f"{{id: p{n}, assert: result.score > {n % 2}}}" for n in range(30))
    dead = "{id: dead, when: 'false', assert: result.success}"
    found = find(f"{STEP}policies: [{policies}, {dead}]")
    assert [one.id for one in found] == ["policy-dead"]


def test_of_one_check_two_hundred_findings_are_told() -> None:
    steps = [f"{{name: s{n}, uses: agents.a{n}}}" for n in range(300)]
    assert len(find(f"steps: [{', '.join(steps)}]")) == 200


def test_the_middle_of_a_very_long_message_is_left_out() -> None:
    branches = "branches: {x: {name: t, uses: flujo.value.pass}}"
    source = "(" * 5000
    (found,) = find(
        f"steps: [{{kind: conditional, name: c, condition_expression: '{source}', {branches}}}]"
    )
    assert found.id == "bad-expression"
    assert found.message.endswith("longer than 2,000 characters")
    assert len(found.message) < 700


@given(programs)
@settings(deadline=None, max_examples=50)
def test_no_program_that_runs_is_refused_or_warned_of_for_its_order(program: Program) -> None:
    told = {found.id for found in program.workflow.warnings}
    assert told <= QUIRKS


@given(documents)
@settings(deadline=None, max_examples=50)
def test_no_generated_spec_of_any_kind_is_refused(document: dict[str, object]) -> None:
    assert all(found.severity is Severity.WARNING for found in parse_any(document).warnings)


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("**/*.flow.yaml")), ids=lambda path: path.stem
)
def test_nothing_is_told_of_the_examples(path: Path) -> None:
    def read(relative: str) -> str:
        return (path.parent / relative).read_text(encoding="utf-8")

    assert parse_workflow(path.read_text(encoding="utf-8"), read=read).warnings == ()


def test_every_rule_has_a_case_and_every_case_a_rule_of_its_severity() -> None:
    errors, warnings = {id_ for id_, *_ in ERRORS}, {id_ for id_, *_ in WARNINGS}
    assert errors | warnings | SEEN_ELSEWHERE == set(RULES)
    assert {id_ for id_ in errors if RULES[id_].severity is not Severity.ERROR} == set()
    assert {id_ for id_ in warnings if RULES[id_].severity is not Severity.WARNING} == set()


def test_the_rules_name_exactly_the_diagnostics_of_the_code() -> None:
    folder = Path(__file__).parents[2] / "workflow"
    code = "\n".join(path.read_text("utf-8") for path in folder.glob("**/*.py"))
    made = re.findall(
        r"(?:Finding|Diagnostic|_Problem|refuse|_repeated)\(\s*(?:id=)?\"([a-z-]+)\"", code
    )
    computed = {f"policy-{kind}" for kind in LintKind if kind is not LintKind.INVALID}
    computed |= {id_ for id_, *_ in ERRORS if id_.startswith("dangling-")}
    named = set(re.findall(r"\"(yaml-[a-z-]+)\"", code)) | set(made)
    assert sorted(RULES) == sorted(named | computed)
