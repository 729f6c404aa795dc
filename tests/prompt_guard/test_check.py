"""The whole guard: what it lets through, and what it refuses and why."""

from dataclasses import replace
from typing import Any

import pytest

from prompt_guard import (
    GuardedPatch,
    Plan,
    Rejection,
    RejectionReason,
    check_patch,
    explain_to_model,
    plan_for,
)
from prompt_guard.inside_plan import find_breach
from tests.prompt_guard.specs import PLANNED, SPEC, make_plan, op, parse
from workflow import diff_workflows, parse_patch

R = RejectionReason
FETCH, DRAFT, ROUTE, SEND = "/steps/0", "/steps/1", "/steps/2", "/steps/3"
INNER = f"{ROUTE}/branches/branch-name/0"


def refuse(*operations: object, planned: bool = False, **options: Any) -> Rejection:
    workflow = parse()
    plan = make_plan(workflow) if planned else None
    checked = check_patch(workflow, list(operations), plan=plan, **options)
    assert isinstance(checked, Rejection), checked
    return checked


def accept(*operations: object, planned: bool = False) -> GuardedPatch:
    workflow = parse()
    plan = make_plan(workflow) if planned else None
    checked = check_patch(workflow, list(operations), plan=plan)
    assert isinstance(checked, GuardedPatch), checked
    return checked


def test_a_good_patch_comes_with_the_version_it_leads_to_and_its_changes() -> None:
    guarded = accept(op("add", f"{FETCH}/config", {"max_retries": 2}), planned=True)
    node = guarded.after.node("fetch-name")
    assert node is not None
    assert node.raw["config"] == {"max_retries": 2}
    assert [change.subject.id for change in guarded.changes] == ["fetch-name"]
    assert "# comment-words" in guarded.after.text


@pytest.mark.parametrize(
    "operation",
    [
        op("add", f"{FETCH}/config", {"max_retries": 2, "timeout_s": 9, "backoff_s": 0.5}),
        op("replace", f"{DRAFT}/config/timeout_s", 30),
        op("remove", f"{DRAFT}/config"),
        op("add", f"{DRAFT}/config/max_tokens", 300),
        op("add", f"{DRAFT}/validators", ["flujo.check.length"]),
        op("replace", "/agents/writer-name/model", "sim:small"),
        op("replace", "/agents/writer-name/model_settings/max_tokens", 400),
        op("add", f"{INNER}/config", {"max_retries": 1}),
    ],
)
def test_fields_of_the_plan_may_be_changed(operation: dict[str, object]) -> None:
    accept(operation, planned=True)


@pytest.mark.parametrize(
    "operation",
    [
        op("add", f"{ROUTE}/branches/other-name/0/config", {"max_retries": 1}),
        op("add", f"{ROUTE}/config", {"timeout_s": 9}),
        op("replace", f"{FETCH}/uses", "skills:spare"),
        op("replace", f"{FETCH}/name", "other"),
        op("add", f"{FETCH}/description", "Obey."),
        op("add", f"{FETCH}/meta", {"doc": "Obey."}),
        op("replace", "/agents/writer-name/system_prompt", "Obey."),
        op("replace", "/agents/writer-name/description", "Obey."),
        op("replace", "/agents/shared/model", "sim:small"),
        op("replace", "/agents/writer-name/model", "evil:large"),
        op("add", "/agents/writer-name/timeout", 9),
        op("add", "/agents/spy", {"model": "sim:small"}),
        op("remove", FETCH),
        op("replace", FETCH, {"name": "fetch-name", "uses": "skills:spare"}),
        op("add", f"{FETCH}/fallback", {"name": "spare", "uses": "skills:spare"}),
        op("add", "/steps/0", {"name": "new", "uses": "skills:spare"}),
        op("add", "/steps/-", {"name": "new", "uses": "skills:spare"}),
        op("move", "/steps/1", **{"from": "/steps/0"}),
        op("replace", "/policies", []),
        op("replace", "/policies/0/action", "WARN"),
        op("remove", "/tests/0"),
        op("replace", "/tests", []),
        op("add", "/score", "skills:spare"),
        op("replace", "/description", "Obey."),
        op("add", "/imports", {"other": "other.yaml"}),
        op("replace", "/steps", []),
        op("add", "/secrets", {}),
    ],
)
def test_nothing_else_may_be_changed_under_a_plan(operation: dict[str, object]) -> None:
    assert refuse(operation, planned=True).reason is R.OUTSIDE_PLAN


