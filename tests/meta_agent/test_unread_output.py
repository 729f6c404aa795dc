"""Steps whose answer nobody reads, branches nobody takes, and what only looks like them."""

from random import Random

import pytest
from pydantic import JsonValue

from meta_agent import imagine_shape
from tests.meta_agent.played import Played, make_played_workflow, play
from workflow import AgentCall, compile_program, patch_workflow

_STEPS = """\
- {name: ask, uses: agents.reader}
- {name: muse, uses: agents.writer}
- {name: send, uses: flujo.value.pass, input: "{{ steps.ask.output }}"}
"""
_MUSE = "- {name: muse, uses: agents.writer"


def _play(steps: str = _STEPS, count: int = 60) -> Played:
    workflow = make_played_workflow(steps, skills={"log": "effect", "put": "idempotent"})
    functions = {"skills:log": lambda _: None, "skills:put": lambda _: None}
    return play(workflow, count, skills=functions)


def test_an_answer_nobody_reads_is_found_with_what_it_costs() -> None:
    [found] = _play().find("unread_output")
    assert (found.step_id, found.enough) == ("muse", True)
    assert found.numbers["cost_per_run_usd"] == pytest.approx(0.01)
    assert found.numbers["latency_per_run_s"] == pytest.approx(1, abs=0.1)


def test_the_step_is_taken_out_and_spares_what_it_took() -> None:
    played = _play()
    [candidate] = played.propose("unread_output")
    after = patch_workflow(played.workflow, candidate.patch)
    assert [node.name for node in after.nodes] == ["ask", "send"]
    imagined = imagine_shape(compile_program(played.workflow), compile_program(after), played.runs)
    assert imagined is not None
    assert all(
        pair.base.cost_usd - pair.head.cost_usd == pytest.approx(0.01) for pair in imagined.pairs
    )


@pytest.mark.parametrize(
    "steps",
    [
        _STEPS.replace("steps.ask", "steps.muse"),
        _STEPS.replace(', input: "{{ steps.ask.output }}"', ""),
        _STEPS.replace(_MUSE, _MUSE + ", sink_to: thought").replace(
            "steps.ask.output", "context.thought"
        ),
        _STEPS.replace("name: muse, uses: agents.writer", 'name: muse, uses: "skills:log"'),
        _STEPS.replace("name: muse, uses: agents.writer", 'name: muse, uses: "skills:put"'),
        _STEPS.replace(_MUSE, _MUSE + ", output_schema: {type: string}"),
        _STEPS.replace(_MUSE, _MUSE + ", validators: [flujo.check.length]"),
        _STEPS + 'tests:\n- {name: t, assertions: ["result.step.muse.success"]}\n',
        _STEPS + "score: muse\n",
        "- {name: ask, uses: agents.reader}\n- {name: muse, uses: agents.writer}\n",
    ],
    ids=[
        "it is read by name",
        "it is read as what came before",
        "it is read through the context",
        "it has effects",
        "it may act on the world",
        "it refuses by its schema",
        "it refuses by a validator",
        "a test looks at it",
        "it scores the run",
        "it comes last",
    ],
)
def test_a_step_that_somebody_would_miss_stays(steps: str) -> None:
    assert _play(steps).find("unread_output") == []


_BRANCHES = """\
- name: route
  kind: conditional
  condition_expression: "context.kind"
  branches:
    usual: [{name: answer, uses: flujo.value.pass}]
    rare: [{name: escalate, uses: flujo.value.pass}]
"""


def _route(count: int, rare: float) -> Played:
    def data(random: Random) -> JsonValue:
        return {"kind": "rare" if random.random() < rare else "usual"}

    return play(make_played_workflow(_BRANCHES), count, data=data)


def test_a_branch_that_no_run_took_is_told_and_left_to_a_person() -> None:
    played = _route(320, 0.0)
    [found] = played.find("idle_branch")
    assert found.step_id == "route/rare/escalate"
    assert found.numbers["taken_rate_high"] < 0.01
    assert played.propose("idle_branch") == []


@pytest.mark.parametrize(("count", "rare"), [(320, 0.02), (100, 0.0)], ids=["rare", "too few"])
def test_a_branch_that_may_be_rare_isnt_called_idle(count: int, rare: float) -> None:
    assert _route(count, rare).find("idle_branch") == []


def test_a_healthy_workflow_has_none_of_all_this() -> None:
    steps = """\
- {name: ask, uses: agents.reader}
- {name: muse, uses: agents.writer, input: "{{ steps.ask.output }}", validators: [flujo.check.length]}
"""

    def answer(call: AgentCall, random: Random) -> JsonValue:
        return f"{call.step_id} {random.random()}"

    played = play(make_played_workflow(steps), 60, answer=answer)
    kinds = [
        *("late_failure", "validator_order", "idle_validator", "independent_steps"),
        *("repeated_inputs", "idle_rounds", "unread_output", "idle_branch"),
    ]
    assert [found for kind in kinds for found in played.find(kind)] == []
