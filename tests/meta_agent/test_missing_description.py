"""Steps without a description, and texts that say no more than the spec."""

import pytest

from meta_agent import Candidate, ProposerSettings, detect, propose
from tests.meta_agent.builders import make_runs
from trust_tiers import RiskTier, TierLimits, classify
from workflow import Workflow, parse_workflow, patch_workflow

_SPEC = """\
version: "0.1"
name: triage
agents:
  writer: {{model: "sim:large", system_prompt: "Write."}}
steps:
  - {{name: classify, uses: flujo.text.count{0}}}
  - {{name: lookup, uses: {3}{1}}}
  - {{name: draft, uses: agents.writer{2}}}
"""
_TEXT = ", description: Does it."


def _make(first: bool, second: bool, third: bool, uses: str = "flujo.http.get") -> Workflow:
    described = [_TEXT if one else "" for one in (first, second, third)]
    return parse_workflow(_SPEC.format(*described, uses), path="triage.flow.yaml")


def _find(workflow: Workflow, runs: int = 3) -> list[str]:
    found = detect(make_runs(workflow, runs), workflow)
    return [one.step_id for one in found if one.kind == "missing_description"]


def _propose(workflow: Workflow) -> list[Candidate]:
    runs = make_runs(workflow, 3)
    return [
        candidate
        for found in detect(runs, workflow)
        if found.kind == "missing_description"
        for candidate in propose(found, workflow, runs, ProposerSettings())
    ]


def test_the_one_step_that_isnt_described_is_found() -> None:
    assert _find(_make(True, False, True)) == ["lookup"]


@pytest.mark.parametrize("described", [(True, True, True), (True, False, False), (False,) * 3])
def test_where_it_isnt_the_custom_no_description_is_missing(
    described: tuple[bool, bool, bool],
) -> None:
    assert _find(_make(*described)) == []


def test_a_workflow_that_never_ran_is_left_alone() -> None:
    assert _find(_make(True, False, True), runs=0) == []


def test_the_text_says_what_the_spec_says_and_is_low_risk() -> None:
    workflow = _make(True, False, True)
    [candidate] = _propose(workflow)
    [operation] = candidate.patch.operations
    assert operation.path == "/steps/1/description"
    assert operation.value == (
        "Calls flujo.http.get. Runs after classify. It may be repeated without harm."
    )
    after = patch_workflow(workflow, candidate.patch)
    assert classify(workflow, after, TierLimits()).tier is RiskTier.LOW


def test_a_built_in_skill_is_described_in_its_own_words() -> None:
    [candidate] = _propose(_make(False, True, True))
    text = str(candidate.patch.operations[0].value)
    assert text.endswith("(flujo.text.count). It has no side effects.")


def test_a_step_that_asks_a_model_gets_no_text_because_a_model_may_read_it() -> None:
    workflow = _make(True, True, False)
    assert _find(workflow) == ["draft"]
    assert _propose(workflow) == []


def test_a_skill_of_the_users_own_is_named_and_nothing_is_made_up() -> None:
    [candidate] = _propose(_make(True, False, True, uses="skills.orders:charge"))
    assert candidate.patch.operations[0].value == (
        "Calls skills.orders:charge. Runs after classify. Its side effects aren't declared."
    )
