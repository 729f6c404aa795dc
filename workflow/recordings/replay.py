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
from workflow.engine.cache import MemoryCache, NoCache
from workflow.engine.events import Listener
from workflow.engine.live import perform_mocked
from workflow.engine.program import Program
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.virtual_time import VirtualTimeLoop
from workflow.format.spec import Mock
from workflow.recordings.donors import Donors
from workflow.recordings.enactment import Enactment, Reprice
from workflow.recordings.model_sample import NO_MODELS, ModelSample
from workflow.recordings.recording import Recording


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recording through one version.

    `drawn` attempts weren't in the recording, `stood_in` ones were made by a step that now behaves differently, and
    `tainted` ones follow after either: what they answered was asked a little differently. `cut_off_usd` is what
    attempts that only this version stops would have cost until then, which no reply says; `unpriced` ones were stopped
    when recorded, and nobody knows what they cost.
    """

    recording: Recording
    result: RunResult
    drawn: int
    stood_in: int
    tainted: int
    cut_off_usd: Decimal = Decimal(0)
    unpriced: int = 0

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
    models: ModelSample = NO_MODELS,
    mocks: Mapping[str, Mock] | None = None,
    seed: int = 0,
    listeners: Sequence[Listener] = (),
    old_ids: Mapping[str, str] | None = None,
    remembers: bool = False,
) -> list[Replayed]:
    """Re-enact every recording through `program`, in order.

    `stand_ins` maps the `step_id`s whose behaviour the program changes to their new model (`""`: none): recorded
    answers stand in for theirs, re-priced, and are counted; how long that model takes and whether it fails is drawn
    from `models`, where they know it. What a recording doesn't hold is drawn from `donors`, which hold `recordings` too
    (by default nothing else). `mocks` answer for their steps before any recording does. `old_ids` maps the `step_id`s
    of steps that stand elsewhere now to those they were recorded under; where the program `remembers` answers that the
    recorded version asked for again, each run begins with an empty cache.
    """
    pool = Donors.of(recordings if donors is None else donors)
    loop = VirtualTimeLoop(count_cpu=False)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:

        async def replay_one(recording: Recording) -> Replayed:
            # From 0, so that a run's latency doesn't depend on the runs before it by a rounding error.
            loop.rewind()
            enact = Enactment(recording, pool, stand_ins or {}, reprice, models, old_ids or {})
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
                cache=MemoryCache() if remembers else NoCache(),
            )
            counted = (enact.drawn, enact.stood_in, enact.tainted)
            return Replayed(recording, result, *counted, enact.cut_off_usd, enact.unpriced)

        async def replay_all() -> list[Replayed]:
            # In one go: to start and stop a loop costs more than a replay.
            return [await replay_one(recording) for recording in recordings]

        return runner.run(replay_all())
