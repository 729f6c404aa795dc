"""`max_concurrency` of parallel and map: never more at once, outputs in order, the same in every replay."""

import asyncio
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from telemetry import Outcome
from tests.builders import make_program, record, run
from tests.fakes.agents import ask_by_chance
from workflow import SpecError, replay_recordings


class Meter:
    """A skill that takes its time, and knows how many of it were at work at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __call__(self, data: JsonValue) -> JsonValue:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(10 / data if isinstance(data, int) and data else 1)
        finally:
            self.now -= 1
        return data


def work(meter: Meter) -> dict[str, Callable[..., object]]:
    async def at_work(data: JsonValue) -> JsonValue:
        return await meter(data)

    return {"s:work": at_work}


def mapping(limit: str, items: str = "[1, 2, 3, 4, 5, 6]", body: str = "") -> str:
    body = body or "{name: w, uses: s:work}"
    limit = limit and f", max_concurrency: {limit}"
    return f"- {{kind: map, name: m, map: {{iterable_input: {items}{limit}, body: [{body}]}}}}"


def parallel(limit: str) -> str:
    branches = ", ".join(f"b{n}: [{{name: w, uses: s:work, input: {n}}}]" for n in range(1, 7))
    limit = limit and f", max_concurrency: {limit}"
    return f"- {{kind: parallel, name: p, branches: {{{branches}}}{limit}}}"


@pytest.mark.parametrize(("limit", "most"), [("", 1), ("1", 1), ("2", 2), ("4", 4), ("99", 6)])
def test_a_map_runs_as_many_items_at_once_as_it_allows(limit: str, most: int) -> None:
    meter = Meter()
    result = run(make_program(mapping(limit)), skills=work(meter))
    assert result.output == [1, 2, 3, 4, 5, 6]
    assert meter.most == most


@pytest.mark.parametrize(("limit", "most"), [("", 6), ("1", 1), ("3", 3), ("99", 6)])
def test_a_parallel_runs_as_many_branches_at_once_as_it_allows(limit: str, most: int) -> None:
    meter = Meter()
    result = run(make_program(parallel(limit)), skills=work(meter))
    assert result.output == {f"b{n}": n for n in range(1, 7)}
    assert meter.most == most


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "true", "1001", "many"])
def test_a_limit_that_is_no_count_is_refused(limit: str) -> None:
    for steps in (mapping(limit), parallel(limit)):
        with pytest.raises(SpecError, match=r"flow\.yaml:\d+:\d+"):
            make_program(steps)


def test_an_empty_list_is_mapped_to_an_empty_list() -> None:
    assert run(make_program(mapping("3", "[]")), skills=work(Meter())).output == []


def test_the_first_item_that_fails_cancels_the_others() -> None:
    async def fail_third(data: JsonValue) -> JsonValue:
        await asyncio.sleep(1 if data == 3 else 5)
        if data == 3:
            raise ConnectionError("third")
        return data

    result = run(make_program(mapping("4")), skills={"s:work": fail_third})
    assert "third" in result.error
    ended = {step.iteration: step.outcome for step in result.steps if step.name == "w"}
    assert ended == {1: "cancelled", 2: "cancelled", 3: "error", 4: "cancelled"}


def test_items_at_once_see_a_copy_of_the_context_and_what_they_set_is_taken_over_in_order() -> None:
    seen: list[JsonValue] = []

    async def note(data: JsonValue, context: dict[str, JsonValue]) -> JsonValue:
        assert isinstance(data, int)
        seen.append(context.get("last"))
        await asyncio.sleep(10 - data)
        return {"last": data, f"item_{data}": True}

    body = "{name: w, uses: s:work, updates_context: true}"
    for limit, last in (("1", [None, 1, 2]), ("3", [None] * 3)):
        seen.clear()
        program = make_program(mapping(limit, "[1, 2, 3]", body))
        context = run(program, skills={"s:work": note}).context
        assert seen == last
        assert context == {"last": 3, "item_1": True, "item_2": True, "item_3": True}


NESTED = """
- kind: map
  name: outer
  map:
    iterable_input: [3, 1, 2]
    max_concurrency: {outer}
    body:
      - kind: conditional
        name: odd
        condition_expression: "this == 1"
        branches: {{"true": [{{name: rare, uses: agents.reader}}], "false": [{{name: usual, uses: agents.writer}}]}}
      - kind: loop
        name: again
        loop: {{max_loops: 2, body: [{{name: round, uses: agents.writer}}]}}
      - kind: map
        name: inner
        map:
          iterable_input: [1, 2]
          max_concurrency: {inner}
          body: [{{name: leaf, uses: agents.reader, config: {{max_retries: 1, backoff_s: 0.5}}}}]
- name: last
  uses: agents.writer
"""


@settings(deadline=None, max_examples=60)
@given(st.tuples(*[st.integers(1, 4)] * 4), st.integers(0, 999))
def test_a_recording_is_replayed_to_the_same_answers_under_any_limit(
    limits: tuple[int, int, int, int], seed: int
) -> None:
    outer, inner, other_outer, other_inner = limits
    made = record(
        make_program(NESTED.format(outer=outer, inner=inner)), agents=ask_by_chance, seed=seed
    )
    other = make_program(NESTED.format(outer=other_outer, inner=other_inner))
    (replayed,) = replay_recordings(other, [made])
    if made.outcome is Outcome.OK:
        assert replayed.drawn == 0
        assert replayed.result.output == made.output
        assert replayed.result.cost_usd == made.cost_usd
    (same,) = replay_recordings(make_program(NESTED.format(outer=outer, inner=inner)), [made])
    assert (same.drawn, same.result.output) == (0, made.output)
    assert same.result.latency_s == pytest.approx(made.latency_s, abs=1e-8)


def test_executions_are_numbered_by_their_place_not_by_their_time() -> None:
    made = {
        limit: record(make_program(mapping(limit)), skills=work(Meter())) for limit in ("1", "6")
    }
    answers = {
        limit: {step.visit: json.dumps(step.attempts[0].result) for step in recording.steps}
        for limit, recording in made.items()
    }
    assert answers["1"] == answers["6"]
    assert sorted(answers["6"]) == [0, 1, 2, 3, 4, 5]