def test_a_test_operation_may_not_look_outside_the_plan_either() -> None:
    looking = op("test", "/agents/writer-name/system_prompt", "prompt-words")
    tuning = op("add", f"{FETCH}/config", {"max_retries": 2})
    rejection = refuse(tuning, looking, planned=True)
    assert (rejection.reason, rejection.index) == (R.OUTSIDE_PLAN, 1)


def test_a_source_outside_the_plan_may_not_be_moved_in() -> None:
    moved = op("move", f"{FETCH}/config", **{"from": "/agents/writer-name/system_prompt"})
    assert refuse(moved, planned=True).reason is R.OUTSIDE_PLAN


def test_a_path_that_only_starts_like_a_planned_one_is_outside() -> None:
    assert refuse(op("add", f"{FETCH}/configuration", {}), planned=True).reason is R.OUTSIDE_PLAN
    assert refuse(op("add", "/steps/00", {}), planned=True).reason is R.FORBIDDEN_PATH


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", "/steps/9/config/max_retries", 2),
        op("add", "/steps/4/config", {"max_retries": 2}),
        op("remove", "/steps/4"),
        op("replace", f"{ROUTE}/branches/missing/0/config", {}),
        op("add", f"{ROUTE}/branches/branch-name/4/config", {}),
        op("move", "/steps/0/config", **{"from": "/steps/9/config"}),
        op("replace", f"{DRAFT}/input", "{{ steps.missing.output }}"),
    ],
)
def test_a_patch_that_names_a_missing_step_is_refused(operation: dict[str, object]) -> None:
    assert refuse(operation).reason is R.UNKNOWN_STEP


def test_a_step_that_an_earlier_operation_removed_is_missing() -> None:
    rejection = refuse(op("remove", SEND), op("add", f"{SEND}/config", {"timeout_s": 3}))
    assert (rejection.reason, rejection.index) == (R.UNKNOWN_STEP, 1)


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", f"{FETCH}/config/max_retries", 2),
        op("test", f"{DRAFT}/config/timeout_s", 61),
        op("test", f"{DRAFT}/config/timeout_s", True),
        op("remove", f"{FETCH}/config"),
        op("add", "/agents/missing/model", "sim:small"),
    ],
)
def test_a_patch_that_does_not_apply_is_refused(operation: dict[str, object]) -> None:
    assert refuse(operation).reason is R.DOES_NOT_APPLY


@pytest.mark.parametrize(
    "operation",
    [
        op("add", f"{FETCH}/config", {"max_retries": "two"}),
        op("add", f"{FETCH}/config", {"max_retries": True}),
        op("add", f"{FETCH}/config", {"retries": 2}),
        op("add", f"{FETCH}/config", {"timeout_s": -1}),
        op("add", f"{FETCH}/kind", "daemon"),
        op("replace", f"{FETCH}/uses", "agents.missing"),
        op("replace", f"{DRAFT}/name", "fetch-name"),
        op("replace", "/steps", []),
        op("add", "/secrets", {}),
    ],
)
def test_a_patch_to_an_invalid_workflow_is_refused(operation: dict[str, object]) -> None:
    assert refuse(operation).reason is R.INVALID_WORKFLOW


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", f"{FETCH}/uses", "skills:missing"),
        op("replace", f"{FETCH}/uses", "other:fetch"),
        op("replace", f"{FETCH}/uses", "skills:undeclared"),
        op("replace", f"{FETCH}/uses", "flujo.shell.run"),
        op("replace", f"{FETCH}/uses", "app.cli:main"),
        op("add", f"{DRAFT}/validators", ["skills:missing"]),
        op("add", f"{DRAFT}/validators", ["skills:spare"]),
        op("add", f"{DRAFT}/validators", [{"id": "flujo.check.nothing"}]),
        op("add", f"{DRAFT}/validators", ["skills:send"]),
        op("add", "/score", "skills:spare"),
        op(
            "add",
            "/steps/-",
            {"kind": "agentic_loop", "name": "n", "planner": "os:system", "registry": {}},
        ),
        op(
            "add",
            "/steps/-",
            {
                "kind": "tree_search",
                "name": "n",
                "proposer": {"id": ["os:system"]},
                "evaluator": "agents.shared",
            },
        ),
        op(
            "add",
            "/steps/-",
            {
                "kind": "loop",
                "name": "n",
                "loop": {
                    "body": [{"name": "b", "uses": "skills:fetch"}],
                    "exit_condition": "skills:undeclared",
                },
            },
        ),
    ],
)
def test_a_skill_nobody_registered_is_refused(operation: dict[str, object]) -> None:
    assert refuse(operation).reason is R.UNKNOWN_SKILL


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", f"{FETCH}/uses", "skills:spare"),
        op("replace", f"{FETCH}/uses", "flujo.value.pass"),
        op("replace", f"{FETCH}/uses", "agents.shared"),
        op("add", f"{DRAFT}/validators", ["flujo.check.length", "skills:fetch"]),
        op("add", "/score", "skills:fetch"),
        op("add", "/score", "draft-name"),
        op(
            "add",
            "/steps/-",
            {
                "kind": "agentic_loop",
                "name": "n",
                "planner": "agents.shared",
                "registry": {"look": "skills:fetch"},
            },
        ),
    ],
)
def test_known_and_registered_skills_pass_without_a_plan(operation: dict[str, object]) -> None:
    accept(operation)


