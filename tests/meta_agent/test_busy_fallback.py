"""Fallbacks that do the work, and cascades that are meant to."""

from random import Random

from meta_agent import Candidate, Opportunity, ProposerSettings, detect, propose
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import MakeAttempt, attempt
from tests.meta_agent.fallbacks import make_fallback_runs, make_fallback_workflow
from workflow import JsonPatch, Workflow, parse_workflow, patch_workflow

_PLAIN = ProposerSettings()


def _ask(fails: float, usd: float, latency_s: float = 1.0) -> MakeAttempt:
    def ask_once(random: Random, number: int) -> Attempt:
        kind = ErrorClass.INVALID_OUTPUT if random.random() < fails else ErrorClass.NONE
        return attempt(number, error_class=kind, latency_s=latency_s, cost_usd=usd)

    return ask_once


_DEAR_FAILURE = _ask(0.8, usd=0.02, latency_s=4)
_RELIABLE = _ask(0.01, usd=0.01)


def _find(runs: list[Run], workflow: Workflow) -> list[Opportunity]:
    return [found for found in detect(runs, workflow) if found.kind == "busy_fallback"]


def _propose(runs: list[Run], workflow: Workflow) -> list[Candidate]:
    [found] = _find(runs, workflow)
    return propose(found, workflow, runs, _PLAIN)


def test_a_fallback_that_runs_most_of_the_time_is_found() -> None:
    workflow = make_fallback_workflow()
    runs = make_fallback_runs(workflow, 200, ask=_DEAR_FAILURE, backup=_RELIABLE)
    [found] = _find(runs, workflow)
    assert (found.step_id, found.enough) == ("ask", True)
    assert 0.7 < found.numbers["fallback_share"] < 0.9
    assert found.numbers["fallback_share_low"] > 0.5
    assert found.numbers["fallback_failure_rate"] < 0.05
    assert "its fallback backup takes over" in found.summary


def test_a_fallback_that_runs_now_and_then_does_what_it_is_for() -> None:
    workflow = make_fallback_workflow()
    runs = make_fallback_runs(workflow, 200, ask=_ask(0.3, usd=0.01), backup=_RELIABLE)
    assert _find(runs, workflow) == []


def test_a_rate_that_might_be_chance_says_how_many_runs_would_tell() -> None:
    workflow = make_fallback_workflow()
    runs = make_fallback_runs(workflow, 60, ask=_ask(0.55, usd=0.01), backup=_RELIABLE, seed=3)
    [found] = _find(runs, workflow)
    assert not found.enough
    assert found.runs_needed > 0


def test_step_and_fallback_change_places_and_keep_their_names() -> None:
    workflow = make_fallback_workflow(more=", config: {timeout_s: 30}")
    runs = make_fallback_runs(workflow, 200, ask=_DEAR_FAILURE, backup=_RELIABLE)
    [candidate] = _propose(runs, workflow)
    assert candidate.structural
    assert candidate.patch_class == "fallback_first"
    after = _apply(workflow, candidate.patch)
    ask, backup = after.node("ask"), after.node("ask/backup")
    assert ask is not None
    assert backup is not None
    assert (ask.uses, ask.raw["config"]) == ("agents.second", {"timeout_s": 30})
    assert (backup.uses, backup.raw["config"]) == ("agents.first", {"max_retries": 0})
    assert after.node("send") is not None


def test_a_cheap_step_before_a_dear_fallback_is_a_cascade_and_stays() -> None:
    workflow = make_fallback_workflow()
    runs = make_fallback_runs(
        workflow, 200, ask=_ask(0.6, usd=0.001, latency_s=0.1), backup=_ask(0.0, usd=0.05)
    )
    assert _propose(runs, workflow) == []


def test_inputs_are_exchanged_where_both_have_one() -> None:
    text = make_fallback_workflow(more=", input: else").text
    text = text.replace("    uses: agents.first\n", "    uses: agents.first\n    input: this\n")
    workflow = parse_workflow(text, path="answer.flow.yaml")
    runs = make_fallback_runs(workflow, 200, ask=_DEAR_FAILURE, backup=_RELIABLE)
    [candidate] = _propose(runs, workflow)
    after = _apply(workflow, candidate.patch)
    assert [node.raw.get("input") for node in after.nodes[:2]] == ["else", "this"]


def test_a_fallback_with_an_input_that_its_step_lacks_stays_where_it_is() -> None:
    workflow = make_fallback_workflow(more=", input: else")
    runs = make_fallback_runs(workflow, 200, ask=_DEAR_FAILURE, backup=_RELIABLE)
    assert _propose(runs, workflow) == []


def test_retries_that_dont_pay_before_a_fallback_are_dropped_too() -> None:
    workflow = make_fallback_workflow(retries=2)
    runs = make_fallback_runs(
        workflow, 200, ask=_ask(0.9, usd=0.02, latency_s=4), backup=_RELIABLE, retries=2
    )
    first, fewer = _propose(runs, workflow)
    assert first.patch_class == "fallback_first"
    assert fewer.patch_class == "retries_down"
    assert fewer.patch.operations[0].value == 0


def _apply(workflow: Workflow, patch: JsonPatch) -> Workflow:
    return patch_workflow(workflow, patch)
