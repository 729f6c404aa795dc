"""Patches that no knob holds, through the whole way from runs to proposals."""

from random import Random

import pytest

from app.proposal import Proposal
from app.use_cases.suggest import Suggestions, suggest
from meta_agent import History, Verdict
from telemetry import Attempt, ErrorClass, Run
from tests.app.sweeping import Ran, grist_of
from tests.meta_agent.builders import MakeAttempt, ask, attempt, make_runs, make_workflow
from tests.meta_agent.fallbacks import make_fallback_runs, make_fallback_workflow
from trust_tiers import RiskTier
from workflow import Workflow, parse_workflow


def _ask(fails: float, usd: float) -> MakeAttempt:
    def ask_once(random: Random, number: int) -> Attempt:
        kind = ErrorClass.INVALID_OUTPUT if random.random() < fails else ErrorClass.NONE
        return attempt(number, error_class=kind, cost_usd=usd)

    return ask_once


def _suggest(workflow: Workflow, runs: list[Run], history: History | None = None) -> Suggestions:
    return suggest(
        workflow, runs, (), settings=grist_of(Ran()).suggesting, history=history or History()
    )


def _only(found: Suggestions, patch_class: str) -> Proposal:
    [proposal] = [one for one in found.proposals if one.candidate.patch_class == patch_class]
    return proposal


def test_a_fallback_first_is_for_a_person_and_says_what_it_saves() -> None:
    workflow = make_fallback_workflow()
    runs = make_fallback_runs(workflow, 300, ask=_ask(0.8, 0.02), backup=_ask(0.02, 0.01))
    proposal = _only(_suggest(workflow, runs), "fallback_first")
    assert proposal.decision.tier is RiskTier.HIGH
    assert proposal.evidence.verdict is Verdict.CANT_TELL
    assert proposal.roi is not None
    assert proposal.roi.gains.money.low > 0
    assert "runs re-enacted from telemetry alone" in proposal.roi.basis


def test_a_way_back_is_worth_what_the_version_before_did_better() -> None:
    before, after = make_workflow(), make_workflow(lookup_config="{backoff_s: 1}")
    earlier = make_runs(before, 200, draft=ask("sim:large", usd_per_token=1e-5))
    now = make_runs(after, 200, draft=ask("sim:large", usd_per_token=2e-5), seed=1)
    found = _suggest(after, now, History(previous=before, runs=(*earlier, *now)))
    proposal = _only(found, "revert")
    assert proposal.decision.tier is RiskTier.HIGH
    assert proposal.guarded.after.spec_sha256 == before.spec_sha256
    assert proposal.roi is not None
    # 0.02 × 400 tokens in and four times 100 out: 0.008 USD a run, at 3,000 runs a month.
    assert proposal.roi.gains.money.mid == pytest.approx(3_000 * 0.008, rel=0.1)


def test_a_description_is_low_risk() -> None:
    text = make_workflow().text
    for step in ("classify", "draft"):
        text = text.replace(f"  - name: {step}\n", f"  - name: {step}\n    description: Does it.\n")
    workflow = parse_workflow(text, path="triage.flow.yaml")
    proposal = _only(_suggest(workflow, make_runs(workflow, 40)), "documentation")
    assert proposal.decision.tier is RiskTier.LOW
    assert [change.pointer for change in proposal.guarded.changes] == ["/steps/1/description"]


def test_drift_is_told_in_a_note() -> None:
    workflow, stranger = make_workflow(), make_workflow(lookup_config="{backoff_s: 9}")
    strays = make_runs(stranger, 10)
    history = History(known=frozenset({workflow.spec_sha256}), runs=tuple(strays))
    for mine in ([], make_runs(workflow, 40)):
        notes = _suggest(workflow, [*mine, *strays], history).notes
        assert any(
            "10 of 10 runs are of a version the default branch never held" in n for n in notes
        )
