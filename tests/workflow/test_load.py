"""Loading: what a `Workflow` holds, and that it keeps what it was parsed from."""

from dataclasses import replace

import pytest

from tests.builders import AGENTS, make_reader, make_workflow
from workflow import (
    SideEffects,
    SpecError,
    compile_program,
    parse_patch,
    parse_workflow,
    patch_workflow,
)

SKILLS = {
    "skills/orders.py": (
        "@skill(side_effects='effect')\ndef refund(data): ...\n\ndef undeclared(data): ...\n"
    )
}


def test_a_step_knows_what_it_runs_and_what_running_it_again_may_do() -> None:
    workflow = make_workflow(
        """
- {name: draft, uses: agents.writer}
- {name: clean, uses: flujo.text.normalise}
- {name: get, agent: {id: flujo.http.get}}
- {name: refund, uses: skills.orders:refund}
- {name: other, uses: skills.orders:undeclared}
""",
        files=SKILLS,
    )
    assert [(node.uses, node.model, node.side_effects) for node in workflow.nodes] == [
        ("agents.writer", "sim:large", SideEffects.IDEMPOTENT),
        ("flujo.text.normalise", "", SideEffects.PURE),
        ("flujo.http.get", "", SideEffects.IDEMPOTENT),
        ("skills.orders:refund", "", SideEffects.EFFECT),
        ("skills.orders:undeclared", "", SideEffects.UNKNOWN),
    ]


def test_a_step_is_found_by_its_identity() -> None:
    workflow = make_workflow("- {name: a/b, uses: flujo.value.pass}")
    node = workflow.node("a~1b")
    assert node is not None
    assert node.name == "a/b"
    assert workflow.node("a/b") is None


def test_a_workflow_without_a_name_is_called_by_its_path() -> None:
    assert make_workflow(path="flows/x.yaml").name == "flows/x.yaml"
    assert make_workflow(rest="name: triage\n").name == "triage"


def test_what_runs_is_the_prompt_that_was_hashed_whatever_becomes_of_the_file() -> None:
    files = {"reply.md": "Be kind to {{ company }}."}
    agents = "agents: {writer: {model: m, system_prompt: {from_file: reply.md, variables: {company: Acme}}}}\n"
    workflow = parse_workflow(
        agents + "steps: [{name: draft, uses: agents.writer}]", read=make_reader(files)
    )
    files["reply.md"] = "Be rude."
    plan = compile_program(workflow).plans[0]
    assert plan.system_prompt == "Be kind to Acme."


def test_a_patch_leads_to_a_version_of_its_own_read_the_same_way() -> None:
    before = make_workflow("- {name: refund, uses: skills.orders:refund} # keep me", files=SKILLS)
    patch = parse_patch([{"op": "add", "path": "/steps/0/config", "value": {"timeout_s": 5}}])
    after = patch_workflow(before, patch)
    assert "# keep me" in after.text
    assert after.spec_sha256 != before.spec_sha256
    assert after.path == before.path
    assert after.nodes[0].side_effects is SideEffects.EFFECT


def test_a_patch_that_leads_to_no_valid_spec_is_refused() -> None:
    patch = parse_patch([{"op": "replace", "path": "/steps/0/uses", "value": "agents.nobody"}])
    with pytest.raises(SpecError, match="dangling-agent"):
        patch_workflow(make_workflow(), patch)


def test_a_workflow_can_not_be_changed() -> None:
    workflow = make_workflow()
    with pytest.raises(AttributeError):
        workflow.text = ""  # type: ignore[misc]
    assert replace(workflow, path="elsewhere").spec_sha256 == workflow.spec_sha256


def test_crlf_and_a_byte_order_mark_change_no_identity() -> None:
    text = AGENTS + "steps:\n  - {name: draft, uses: agents.writer}\n"
    plain = parse_workflow(text).spec_sha256
    assert parse_workflow("\ufeff" + text).spec_sha256 == plain
    assert parse_workflow(text.replace("\n", "\r\n")).spec_sha256 == plain
