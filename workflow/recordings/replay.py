"""Replay: recordings re-enacted through a version of the workflow, on a virtual clock, calling nothing.

Attempts and latencies happen again as recorded, so retries and timeouts really matter. Where a patched version asks
for what the recording doesn't hold (one more attempt, a step the run never reached), it is drawn from the other
recordings of the same step and counted as drawn.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from telemetry import Outcome
from workflow.engine.cache import NoCache
from workflow.engine.events import Listener
from workflow.engine.live import perform_mocked
from workflow.engine.program import Program
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.virtual_time import VirtualTimeLoop
from workflow.format.spec import Mock
from workflow.recordings.donors import Donors
from workflow.recordings.enactment import Enactment, Reprice
from workflow.recordings.recording import Recording


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recording through one version.

    `drawn` attempts weren't in the recording, `stood_in` ones were made by a step that now behaves differently, and
    `tainted` ones follow after either: what they answered was asked a little differently.
    """

    recording: Recording
    result: RunResult
    drawn: int
    stood_in: int
    tainted: int

    @property
    def reproduces(self) -> bool:
        """Whether the run came out as recorded; what a replay of the recorded version must do."""
        was = self.recording
        same_cost = abs(self.result.cost_usd - was.cost_usd) <= Decimal("1e-9")
        return same_cost and (self.result.outcome is Outcome.OK) == (was.outcome is Outcome.OK)


def replay_recordings(
    program: Program,
    recordings: Sequence[Recording],
    *,
    stand_ins: Mapping[str, str] | None = None,
    reprice: Reprice | None = None,
    donors: Sequence[Recording] | None = None,
    mocks: Mapping[str, Mock] | None = None,
    seed: int = 0,
    listeners: Sequence[Listener] = (),
) -> list[Replayed]:
    """Re-enact every recording through `program`, in order.

    `stand_ins` maps the `step_id`s whose behaviour the program changes to their new model (`""`: none): recorded
    answers stand in for theirs, re-priced, and are counted. What a recording doesn't hold is drawn from `donors`, which
    hold `recordings` too (by default nothing else). `mocks` answer for their steps before any recording does.
    """
    pool = Donors.of(recordings if donors is None else donors)
    loop = VirtualTimeLoop(count_cpu=False)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:

        async def replay_one(recording: Recording) -> Replayed:
            # From 0, so that a run's latency doesn't depend on the runs before it by a rounding error.
            loop.rewind()
            enact = Enactment(recording, pool, stand_ins or {}, reprice)
            result = await run_program(
                program,
                recording.input,
                perform=perform_mocked(mocks, enact) if mocks else enact,
                run_id=recording.run_id,
                started_at=recording.started_at,
                seed=seed,
                waits_seed=recording.seed,
                listeners=listeners,
                limits=recording.held_to.limits,
                overrides=recording.held_to.overrides,
                # What was remembered is in the recording, as attempts.
                cache=NoCache(),
            )
            return Replayed(recording, result, enact.drawn, enact.stood_in, enact.tainted)

        async def replay_all() -> list[Replayed]:
            # In one go: to start and stop a loop costs more than a replay.
            return [await replay_one(recording) for recording in recordings]

        return runner.run(replay_all())
