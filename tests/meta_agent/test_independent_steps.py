"""Steps that wait for each other without need, and those that only seem to."""

import numpy as np
import pytest

from meta_agent import (
    EvidenceSettings,
    RoiSettings,
    Verdict,
    imagine_shape,
    replay_baseline,
    weigh,
)
from tests.meta_agent.played import Played, make_played_workflow, play
from trust_tiers import RiskTier, TierLimits, classify
from workflow import Workflow, compile_program, patch_workflow

_STEPS = """\
- {name: ask, uses: agents.reader}
- {name: price, uses: agents.reader, input: "{{ steps.ask.output }}"}
- {name: stock, uses: agents.reader, input: "{{ steps.ask.output }}"}
- {name: join, uses: flujo.value.pass, input: ["{{ steps.price.output }}", "{{ steps.stock.output }}"]}
"""
_LATENCY_S = {"ask": 1.0, "price": 4.0, "stock": 3.0}


def _play(steps: str = _STEPS, count: int = 60, **skills: str) -> Played:
    functions = {f"skills:{name}": lambda data: data for name in skills}
    workflow = make_played_workflow(steps, skills=skills)
    return play(workflow, count, latency_s=_LATENCY_S, skills=functions)


def _patched(played: Played) -> Workflow:
    [candidate] = played.propose("independent_steps")
    return patch_workflow(played.workflow, candidate.patch)


def test_neighbours_that_dont_read_each_other_are_found_with_what_they_wait() -> None:
    [found] = _play().find("independent_steps")
    assert (found.step_id, found.enough) == ("price", True)
    assert found.numbers["saved_s_per_run"] == pytest.approx(3, abs=0.3)
    assert "price and stock" in found.summary


def test_below_the_floor_it_says_how_many_more_runs_it_takes() -> None:
    [found] = _play(count=10).find("independent_steps")
    assert (found.enough, found.runs_needed) == (False, 20)


def test_they_come_to_run_at_once_and_everybody_reads_what_they_read() -> None:
    played = _play()
    after = _patched(played)
    outer = after.node("price_and_stock")
    assert outer is not None
    assert list(outer.raw["branches"]) == ["price", "stock"]  # type: ignore[arg-type]
    assert classify(played.workflow, after, TierLimits()).tier is RiskTier.HIGH
    again = play(
        after,
        20,
        latency_s={f"price_and_stock/{name}/{name}": time for name, time in _LATENCY_S.items()},
    )
    assert [one.output for one in again.recordings] == [
        one.output for one in played.recordings[:20]
    ]


def test_a_replay_knows_steps_that_have_moved() -> None:
    played = _play()
    evidence, pairs = weigh(
        replay_baseline(played.workflow, played.recordings),
        _patched(played),
        roi=RoiSettings(),
        settings=EvidenceSettings(),
        rng=np.random.default_rng(1),
    )
    assert (evidence.stood_in, evidence.drawn) == (0, 0)
    assert evidence.verdict is Verdict.BETTER
    assert all(2 < pair.base.latency_s - pair.head.latency_s < 4 for pair in pairs)


def test_telemetry_alone_says_much_the_same() -> None:
    played = _play()
    base, head = compile_program(played.workflow), compile_program(_patched(played))
    imagined = imagine_shape(base, head, played.runs)
    assert imagined is not None
    assert all(2 < pair.base.latency_s - pair.head.latency_s < 4 for pair in imagined.pairs)
    assert all(pair.base.cost_usd == pair.head.cost_usd for pair in imagined.pairs)


def test_a_step_behind_them_goes_on_getting_what_the_last_one_gave() -> None:
    steps = _STEPS.replace(
        'flujo.value.pass, input: ["{{ steps.price.output }}", "{{ steps.stock.output }}"]',
        "flujo.value.pass",
    )
    played = _play(steps)
    again = play(_patched(played), 5)
    assert [one.output for one in again.recordings] == ["answer"] * 5


_PRICE = "- {name: price, uses: agents.reader, "
_STOCK = "- {name: stock, uses: agents.reader, "


@pytest.mark.parametrize(
    "steps",
    [
        _STEPS.replace(_STOCK + 'input: "{{ steps.ask.output }}"', _STOCK[:-2]),
        _STEPS.replace(
            _STOCK + 'input: "{{ steps.ask.output }}"', _STOCK + 'input: "{{ steps.price.output }}"'
        ),
        _STEPS.replace(
            _STOCK + 'input: "{{ steps.ask.output }}"', _STOCK + 'input: "{{ context.found }}"'
        ).replace(_PRICE, _PRICE + "sink_to: found, "),
        _STEPS.replace(_PRICE, _PRICE + "updates_context: true, "),
        _STEPS.replace(_PRICE, _PRICE + "sink_to: same, ").replace(
            _STOCK, _STOCK + "sink_to: same, "
        ),
        _STEPS.replace("name: stock, uses: agents.reader", 'name: stock, uses: "skills:order"'),
        _STEPS.replace(_PRICE, _PRICE + "sink_to: found, ").replace(
            "name: stock, uses: agents.reader", 'name: stock, uses: "skills:look"'
        ),
    ],
    ids=[
        "it reads what came before",
        "it reads it by name",
        "it reads it through the context",
        "it may change any part of the context",
        "both set the same key",
        "it has effects",
        "a function may look at the context",
    ],
)
def test_a_thread_between_them_is_seen(steps: str) -> None:
    assert _play(steps, order="effect", look="pure").find("independent_steps") == []


def test_what_is_set_for_others_is_still_set() -> None:
    steps = _STEPS.replace(_PRICE, _PRICE + "sink_to: found, ").replace(
        '["{{ steps.price.output }}", ', '["{{ context.found }}", '
    )
    after = _patched(_play(steps))
    outer = after.node("price_and_stock")
    assert outer is not None
    assert outer.raw["merge_strategy"] == "context_update"
    assert [one.output for one in play(after, 2).recordings] == [["answer", "answer"]] * 2


def test_the_tests_mocks_go_with_the_steps() -> None:
    tests = 'tests:\n- {name: t, mocks: {price: {output: 1}}, assertions: ["result.success"]}\n'
    played = _play(_STEPS)
    workflow = make_played_workflow(_STEPS + tests)
    played = play(workflow, 40, latency_s=_LATENCY_S)
    [test] = _patched(played).spec.tests
    assert list(test.mocks) == ["price_and_stock/price/price"]
