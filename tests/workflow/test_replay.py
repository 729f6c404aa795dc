"""Replay: the recorded version comes out as recorded; another version as far as the recordings can tell."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import ErrorClass, Outcome
from tests.builders import make_attempt, make_program, make_recording, record
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance
from tests.workflow.random_workflows import programs
from workflow import (
    ModelSample,
    Program,
    Recording,
    Replayed,
    read_recording,
    replay_recordings,
    write_recording,
)
from workflow.recordings.recording import RecordedAttempt

UNAVAILABLE = make_attempt(error_class=ErrorClass.UNAVAILABLE, latency_s=0.5)
CUT_AT_3 = make_attempt(error_class=ErrorClass.TIMEOUT, latency_s=3, cut_off=True)


def replay(program: Program, *recordings: Recording, seed: int = 0) -> list[Replayed]:
    return replay_recordings(program, recordings, seed=seed)


def draft(config: str = "{}") -> Program:
    return make_program(f"- {{name: draft, uses: agents.writer, config: {config}}}")


def recorded(*attempts: RecordedAttempt, run_id: str = "run-1") -> Recording:
    last = attempts[-1]
    return make_recording(
        {"draft": attempts}, run_id=run_id, outcome=last.outcome, error_class=last.error_class
    )


@settings(deadline=None, max_examples=80)
@given(programs, st.lists(st.integers(0, 10_000), min_size=1, max_size=3, unique=True))
def test_the_recorded_version_comes_out_exactly_as_recorded(
    program: Program, seeds: list[int]
) -> None:
    recordings = [
        record(program, {"x": 1}, agents=ask_by_chance, seed=seed, run_id=f"run-{seed}")
        for seed in seeds
    ]
    read = [read_recording(write_recording(recording)) for recording in recordings]
    for was, replayed in zip(recordings, replay(program, *read), strict=True):
        result = replayed.result
        assert replayed.reproduces
        assert (result.outcome, result.error_class) == (was.outcome, was.error_class)
        assert (result.cost_usd, result.output) == (was.cost_usd, was.output)
        assert result.latency_s == pytest.approx(was.latency_s, abs=1e-8)
        assert (replayed.drawn, replayed.stood_in, replayed.tainted) == (0, 0, 0)


def test_a_retry_more_recovers_runs_by_drawing_how_it_would_have_gone() -> None:
    good = [recorded(make_attempt(), run_id=f"good-{n}") for n in range(80)]
    bad = [recorded(UNAVAILABLE, run_id=f"bad-{n}") for n in range(20)]
    before = replay(draft(), *good, *bad)
    after = replay(draft("{max_retries: 1}"), *good, *bad)
    assert sum(one.result.succeeded for one in before) == 80
    recovered = [one.result.succeeded for one in after[80:]]
    assert 10 < sum(recovered) < 20
    assert [one.drawn for one in after] == [0] * 80 + [1] * 20


def test_every_run_draws_its_own_luck_and_every_version_the_same() -> None:
    mixed = [
        recorded(make_attempt(latency_s=float(n)) if n % 2 else UNAVAILABLE, run_id=f"r{n}")
        for n in range(60)
    ]
    one = [a.result.latency_s for a in replay(draft("{max_retries: 1}"), *mixed)]
    assert len(set(one[::2])) > 10
    assert one == [a.result.latency_s for a in replay(draft("{max_retries: 1}"), *mixed)]
    again = replay(draft("{max_retries: 1, backoff_s: 1}"), *mixed)
    waits = [a.result.latency_s - s for a, s in zip(again[::2], one[::2], strict=True)]
    assert all(0.5 <= wait <= 1.5 for wait in waits)
    other = replay(draft("{max_retries: 1}"), *mixed, seed=1)
    assert one != [a.result.latency_s for a in other]


def test_retries_are_told_by_retries_where_there_are_enough_of_them() -> None:
    retried = [
        recorded(UNAVAILABLE, make_attempt(2, latency_s=7), run_id=f"r{n}") for n in range(20)
    ]
    (after,) = replay(draft("{max_retries: 1}"), *retried, recorded(UNAVAILABLE, run_id="x"))[20:]
    assert after.result.latency_s == 7.5


def test_fewer_retries_end_where_the_recording_went_on() -> None:
    (after,) = replay(draft(), recorded(UNAVAILABLE, make_attempt(2)))
    assert after.result.error_class is ErrorClass.UNAVAILABLE
    assert not after.reproduces


def test_a_shorter_timeout_cuts_what_was_slow() -> None:
    slow = recorded(make_attempt(latency_s=9, cost_usd="1"))
    (after,) = replay(draft("{timeout_s: 5}"), slow)
    assert (after.result.outcome, after.result.latency_s) == (Outcome.TIMEOUT, 5)
    assert after.drawn == 0


def test_a_longer_timeout_draws_how_long_it_might_have_taken() -> None:
    long = recorded(make_attempt(latency_s=8), run_id="long")
    short = recorded(make_attempt(latency_s=1), run_id="short")
    cut = recorded(CUT_AT_3, run_id="cut")
    (after,) = replay(draft("{timeout_s: 60}"), cut, short, long)[:1]
    assert after.result.succeeded
    assert after.result.latency_s == pytest.approx(8, abs=0.001)
    assert after.drawn == 1


def test_what_nobody_saw_end_hangs_until_the_longer_timeout() -> None:
    (after,) = replay(draft("{timeout_s: 60}"), recorded(CUT_AT_3))
    assert (after.result.outcome, after.result.latency_s) == (Outcome.TIMEOUT, 60)


def test_without_any_timeout_what_was_cut_off_stays_a_failure() -> None:
    (after,) = replay(draft(), recorded(CUT_AT_3))
    assert after.result.error_class is ErrorClass.TIMEOUT
    assert after.drawn == 1


def test_a_timeout_cut_short_by_a_real_clock_s_jitter_is_the_same_timeout() -> None:
    for latency_s in (2.9999, 3.0, 3.004):
        cut = make_attempt(error_class=ErrorClass.TIMEOUT, latency_s=latency_s, cut_off=True)
        (after,) = replay(draft("{timeout_s: 3}"), recorded(cut))
        assert (after.drawn, after.result.outcome) == (0, Outcome.TIMEOUT)


def test_a_timeout_of_the_skill_s_own_is_an_answer_like_any_other() -> None:
    own = make_attempt(error_class=ErrorClass.TIMEOUT, latency_s=3)
    for config in ("{}", "{timeout_s: 60}"):
        (after,) = replay(draft(config), recorded(own))
        assert (after.drawn, after.result.latency_s) == (0, 3)


TWO = "- {name: a, uses: agents.writer}\n- {name: b, uses: agents.reader}\n- {name: c, uses: agents.reader}"


def whole(run_id: str, latency_s: float) -> Recording:
    steps = {name: [make_attempt(latency_s=latency_s, result=run_id)] for name in ("a", "b", "c")}
    return make_recording(steps, run_id=run_id)


def test_steps_a_run_never_reached_are_taken_from_one_donor() -> None:
    ended = make_recording(
        {"a": [UNAVAILABLE]}, outcome=Outcome.ERROR, error_class=ErrorClass.UNAVAILABLE
    )
    fall_back = TWO.replace(
        "agents.writer}", "agents.writer, fallback: {name: f, uses: flujo.value.pass}}"
    )
    with_f = [
        make_recording(
            {
                "a/f": [make_attempt(latency_s=0)],
                "b": [make_attempt(latency_s=n)],
                "c": [make_attempt(latency_s=n)],
            },
            run_id=f"r{n}",
        )
        for n in range(1, 9)
    ]
    (after,) = replay(make_program(fall_back), ended, *with_f)[:1]
    assert after.result.succeeded
    latencies = {step.name: step.latency_ms for step in after.result.steps}
    assert latencies["b"] == pytest.approx(latencies["c"])
    assert after.drawn == 3


def test_a_step_nobody_recorded_fails_and_is_not_made_up() -> None:
    program = make_program(
        "- {name: draft, uses: agents.writer}\n- {name: new, uses: agents.writer}"
    )
    (after,) = replay(program, recorded(make_attempt()))
    assert after.result.error == "new: no recording of this step"


@pytest.mark.parametrize(
    ("reprice", "cost_usd"),
    [({"sim:small": "0.1"}, "0.1"), ({}, "0.5")],
    ids=["priced", "unpriced"],
)
def test_stand_ins_answer_as_recorded_at_the_new_model_s_price(
    reprice: Mapping[str, str], cost_usd: str
) -> None:
    asked: list[tuple[str, int, int]] = []

    def price(model: str, input_tokens: int, output_tokens: int) -> Decimal | None:
        asked.append((model, input_tokens, output_tokens))
        return Decimal(reprice[model]) if model in reprice else None

    was = recorded(make_attempt(result="old", cost_usd="0.5", model="sim:large", tokens=(30, 4)))
    (after,) = replay_recordings(draft(), [was], stand_ins={"draft": "sim:small"}, reprice=price)
    assert (after.result.output, after.result.cost_usd) == ("old", Decimal(cost_usd))
    assert (after.stood_in, after.drawn) == (1, 0)
    assert asked == [("sim:small", 30, 4)]


def test_what_follows_a_stand_in_or_a_draw_is_tainted() -> None:
    (after,) = replay_recordings(make_program(TWO), [whole("r", 1)], stand_ins={"a": ""})
    assert (after.stood_in, after.tainted) == (1, 2)
    (untouched,) = replay(make_program(TWO), whole("r", 1))
    assert untouched.tainted == 0


PARALLEL = """
- kind: parallel
  name: p
  branches: {x: [{name: a, uses: agents.writer%s}], y: [{name: b, uses: agents.reader}]}