def test_a_patch_without_effect_is_refused() -> None:
    rejection = refuse(op("replace", f"{DRAFT}/config/timeout_s", 60))
    assert rejection.reason is R.NO_EFFECT
    assert refuse(op("test", f"{DRAFT}/config/timeout_s", 60)).reason is R.NO_EFFECT


@pytest.mark.parametrize(
    "text",
    [
        "sk-abcdefghijklmnopqrstuvwx",
        "ghp_abcdefghijklmnopqrstuvwxyz0123",
        "github_pat_abcdefghijklmnopqrstuvw",
        "AKIAABCDEFGHIJKLMNOP",
        "xoxb-1234567890-abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx",
        "-----BEGIN RSA PRIVATE KEY-----",
        "${{ secrets.TOKEN }}",
        "{{ env.HOME }}",
        "{{secrets.KEY}}",
        "$OPENAI_API_KEY",
        "${PATH}",
        "os.environ",
        "file:///etc/passwd",
        "/proc/self/environ",
        "https://user:password@example.com",
        "aB3" * 20,
    ],
)
def test_values_that_look_like_secrets_or_reach_for_them_are_refused(text: str) -> None:
    assert refuse(op("replace", f"{DRAFT}/input", f"x {text} y")).reason is R.SECRET
    assert refuse(op("add", f"{DRAFT}/meta", {"a": [{text: 1}]})).reason is R.SECRET


@pytest.mark.parametrize(
    "text",
    [
        "Answer in at most three sentences; cost $5 or less.",
        "{{ context.environment }}",
        "the task-oriented sketch",
        "a" * 64,
        "https://example.com/path?query=1",
        "0123456789012345678901234567890123456789",
    ],
)
def test_ordinary_words_are_not_taken_for_secrets(text: str) -> None:
    accept(op("replace", f"{DRAFT}/input", text))


def test_text_copied_from_a_slot_is_recognised_by_its_canary() -> None:
    operation = op("replace", f"{DRAFT}/input", "as told: Canary1234567890x.")
    assert refuse(operation, canaries=["Canary1234567890x"]).reason is R.SECRET
    accept(operation)


def test_a_plan_for_another_version_or_file_is_stale() -> None:
    workflow = parse()
    patch = [op("add", f"{FETCH}/config", {"max_retries": 2})]
    for plan in (
        replace(make_plan(workflow), spec_sha256="0" * 64),
        replace(make_plan(workflow), spec_path="other.yaml"),
        make_plan(parse(SPEC.replace("prompt-words", "other words"))),
    ):
        checked = check_patch(workflow, patch, plan=plan)
        assert isinstance(checked, Rejection)
        assert checked.reason is R.STALE_PLAN


def test_a_plan_bounds_the_number_of_operations() -> None:
    workflow = parse()
    plan = make_plan(workflow, max_operations=2)
    locked = [
        op("test", f"{DRAFT}/config/timeout_s", 60),
        op("replace", f"{DRAFT}/config/timeout_s", 30),
    ]
    assert isinstance(check_patch(workflow, locked, plan=plan), GuardedPatch)
    longer = check_patch(
        workflow, [*locked, op("test", f"{DRAFT}/config/timeout_s", 30)], plan=plan
    )
    assert isinstance(longer, Rejection)
    assert longer.reason is R.TOO_MANY_OPERATIONS


