"""Easy steps on a dear model: what fires, and what only looks easy."""

from random import Random

import pytest

from meta_agent import Candidate, Opportunity, ProposerSettings, detect, propose
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import MakeAttempt, ask, attempt, make_runs, make_workflow
from workflow import Workflow

_SHORT = (400, 8)
_WORKFLOW = make_workflow()


def _answer(*, wrong: float = 0.0, tokens: int = 8, usd: float = 0.01) -> MakeAttempt:
    def answer_once(random: Random, number: int) -> Attempt:
        kind = ErrorClass.INVALID_OUTPUT if random.random() < wrong else ErrorClass.NONE
        return attempt(
            number, error_class=kind, cost_usd=usd, model="sim:large", tokens=(400, tokens)
        )

    return answer_once


def _find(runs: list[Run], workflow: Workflow = _WORKFLOW) -> list[Opportunity]:
    return [found for found in detect(runs, workflow) if found.kind == "overpowered_model"]


def _propose(runs: list[Run], allowed: tuple[str, ...]) -> list[Candidate]:
    [found] = _find(runs)
    return propose(found, _WORKFLOW, runs, ProposerSettings(allowed_models=allowed))


def test_short_answers_without_trouble_are_easy() -> None:
    runs = make_runs(
        _WORKFLOW,
        400,
        classify=ask("sim:small", usd_per_token=1e-6),
        draft=ask("sim:large", usd_per_token=1e-5, tokens=_SHORT),
    )
    [found] = _find(runs)
    assert (found.step_id, found.enough, found.runs) == ("draft", True, 400)
    assert found.confidence > 0.98
    assert found.since == runs[0].started_at
    assert found.until == runs[-1].started_at
    assert found.numbers["trouble_rate"] == 0
    assert 0 < found.numbers["trouble_rate_high"] < 0.02
    assert found.numbers["p95_output_tokens"] <= 12


@pytest.mark.parametrize(
    "draft",
    [
        ask("sim:large", usd_per_token=1e-5, tokens=(400, 600)),
        _answer(wrong=0.05),
        _answer(usd=0.0),
    ],
    ids=["long answers", "answers that are often wrong", "no money in it"],
)
def test_a_step_that_only_looks_easy_is_left_alone(draft: MakeAttempt) -> None:
    runs = make_runs(_WORKFLOW, 400, classify=ask("sim:small", usd_per_token=1e-6), draft=draft)
    assert [found for found in _find(runs) if found.step_id == "draft"] == []


def test_short_answers_that_break_a_later_step_arent_easy() -> None:
    def trip(random: Random, number: int) -> Attempt:
        kind = ErrorClass.CRASH if random.random() < 0.06 else ErrorClass.NONE
        return attempt(number, error_class=kind)

    runs = make_runs(_WORKFLOW, 400, classify=_answer(), lookup=trip)
    assert _find(runs) == []


def test_few_runs_say_how_many_more_would_tell() -> None:
    [found] = _find(make_runs(_WORKFLOW, 60, draft=_answer()))
    assert not found.enough
    assert 30 <= found.runs_needed <= 500


def test_each_cheaper_allowed_model_is_proposed_cheapest_first() -> None:
    runs = make_runs(
        _WORKFLOW,
        400,
        classify=ask("sim:small", usd_per_token=1e-6),
        lookup=ask("sim:medium", usd_per_token=4e-6),
        draft=ask("sim:large", usd_per_token=1e-5, tokens=_SHORT),
    )
    candidates = _propose(runs, ("sim:medium", "sim:small", "sim:large"))
    assert [one.patch.operations[0].value for one in candidates] == ["sim:small", "sim:medium"]
    assert {one.patch_class for one in candidates} == {"model_swap"}
    assert candidates[0].rationale.startswith("The step is easy: trouble in at most ")


def test_nothing_is_proposed_that_nobody_allowed() -> None:
    runs = make_runs(_WORKFLOW, 400, draft=_answer())
    assert _propose(runs, ()) == []
    assert _propose(runs, ("sim:large", "sim:unheard-of")) == []