"""


def cancelled_beside_a_failure(run_id: str) -> Recording:
    agents = ScriptedAgents(
        {
            "writer": [Answer(latency_s=3, error=ErrorClass.UNAVAILABLE)],
            "reader": [Answer(latency_s=5)],
        }
    )
    return record(make_program(PARALLEL % ""), agents=agents, run_id=run_id)


def test_a_branch_that_was_cancelled_is_cancelled_again_and_nothing_is_drawn() -> None:
    (after,) = replay(make_program(PARALLEL % ""), cancelled_beside_a_failure("r"))
    assert after.reproduces
    assert (after.drawn, after.result.latency_s) == (0, 3)
    outcomes = {step.name: step.outcome for step in after.result.steps}
    assert outcomes["b"] is Outcome.CANCELLED


def test_a_branch_that_is_no_longer_cancelled_goes_on_as_another_run_did() -> None:
    donors = [
        make_recording(
            {"p/x/a": [make_attempt(latency_s=1)], "p/y/b": [make_attempt(latency_s=10)]},
            run_id=f"r{n}",
        )
        for n in range(30)
    ]
    program = make_program(PARALLEL % ", config: {max_retries: 5}")
    (after,) = replay(program, cancelled_beside_a_failure("bad"), *donors)[:1]
    assert after.result.succeeded
    assert after.result.latency_s == pytest.approx(10, abs=0.001)
    assert after.drawn >= 2


def test_two_recordings_of_one_run_id_stay_apart() -> None:
    one, other = recorded(make_attempt(latency_s=1)), recorded(make_attempt(latency_s=2))
    assert [a.result.latency_s for a in replay(draft(), one, other)] == [1, 2]


def test_nothing_is_asked_and_nothing_is_called() -> None:
    program = make_program("- {name: draft, uses: nowhere.at_all:f}")
    (after,) = replay(program, recorded(make_attempt(result="recorded")))
    assert after.result.output == "recorded"


def test_policies_are_judged_on_what_a_replay_comes_to() -> None:
    program = make_program(rest="policies: [{id: p, assert: result.total_cost_usd < 0.1}]\n")
    (after,) = replay(program, recorded(make_attempt(cost_usd="0.5")))
    assert after.result.error_class is ErrorClass.POLICY


def test_latencies_do_not_depend_on_the_runs_replayed_before() -> None:
    def latencies(recordings: Sequence[Recording]) -> list[float]:
        return [one.result.latency_s for one in replay(draft("{timeout_s: 86000}"), *recordings)]

    hanging = [
        recorded(
            make_attempt(error_class=ErrorClass.TIMEOUT, latency_s=1, cut_off=True), run_id=f"h{n}"
        )
        for n in range(50)
    ]
    awkward = recorded(make_attempt(latency_s=0.1 + 0.2), run_id="awkward")
    assert latencies([*hanging, awkward])[-1] == latencies([awkward])[0]


SLOW = make_attempt(result="late", latency_s=8, cost_usd="0.4", model="sim:large", tokens=(30, 4))


class TestPayingForWhatIsStopped:
    def test_an_attempt_that_a_new_timeout_stops_is_paid_for_its_share_of_the_time(self) -> None:
        (after,) = replay(draft("{timeout_s: 2}"), recorded(SLOW))
        assert after.result.outcome is Outcome.TIMEOUT
        assert after.result.cost_usd == 0
        assert float(after.cut_off_usd) == pytest.approx(0.1)
        assert after.unpriced == 0

    def test_each_retry_that_is_stopped_is_paid_for(self) -> None:
        (after,) = replay(draft("{timeout_s: 2, max_retries: 2}"), recorded(SLOW))
        assert float(after.cut_off_usd) == pytest.approx(0.3)

    def test_what_ends_in_time_is_paid_for_once(self) -> None:
        (after,) = replay(draft("{timeout_s: 9}"), recorded(SLOW))
        assert (after.result.cost_usd, after.cut_off_usd) == (Decimal("0.4"), Decimal(0))

    def test_a_new_model_that_is_stopped_is_paid_at_its_own_price(self) -> None:
        (after,) = replay_recordings(
            draft("{timeout_s: 2}"),
            [recorded(SLOW)],
            stand_ins={"draft": "sim:small"},
            reprice=lambda *_: Decimal("0.04"),
        )
        assert float(after.cut_off_usd) == pytest.approx(0.01)

    def test_what_was_stopped_when_recorded_has_cost_nobody_knows_what(self) -> None:
        stopped = make_attempt(
            error_class=ErrorClass.TIMEOUT, latency_s=3, cut_off=True, model="sim:large"
        )
        (again,) = replay(draft("{timeout_s: 3}"), recorded(stopped))
        assert again.reproduces
        assert (again.cut_off_usd, again.unpriced) == (Decimal(0), 1)

    def test_a_skill_that_is_stopped_costs_nothing(self) -> None:
        (again,) = replay(draft("{timeout_s: 3}"), recorded(CUT_AT_3))
        assert (again.cut_off_usd, again.unpriced) == (Decimal(0), 0)


class TestAskingAnotherModel:
    small = make_attempt(result="other", latency_s=0.25, model="sim:small", tokens=(9, 9))

    def know(self, attempt: RecordedAttempt, count: int = 30, step: str = "other") -> ModelSample:
        return ModelSample.of(
            [make_recording({step: [attempt]}, run_id=f"run-{number}") for number in range(count)]
        )

    def swap(self, models: ModelSample, *was: RecordedAttempt) -> Replayed:
        (after,) = replay_recordings(
            draft(),
            [recorded(*(was or (SLOW,)))],
            stand_ins={"draft": "sim:small"},
            reprice=lambda *_: Decimal("0.04"),
            models=models,
        )
        return after

    def test_its_time_is_its_own_where_another_step_has_asked_it(self) -> None:
        after = self.swap(self.know(self.small))
        assert after.result.latency_s == pytest.approx(0.25)
        assert (after.result.output, after.result.cost_usd) == ("late", Decimal("0.04"))
        assert after.stood_in == 1

    def test_it_fails_as_often_as_it_fails_elsewhere(self) -> None:
        failing = make_attempt(error_class=ErrorClass.UNAVAILABLE, latency_s=0.1, model="sim:small")
        after = self.swap(self.know(failing))
        assert after.result.error_class is ErrorClass.UNAVAILABLE

    def test_a_few_calls_of_it_tell_nothing(self) -> None:
        assert self.swap(self.know(self.small, 29)).result.latency_s == pytest.approx(8)

    def test_calls_at_the_same_step_count_before_those_elsewhere(self) -> None:
        here = self.know(self.small.model_copy(update={"latency_s": 0.5}), step="draft")
        elsewhere = self.know(self.small)
        both = ModelSample(
            {"sim:small": [*here.anywhere["sim:small"], *elsewhere.anywhere["sim:small"]]},
            {**here.at_step, **elsewhere.at_step},
        )
        assert self.swap(both).result.latency_s == pytest.approx(0.5)

    def test_what_was_cut_off_or_remembered_tells_nothing_of_a_model(self) -> None:
        stopped = make_attempt(
            error_class=ErrorClass.TIMEOUT, latency_s=3, cut_off=True, model="sim:small"
        )
        assert self.know(stopped).of_step("sim:small", "other") == ()
        remembered = self.small.model_copy(update={"cached": True})
        assert self.know(remembered).of_step("sim:small", "other") == ()