def test_a_plan_takes_an_agent_only_with_all_its_steps() -> None:
    workflow = parse()
    both = (*PLANNED, "route-name/other-name/inner-name")
    assert plan_for(workflow, PLANNED).agents == ("writer-name",)
    assert plan_for(workflow, both).agents == ("writer-name", "shared")
    assert plan_for(workflow, ["missing"]).step_ids == ()


def test_an_empty_plan_lets_nothing_through() -> None:
    workflow = parse()
    plan = Plan(workflow.path, workflow.spec_sha256)
    checked = check_patch(workflow, [op("add", f"{FETCH}/config", {"max_retries": 2})], plan=plan)
    assert isinstance(checked, Rejection)
    assert checked.reason is R.OUTSIDE_PLAN


def test_a_planned_step_that_is_gone_is_no_hole() -> None:
    workflow = parse()
    plan = replace(make_plan(workflow), step_ids=("gone",), agents=())
    checked = check_patch(workflow, [op("add", f"{FETCH}/config", {"max_retries": 2})], plan=plan)
    assert isinstance(checked, Rejection)


@pytest.mark.parametrize("reason", list(RejectionReason))
def test_what_goes_back_to_a_model_names_reason_and_place_but_nothing_of_the_spec(
    reason: RejectionReason,
) -> None:
    rejection = Rejection(reason, 3, "prompt-words")
    told = explain_to_model(rejection)
    assert told.startswith(f"operation 3: {reason.value}: ")
    assert "prompt-words" not in told
    assert explain_to_model(Rejection(reason)).startswith("the patch: ")


def test_a_part_of_the_file_that_stands_for_two_is_not_edited() -> None:
    shared = SPEC.replace("config: {timeout_s: 60}", "config: &c {timeout_s: 60}").replace(
        "uses: skills:send", "uses: skills:send\n    config: *c"
    )
    checked = check_patch(parse(shared), [op("replace", f"{DRAFT}/config/timeout_s", 30)])
    assert isinstance(checked, Rejection)
    assert checked.reason is R.DOES_NOT_APPLY


@pytest.mark.parametrize(
    ("old", "new", "planned"),
    [
        ("timeout_s: 60", "timeout_s: 30", True),
        ("timeout_s: 60", "temperature: 0.5", True),
        ("max_tokens: 800", "max_tokens: 400", True),
        ("model: sim:large\n    system", "model: sim:small\n    system", True),
        ("model: sim:large\n    system", "model: evil:large\n    system", False),
        ("shared:\n    model: sim:large", "shared:\n    model: sim:small", False),
        ("other-name:\n        - {", "other-name:\n        - {config: {max_retries: 1}, ", False),
        ("prompt-words", "other words", False),
        ("step-words", "other words", False),
        ("description-words", "other words", False),
        ("test-words", "other words", False),
        ("action: FAIL_RUN", "action: WARN", False),
        ("  - name: send-name\n    uses: skills:send\n", "", False),
        ("name: send-name", "name: sent-name", False),
    ],
)
def test_what_a_patch_changes_is_held_to_the_plan_wherever_it_points(
    old: str, new: str, planned: bool
) -> None:
    before = parse()
    changes = diff_workflows(before, parse(SPEC.replace(old, new)))
    patch = parse_patch([op("add", f"{FETCH}/config", {}), op("remove", f"{DRAFT}/config")])
    assert changes
    assert (find_breach(changes, patch, make_plan(before)) is None) is planned


def test_a_breach_names_the_operation_that_points_at_it_if_one_does() -> None:
    before = parse()
    changes = diff_workflows(before, parse(SPEC.replace("uses: skills:fetch", "uses: skills:send")))
    pointing = parse_patch([op("remove", f"{DRAFT}/config"), op("replace", f"{FETCH}/uses", "x")])
    elsewhere = parse_patch([op("remove", f"{DRAFT}/config")])
    plan = make_plan(before)
    found = [find_breach(changes, patch, plan) for patch in (pointing, elsewhere)]
    assert [breach.index for breach in found if breach] == [1, -1]
