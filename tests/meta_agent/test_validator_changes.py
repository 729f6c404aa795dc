"""Validators in the wrong order, and validators that never say no."""

import asyncio
from collections.abc import Callable
from random import Random

import pytest
from pydantic import JsonValue

from meta_agent import RoiSettings, imagine_validators
from tests.meta_agent.played import Played, make_played_workflow, play
from trust_tiers import RiskTier, TierLimits, classify
from workflow import AgentCall, compile_program, patch_workflow

_STEPS = """\
- name: draft
  uses: agents.writer
  config: {max_retries: 3}
  validators: ["skills:slow", "skills:quick"]
"""
_ONE = _STEPS.replace(', "skills:quick"', "")
_SKILLS = {"slow": "pure", "quick": "pure"}

Look = Callable[[JsonValue], object]


def _look(seconds: float, refuses: str) -> Look:
    async def look(data: JsonValue) -> bool:
        await asyncio.sleep(seconds)
        return str(data) not in refuses.split()

    return look


def _judge(slow: Look, quick: Look, *, bad: float = 0.1, steps: str = _STEPS) -> Played:
    def answer(_: AgentCall, random: Random) -> JsonValue:
        lot = random.random()
        return "bad" if lot < bad else ("worse" if lot < 2 * bad else "good")

    workflow = make_played_workflow(steps, skills=_SKILLS)
    return play(workflow, 300, answer=answer, skills={"skills:slow": slow, "skills:quick": quick})


def test_telemetry_tells_how_long_each_validator_looked_and_who_refused() -> None:
    played = _judge(_look(10, "bad"), _look(0.5, "worse"))
    told = [attempt for run in played.runs for attempt in run.steps[0].attempts]
    refused_first = [one for one in told if len(one.validators_ms) == 1]
    assert refused_first
    assert all(one.error_class == "rejected" for one in refused_first)
    assert told[0].validators_ms[0] == pytest.approx(10_000, rel=0.01)
    assert {len(one.validators_ms) for one in told if not one.error_class} == {2}


def test_a_slow_validator_before_a_quick_one_that_refuses_too_is_found() -> None:
    [found] = _judge(_look(10, "bad"), _look(0.1, "bad worse")).find("validator_order")
    assert (found.step_id, found.enough) == ("draft", True)
    assert found.numbers["first_ms"] == pytest.approx(10_000, rel=0.01)
    assert found.numbers["saved_ms_per_answer"] > 500


@pytest.mark.parametrize(
    ("slow", "quick"),
    [
        (_look(0.2, "bad"), _look(10, "bad worse")),
        (_look(10, "bad worse"), _look(0.1, "nothing")),
        (_look(0.8, "bad"), _look(0.7, "nothing")),
    ],
    ids=["the quick one is first", "the quick one never refuses", "both take as long"],
)
def test_an_order_that_may_be_right_stays(slow: Look, quick: Look) -> None:
    assert _judge(slow, quick).find("validator_order") == []


def test_a_quick_one_that_hardly_gets_to_refuse_anything_is_worth_a_trial() -> None:
    played = _judge(_look(10, "bad"), _look(0.05, "bad rare"), bad=0.1)
    assert played.find("validator_order") == []
    seldom = Random(7)

    async def leak(data: JsonValue) -> bool:
        await asyncio.sleep(10)
        return data != "bad" or seldom.random() < 0.05

    [found] = _judge(leak, _look(0.05, "bad"), bad=0.1).find("validator_order")
    assert found.enough
    assert found.numbers["second_rejection_rate"] < 0.02


def test_they_change_places_and_time_is_spared() -> None:
    played = _judge(_look(10, "bad"), _look(0.1, "bad worse"))
    [candidate] = played.propose("validator_order")
    after = patch_workflow(played.workflow, candidate.patch)
    draft = after.node("draft")
    assert draft is not None
    assert draft.raw["validators"] == ["skills:quick", "skills:slow"]
    before, head = compile_program(played.workflow), compile_program(after)
    imagined = imagine_validators(before, head, played.runs, (), random=Random(1))
    assert imagined is not None
    spared_s = [pair.base.latency_s - pair.head.latency_s for pair in imagined.pairs]
    assert sum(spared_s) / len(spared_s) > 1
    assert all(pair.base.succeeded == pair.head.succeeded for pair in imagined.pairs)


def test_a_slow_validator_that_never_refuses_is_found() -> None:
    played = _judge(_look(10, ""), _look(0, ""), steps=_ONE)
    [found] = played.find("idle_validator")
    assert found.enough
    assert found.numbers["asked"] == 300
    assert found.numbers["rejection_rate_high"] < 0.01
    [candidate] = played.propose("idle_validator")
    after = patch_workflow(played.workflow, candidate.patch)
    draft = after.node("draft")
    assert draft is not None
    assert "validators" not in draft.raw
    assert classify(played.workflow, after, TierLimits()).tier is RiskTier.HIGH


def test_of_several_only_the_idle_one_goes() -> None:
    played = _judge(_look(10, ""), _look(0.1, "bad"))
    [candidate] = played.propose("idle_validator")
    after = patch_workflow(played.workflow, candidate.patch)
    draft = after.node("draft")
    assert draft is not None
    assert draft.raw["validators"] == ["skills:quick"]


def test_a_validator_that_might_save_more_than_it_costs_is_told_and_kept() -> None:
    played = _judge(_look(10, ""), _look(0, ""), steps=_ONE)
    assert played.propose("idle_validator", roi=RoiSettings(value_per_success_usd=20)) == []


def test_below_the_floor_it_says_how_many_more_runs_it_takes() -> None:
    played = _judge(_look(10, ""), _look(0, ""), steps=_ONE)
    few = Played(played.workflow, played.runs[:60])
    [found] = few.find("idle_validator")
    assert not found.enough
    assert found.runs_needed > 100


@pytest.mark.parametrize(
    "look", [_look(10, "bad"), _look(0.001, "")], ids=["it refuses", "it takes no time"]
)
def test_a_validator_that_works_or_costs_nothing_is_left_alone(look: Look) -> None:
    assert _judge(look, look, bad=0.02, steps=_ONE).find("idle_validator") == []


def test_what_it_might_have_caught_is_part_of_the_estimate() -> None:
    played = _judge(_look(10, ""), _look(0, ""), steps=_ONE)
    [candidate] = played.propose("idle_validator")
    before = compile_program(played.workflow)
    head = compile_program(patch_workflow(played.workflow, candidate.patch))
    imagined = [
        imagine_validators(before, head, played.runs, (), random=Random(seed)) for seed in range(20)
    ]
    pairs = [pair for found in imagined if found for pair in found.pairs]
    failed = sum(not pair.head.succeeded for pair in pairs)
    assert 0 < failed < 0.01 * len(pairs)
    assert all(pair.base.latency_s - pair.head.latency_s > 9 for pair in pairs)
