"""Loops that go on after the last improvement, and loops whose late rounds matter."""

from collections.abc import Callable
from random import Random

import pytest
from pydantic import JsonValue

from meta_agent import imagine_shape
from tests.meta_agent.played import Played, make_played_workflow, play
from workflow import AgentCall, compile_program, patch_workflow

_STEPS = """\
- name: refine
  kind: loop
  loop:
    max_loops: 6
    exit_expression: "previous_step.done"
    body:
      - {name: write, uses: agents.writer, input: {round: "{{ iteration }}"}}
- {name: last, uses: flujo.value.pass}
"""
Round = Callable[[int, Random], JsonValue]


def _play(give: Round, count: int = 60) -> Played:
    def answer(call: AgentCall, random: Random) -> JsonValue:
        asked = call.prompt
        assert isinstance(asked, dict)
        number = asked["round"]
        assert isinstance(number, int)
        return give(number, random)

    return play(make_played_workflow(_STEPS), count, answer=answer)


def _grade_until(best: int) -> Round:
    def give(number: int, random: Random) -> JsonValue:
        return {"grade": 0.2 * min(number, best) + 0.01 * random.random(), "done": False}

    return give


def test_rounds_after_the_last_improvement_are_found() -> None:
    [found] = _play(_grade_until(3)).find("idle_rounds")
    assert (found.step_id, found.enough) == ("refine", True)
    assert found.numbers["useful_rounds"] == 3
    assert found.numbers["wasted_rounds_per_run"] == 3


def test_the_limit_is_lowered_to_what_the_data_say() -> None:
    played = _play(_grade_until(2))
    [candidate] = played.propose("idle_rounds")
    assert [one.to_json() for one in candidate.patch.operations] == [
        {"op": "replace", "path": "/steps/0/loop/max_loops", "value": 2}
    ]
    base = compile_program(played.workflow)
    head = compile_program(patch_workflow(played.workflow, candidate.patch))
    imagined = imagine_shape(base, head, played.runs)
    assert imagined is not None
    spared = [pair.base.cost_usd - pair.head.cost_usd for pair in imagined.pairs]
    assert spared == pytest.approx([0.04] * 60)


def _write_twice(number: int, _: Random) -> JsonValue:
    return {"text": "draft" if number == 1 else "final"}


def test_answers_that_stay_the_same_to_the_letter_need_no_number() -> None:
    [found] = _play(_write_twice).find("idle_rounds")
    assert found.numbers["useful_rounds"] == 2


def _write_once_more(_: int, random: Random) -> JsonValue:
    return {"text": f"another draft {random.random()}"}


def _improve_late_at_times(number: int, random: Random) -> JsonValue:
    return {"grade": 0.2 * min(number, 2) + (0.3 if number == 6 and random.random() < 0.2 else 0)}


@pytest.mark.parametrize(
    "give",
    [
        lambda number, random: {"grade": 0.1 * number + 0.01 * random.random(), "done": False},
        lambda number, random: {
            "grade": min(number, 2),
            "done": number > 2 and random.random() < 0.3,
        },
        _improve_late_at_times,
        lambda _, random: {"grade": random.random(), "done": False},
        _write_once_more,
    ],
    ids=[
        "each round is a little better",
        "what ends it comes late",
        "some visits improve at the end",
        "the number says nothing",
        "no number at all",
    ],
)
def test_rounds_that_may_matter_stay(give: Round) -> None:
    assert _play(give).find("idle_rounds") == []


def test_without_scores_or_recordings_nothing_is_said() -> None:
    assert _play(_grade_until(3)).without_recordings().find("idle_rounds") == []


def test_few_visits_are_told_with_how_many_more_it_takes() -> None:
    [found] = _play(_grade_until(3), count=12).find("idle_rounds")
    assert not found.enough
    assert found.runs_needed >= 18
