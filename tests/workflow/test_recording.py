"""Recordings: complete, readable again, refused when they can't be true."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import ErrorClass, Outcome
from tests.builders import make_attempt, make_program, make_recording, record, run
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance
from tests.workflow.random_workflows import programs
from workflow import Program, Recorder, RecordingError, read_recording, write_recording


@settings(deadline=None, max_examples=50)
@given(programs, st.integers(0, 1000))
def test_what_is_written_is_read_back(program: Program, seed: int) -> None:
    recording = record(program, {"x": 1}, agents=ask_by_chance, seed=seed)
    assert read_recording(write_recording(recording)) == recording


def test_a_recording_holds_every_attempt_of_every_step_that_asks_or_calls() -> None:
    steps = """
- {name: a, uses: agents.writer, config: {max_retries: 1}}
- {kind: loop, name: l, loop: {max_loops: 2, body: [{name: b, uses: s:b}]}}
"""
    failed = Answer(error=ErrorClass.RATE_LIMITED, latency_s=1, cost_usd="0.1", tokens=(3, 0))
    agents = ScriptedAgents({"writer": [failed, Answer({"x": 1}, 2, "0.25", (30, 4))]})
    recording = record(make_program(steps), "in", agents=agents, skills={"s:b": lambda _: "out"})
    assert [(step.step_id, step.visit, step.iteration) for step in recording.steps] == [
        ("a", 0, 0),
        ("l/b", 0, 1),
        ("l/b", 1, 2),
    ]
    first, second = recording.steps[0].attempts
    assert (first.attempt, first.error_class, first.result) == (1, ErrorClass.RATE_LIMITED, None)
    assert (first.latency_s, first.cost_usd, first.input_tokens) == (1.0, Decimal("0.1"), 3)
    assert (second.attempt, second.result, second.model) == (2, {"x": 1}, "sim:large")
    assert (recording.input, recording.output, recording.outcome) == ("in", "out", Outcome.OK)
    assert recording.cost_usd == Decimal("0.35")
    assert recording.latency_s >= 3


def test_what_was_cut_off_is_marked() -> None:
    steps = "- {name: a, uses: agents.writer, config: {timeout_s: 3}}"
    agents = ScriptedAgents({"writer": [Answer(latency_s=9)]})
    (attempt,) = record(make_program(steps), agents=agents).steps[0].attempts
    assert (attempt.cut_off, attempt.outcome, attempt.latency_s) == (True, Outcome.TIMEOUT, 3.0)
    assert not attempt.is_cancelled


def test_one_recorder_takes_run_after_run() -> None:
    recorder = Recorder()
    for run_id in ("one", "two"):
        run(
            make_program("- {name: a, uses: flujo.value.pass}"), listeners=[recorder], run_id=run_id
        )
    assert [recording.run_id for recording in recorder.take()] == ["one", "two"]
    assert recorder.take() == []


def test_money_is_kept_to_the_last_digit() -> None:
    attempt = make_attempt(cost_usd="0.1234567890123456789")
    written = write_recording(make_recording({"draft": [attempt]}))
    assert read_recording(written).steps[0].attempts[0].cost_usd == attempt.cost_usd
    assert b'"0.1234567890123456789"' in written


def test_the_format_is_frozen() -> None:
    written = json.loads(write_recording(make_recording()))
    assert written["format"] == "flujo.recording/1"
    assert list(written) == [
        "format",
        "run_id",
        "spec_sha256",
        "spec_path",
        "started_at",
        "seed",
        "simulated",
        "input",
        "steps",
        "outcome",
        "error_class",
        "output",
        "score",
        "cost_usd",
        "latency_s",
    ]
    assert list(written["steps"][0]) == [
        "step_id",
        "yaml_path",
        "visit",
        "iteration",
        "branch",
        "input_hash",
        "attempts",
    ]
    assert list(written["steps"][0]["attempts"][0]) == [
        "attempt",
        "outcome",
        "latency_s",
        "error_class",
        "error",
        "cut_off",
        "result",
        "model",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "simulated",
    ]


def change(path: str, value: object) -> bytes:
    """Return a good recording with one value changed; `path` is dotted, a value of `...` removes the key."""
    written: Any = json.loads(write_recording(make_recording()))
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    here = written
    for part in parents:
        here = here[part]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return json.dumps(written).encode()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not a recording"),
        (b"{", "not a recording"),
        (b"[]", "not a recording"),
        (b"\xff\xfe", "not a recording"),
        (change("format", "flujo.recording/2"), "format"),
        (change("run_id", ...), "run_id"),
        (change("extra", 1), "extra"),
        (change("seed", "1"), "seed"),
        (change("started_at", "2026-01-05T09:00:00"), "started_at"),
        (change("latency_s", -1), "latency_s"),
        (change("cost_usd", "-1"), "cost_usd"),
        (change("cost_usd", "NaN"), "cost_usd"),
        (change("score", float("inf")), "score"),
        (change("outcome", "splendid"), "outcome"),
        (change("steps.0.attempts", []), "steps.0.attempts"),
        (change("steps.0.attempts.0.attempt", 2), "aren't numbered 1, 2"),
        (change("steps.0.attempts.0.error_class", "bad luck"), "error_class"),
        (change("steps.0.visit", -1), "visit"),
        (change("steps", json.loads(change("x", 1))["steps"] * 2), "visit is recorded twice"),
    ],
)
def test_what_can_not_be_a_recording_is_refused_with_the_reason(data: bytes, told: str) -> None:
    with pytest.raises(RecordingError, match="not a recording") as refused:
        read_recording(data)
    assert told in str(refused.value)
