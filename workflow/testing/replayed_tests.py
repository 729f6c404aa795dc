"""Embedded tests on recordings: no model is asked and no skill is called.

A recording belongs to a test when it was made of the same spec with exactly the test's input; each such recording is
one run of the test. A test without one is skipped, never passed.
"""

from collections.abc import Callable, Iterable, Sequence

import orjson
from pydantic import JsonValue

from workflow.engine.compiler import mock_imports
from workflow.engine.program import Program
from workflow.format.spec import EmbeddedTest
from workflow.load import Workflow
from workflow.recordings.recording import Recording
from workflow.recordings.replay import Replayed, replay_recordings
from workflow.testing.embedded_tests import out_of_time
from workflow.testing.trials import TestResult, Trial, break_off, conclude, judge_run, skip

NO_RECORDING = "no recording has this test's input"


def replay_embedded_tests(
    program: Program,
    recordings: Iterable[Recording],
    *,
    seed: int = 0,
    tests: Iterable[EmbeddedTest] | None = None,
    report: Callable[[TestResult], None] = lambda _: None,
) -> list[TestResult]:
    """Re-enact each test's recordings through `program`, its mocks before them, and judge what comes of it."""
    mine = select_recordings(program.workflow, recordings)
    results: list[TestResult] = []
    for test in program.workflow.spec.tests if tests is None else tests:
        results.append(_replay_test(program, mine, test, seed))
        report(results[-1])
    return results


def select_recordings(workflow: Workflow, recordings: Iterable[Recording]) -> list[Recording]:
    """Return the recordings of this spec, in any of its versions, oldest first."""
    mine = [
        recording
        for recording in recordings
        if recording.spec_sha256 == workflow.spec_sha256 or recording.spec_path == workflow.path
    ]
    return sorted(mine, key=lambda recording: (recording.started_at, recording.run_id))


def _replay_test(
    program: Program, recordings: Sequence[Recording], test: EmbeddedTest, seed: int
) -> TestResult:
    wanted = _canonical(test.input)
    own = [recording for recording in recordings if _canonical(recording.input) == wanted]
    if not own:
        return skip(test, NO_RECORDING)
    try:
        program = mock_imports(program, test.mocks)
        replayed = replay_recordings(program, own, donors=recordings, mocks=test.mocks, seed=seed)
    except Exception as problem:  # it must fail this test, not the others
        return break_off(test, (), f"{type(problem).__name__}: {problem}")
    return conclude(test, [_judge(test, one) for one in replayed])


def _judge(test: EmbeddedTest, replayed: Replayed) -> Trial:
    if replayed.result.latency_s > test.timeout_s:
        return out_of_time(test)
    return judge_run(test, replayed.result, drawn=replayed.drawn)


def _canonical(value: JsonValue) -> bytes:
    """`1`, `1.0` and `true` are different inputs; the order of keys is not."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
