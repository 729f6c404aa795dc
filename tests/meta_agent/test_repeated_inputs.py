"""Steps asked the same again within a run, and repetitions that are none or are meant."""

from random import Random

import numpy as np
import pytest
from pydantic import JsonValue

from meta_agent import EvidenceSettings, RoiSettings, imagine_shape, replay_baseline, weigh
from tests.meta_agent.played import Played, make_played_workflow, play
from workflow import Workflow, compile_program, patch_workflow

_STEPS = """\
- name: each
  kind: map
  map:
    iterable_input: "{{ context.topics }}"
    body:
      - {name: look, uses: agents.reader, input: "{{ this }}"}
- {name: join, uses: flujo.value.pass}
"""


def _few_topics(random: Random) -> JsonValue:
    return {"topics": [random.choice("abc") for _ in range(6)], "id": 1}


def _play(steps: str = _STEPS, **skills: str) -> Played:
    functions = {f"skills:{name}": lambda data: data for name in skills}
    workflow = make_played_workflow(steps, skills=skills)
    return play(workflow, 60, data=_few_topics, skills=functions)


def _patched(played: Played) -> Workflow:
    [candidate] = played.propose("repeated_inputs")
    return patch_workflow(played.workflow, candidate.patch)


def test_a_step_asked_the_same_again_is_found_with_what_that_costs() -> None:
    [found] = _play().find("repeated_inputs")
    assert (found.step_id, found.enough) == ("each/look", True)
    assert 0.45 < found.numbers["repeated_share_low"] < found.numbers["repeated_share"] < 0.7
    assert found.numbers["saved_usd_per_run"] == pytest.approx(0.033, abs=0.01)


def test_a_cache_is_put_around_it_and_a_replay_says_what_that_spares() -> None:
    played = _play()
    after = _patched(played)
    assert after.node("each/look_once/look") is not None
    evidence, pairs = weigh(
        replay_baseline(played.workflow, played.recordings),
        after,
        roi=RoiSettings(),
        settings=EvidenceSettings(),
        rng=np.random.default_rng(1),
    )
    assert (evidence.stood_in, evidence.drawn) == (0, 0)
    spared = sum(pair.base.cost_usd - pair.head.cost_usd for pair in pairs) / len(pairs)
    [found] = played.find("repeated_inputs")
    assert spared == pytest.approx(found.numbers["saved_usd_per_run"], abs=1e-9)


def test_telemetry_alone_says_the_same() -> None:
    played = _play()
    base, head = compile_program(played.workflow), compile_program(_patched(played))
    imagined = imagine_shape(base, head, played.runs)
    assert imagined is not None
    spared = sum(pair.base.cost_usd - pair.head.cost_usd for pair in imagined.pairs)
    [found] = played.find("repeated_inputs")
    assert spared / len(imagined.pairs) == pytest.approx(found.numbers["saved_usd_per_run"])


def test_a_skill_without_effects_may_be_remembered_in_a_loop_too() -> None:
    loop = """\
- name: again
  kind: loop
  loop:
    max_loops: 4
    body:
      - {name: look, uses: flujo.text.count, input: "{{ context.id }} {{ iteration }}"}
      - {name: same, uses: "skills:fetch", input: "{{ context.id }}"}
      - {name: other, uses: "skills:fetch", input: "{{ iteration }}"}
"""
    assert _play(loop, fetch="pure").find("repeated_inputs") == []
    alternating = loop.replace(
        '"{{ context.id }}"}', '"{{ context.topics[0] }}{{ steps.look.output.words }}"}'
    )
    assert _play(alternating, fetch="pure").find("repeated_inputs") == []


@pytest.mark.parametrize(
    "steps",
    [
        _STEPS.replace("uses: agents.reader", 'uses: "skills:send"'),
        _STEPS.replace("uses: agents.reader", 'uses: "skills:unsaid"'),
        _STEPS.replace('"{{ this }}"', '"{{ this }} {{ iteration }}"'),
        _STEPS.replace('"{{ this }}"', '"one question, six answers"'),
        '- {name: look, uses: agents.reader, input: "the same in every run"}\n',
    ],
    ids=["effects", "nobody says what it does", "each differs", "a vote", "across runs"],
)
def test_what_only_looks_like_it_is_left_alone(steps: str) -> None:
    skills = {"send": "effect", "unsaid": "unknown"}
    assert _play(steps, **skills).find("repeated_inputs") == []
