import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import pytest
from pydantic import JsonValue

from policy_dsl import Policy, lint_policies
from workflow import (
    RESULT_NAMES,
    AgentReply,
    RunResult,
    SpecError,
    VirtualTimeLoop,
    WorkflowSpec,
    compile_program,
    parse_policies,
    parse_workflow,
    policies_in_force,
    run_program,
)
from workflow.engine import Call
from workflow.governance.packs import PACKS, load_pack

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def run(
    output: JsonValue,
    *packs: str,
    cost_usd: str = "0",
    policies: list[dict[str, str]] | None = None,
    organisation: tuple[Policy, ...] = (),
    overrides: dict[str, str] | None = None,
) -> RunResult:
    async def answer(_: Call) -> AgentReply:
        return AgentReply(output, "fake", cost_usd=Decimal(cost_usd))

    document = {
        "agents": {"a": {"model": "sim:small"}},
        "steps": [{"name": "ask", "uses": "agents.a"}],
        "policy_packs": packs,
        "policies": policies or [],
    }
    program = compile_program(parse_workflow(json.dumps(document)), organisation=organisation)
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(
            run_program(
                program, None, perform=answer, run_id="r", started_at=NOW, overrides=overrides
            )
        )


def violated(result: RunResult) -> list[str]:
    return [found.policy_id for found in result.violations]


def test_a_spec_may_name_every_pack_there_is_and_no_other() -> None:
    annotation = WorkflowSpec.model_fields["policy_packs"].annotation
    names = get_args(get_args(annotation)[0])
    assert names == PACKS
    with pytest.raises(SpecError, match="'cost-ceilings' or 'pii'"):
        run("x", "pi")


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_is_free_of_findings_and_its_ids_bear_its_name(name: str) -> None:
    policies = load_pack(name)
    assert lint_policies(policies, RESULT_NAMES) == ()
    assert all(policy.id.startswith(f"{name}/") for policy in policies)
    assert all(policy.message for policy in policies)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("all is well", []),
        ("pay to DE89 3704 0044 0532 0130 00", ["pii/payment"]),
        ("call +49 30 901820", ["pii/contact"]),
        ({"to": "ada@example-shop.com", "card": 4111111111111111}, ["pii/payment", "pii/contact"]),
        ("x" * 100_001, ["pii/unscanned"]),
    ],
)
def test_the_pii_pack_fails_a_run_whose_output_holds_personal_data(
    output: JsonValue, expected: list[str]
) -> None:
    result = run(output, "pii")
    assert violated(result) == expected
    assert result.succeeded is (not expected)
    assert "DE89" not in result.error


def test_a_contact_may_pass_with_a_reason_and_a_card_may_not() -> None:
    reasons = {"pii/contact": "a directory", "pii/payment": "please"}
    passed = run("call +49 30 901820", "pii", overrides=reasons)
    assert passed.succeeded
    assert passed.overridden == {"pii/contact": "a directory"}
    assert violated(passed) == ["pii/contact"]
    assert not run("4111 1111 1111 1111", "pii", overrides=reasons).succeeded


@pytest.mark.parametrize(
    ("cost_usd", "expected"),
    [
        ("0.50", []),
        ("0.51", ["cost-ceilings/step"]),
        ("1.01", ["cost-ceilings/run", "cost-ceilings/step"]),
    ],
)
def test_the_cost_pack_stops_a_dear_run_and_warns_of_a_dear_step(
    cost_usd: str, expected: list[str]
) -> None:
    result = run("x", "cost-ceilings", cost_usd=cost_usd)
    assert violated(result) == expected
    assert result.succeeded is ("cost-ceilings/run" not in expected)


def test_a_spec_may_tighten_a_pack_but_not_loosen_it() -> None:
    def own(limit: str) -> list[dict[str, str]]:
        rule = {"id": "cost-ceilings/run", "assert": f"result.total_cost_usd <= {limit}"}
        return [{**rule, "enforcement": "soft-mandatory"}]

    assert not run("x", "cost-ceilings", cost_usd="0.3", policies=own("0.20")).succeeded
    assert not run("x", "cost-ceilings", cost_usd="1.5", policies=own("9.00")).succeeded


def test_an_organisation_stands_above_packs_and_specs() -> None:
    strict = Policy.model_validate({"id": "calm", "assert": "'!' not in result.output"})
    loose = [{"id": "calm", "assert": "true", "action": "WARN", "enforcement": "advisory"}]
    result = run("hey!", policies=loose, organisation=(strict,))
    assert not result.succeeded
    spec = parse_workflow(
        json.dumps({"steps": [{"name": "a", "uses": "flujo.value.pass"}], "policy_packs": ["pii"]})
    ).spec
    ids = [policy.id for policy in policies_in_force(spec, (strict,))]
    assert ids == ["calm", *(policy.id for policy in load_pack("pii"))]


def test_an_assertion_may_ask_for_personal_data_too() -> None:
    facts = {"id": "own", "assert": "result.pii == ['email']"}
    assert run("ada@example-shop.com", policies=[facts]).succeeded


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[]", (1, 1), "a mapping with `policies:`"),
        ("policies:\n  - {id: a}\n", (2, 5), "policies.0.assert: Field required"),
        ("policies: []\nmore: 1\n", (2, 1), "more: Extra inputs"),
        ("policies:\n  - {id: a, assert: resul.x == 1}\n", (2, 13), "unknown name 'resul'"),
        ("policies:\n  - {id: a, assert: 1 +}\n", (2, 13), "policies.0.assert"),
        ("policies:\n  - {id: a, assert: 'true'}\n  - {id: a, assert: 'true'}\n", (3, 6), "second"),
        ("policies:\n  - {id: a, assert: tier == result.output}\n", (2, 5), "together"),
        ("policies: [", (1, 12), "not YAML"),
    ],
)
def test_a_bad_file_of_policies_is_an_error_with_its_place(
    text: str, place: tuple[int, int], reason: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse_policies(text, path="org.yaml")
    first = caught.value.diagnostics[0]
    assert reason in first.message
    assert first.path == "org.yaml"
    assert (first.line, first.column) == place
