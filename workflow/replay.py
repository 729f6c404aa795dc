"""Replay: recordings re-enacted through a version of the workflow, on a virtual clock, calling nothing.

Attempts and latencies happen again as recorded, so retries and timeouts really matter. Where a patched version asks
for what the recording doesn't hold (one more attempt, a step the run never reached), it is drawn from the other
recordings of the same step and counted as drawn.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from telemetry import ErrorClass, Outcome
from workflow.calls import AgentReply, AttemptError
from workflow.engine.program import Program
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.state import Call
from workflow.engine.virtual_time import VirtualTimeLoop
from workflow.recording import RecordedAttempt, RecordedStep, Recording

Reprice = Callable[[str, int, int], Decimal | None]
"""(model, input tokens, output tokens) → USD; None when the model has no price."""

_MIN_RETRY_SAMPLE = 20
_HANGS_S = 1e9


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
    seed: int = 0,
) -> list[Replayed]:
    """Re-enact every recording through `program`, in order.

    `stand_ins` maps the `step_id`s whose behaviour the program changes to their new model (`""`: none): recorded
    answers stand in for theirs, re-priced, and are counted.
    """
    donors = _Donors.of(recordings)
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:

        async def replay_one(recording: Recording) -> Replayed:
            enact = _Enactment(recording, donors, stand_ins or {}, reprice)
            result = await run_program(
                program,
                recording.input,
                perform=enact,
                run_id=recording.run_id,
                started_at=recording.started_at,
                seed=seed,
            )
            return Replayed(recording, result, enact.drawn, enact.stood_in, enact.tainted)

        return [runner.run(replay_one(recording)) for recording in recordings]


@dataclass(frozen=True)
class _Donors:
    """What the steps did across all recordings: where draws come from."""

    steps: Mapping[str, Sequence[RecordedStep]]
    by_run: Mapping[str, Mapping[tuple[str, int], RecordedStep]]
    run_ids: Sequence[str]
    attempts: Mapping[str, Sequence[RecordedAttempt]]
    retries: Mapping[str, Sequence[RecordedAttempt]]

    @classmethod
    def of(cls, recordings: Sequence[Recording]) -> "_Donors":
        steps: dict[str, list[RecordedStep]] = {}
        for recording in recordings:
            for step in recording.steps:
                steps.setdefault(step.step_id, []).append(step)
        attempts = {
            step_id: [attempt for step in found for attempt in step.attempts]
            for step_id, found in steps.items()
        }
        retries = {
            step_id: [attempt for attempt in found if attempt.attempt > 1]
            for step_id, found in attempts.items()
        }
        by_run = {
            recording.run_id: {(step.step_id, step.visit): step for step in recording.steps}
            for recording in recordings
        }
        return cls(steps, by_run, tuple(by_run), attempts, retries)

    def draw_attempt(self, step_id: str, random: Random) -> RecordedAttempt | None:
        """Draw how another attempt at a step would go; retries are told by retries where enough are recorded."""
        retries = self.retries.get(step_id, ())
        pool = retries if len(retries) >= _MIN_RETRY_SAMPLE else self.attempts.get(step_id, ())
        return random.choice(pool) if pool else None

    def draw_longer(self, step_id: str, than_s: float, random: Random) -> RecordedAttempt | None:
        """Draw an attempt that took longer than a cut-off one was given."""
        pool = [
            attempt
            for attempt in self.attempts.get(step_id, ())
            if attempt.latency_s > than_s and attempt.error_class is not ErrorClass.TIMEOUT
        ]
        return random.choice(pool) if pool else None

    def draw_step(
        self, step_id: str, visit: int, donor: str, random: Random
    ) -> RecordedStep | None:
        """Take a step the run never reached from its donor run, else from any run that has it."""
        found = self.by_run[donor].get((step_id, visit))
        pool = self.steps.get(step_id, ())
        return found or (random.choice(pool) if pool else None)


@dataclass
class _Enactment:
    """Answers for one run: from its recording, else from a draw."""

    recording: Recording
    donors: _Donors
    stand_ins: Mapping[str, str]
    reprice: Reprice | None
    drawn: int = 0
    stood_in: int = 0
    tainted: int = 0
    donor: str = ""
    drawn_steps: dict[tuple[str, int], RecordedStep] = field(default_factory=dict)
    diverged: bool = False

    async def __call__(self, call: Call) -> AgentReply:
        attempt = self._find(call)
        if attempt is None:
            raise AttemptError(ErrorClass.INVALID_INPUT, "no recording of this step")
        attempt = self._outlast(call, attempt)
        await asyncio.sleep(attempt.latency_s)
        return self._answer(call.plan.node.step_id, attempt)

    def _find(self, call: Call) -> RecordedAttempt | None:
        step_id, key = call.plan.node.step_id, (call.plan.node.step_id, call.visit)
        recorded = self.donors.by_run[self.recording.run_id].get(key)
        if recorded is None:
            recorded = self._draw_step(call, key)
        elif self.diverged and call.attempt == 1:
            self.tainted += 1
        if recorded is None:
            return None
        if call.attempt <= len(recorded.attempts):
            return recorded.attempts[call.attempt - 1]
        self.drawn += 1
        self.diverged = True
        return self.donors.draw_attempt(step_id, call.random)

    def _draw_step(self, call: Call, key: tuple[str, int]) -> RecordedStep | None:
        if key not in self.drawn_steps:
            self.drawn += 1
            self.diverged = True
            random = call.random
            # One donor a run, so that steps drawn together belong together.
            self.donor = self.donor or self._draw_donor(key, random)
            found = self.donors.draw_step(*key, self.donor, random)
            if found is None:
                return None
            self.drawn_steps[key] = found
        return self.drawn_steps[key]

    def _draw_donor(self, key: tuple[str, int], random: Random) -> str:
        fit = [run_id for run_id, steps in self.donors.by_run.items() if key in steps]
        return random.choice(fit or list(self.donors.run_ids))

    def _outlast(self, call: Call, attempt: RecordedAttempt) -> RecordedAttempt:
        """An attempt cut off by its timeout: under a longer one it would have gone on for longer than was recorded."""
        limit_s = call.plan.timeout_s
        if attempt.error_class is not ErrorClass.TIMEOUT:
            return attempt
        if limit_s is not None and limit_s <= attempt.latency_s * 1.001:
            return attempt
        self.drawn += 1
        self.diverged = True
        longer = self.donors.draw_longer(call.plan.node.step_id, attempt.latency_s, call.random)
        return longer or attempt.model_copy(
            update={"latency_s": _HANGS_S if limit_s is not None else attempt.latency_s}
        )

    def _answer(self, step_id: str, attempt: RecordedAttempt) -> AgentReply:
        model, cost_usd = attempt.model, attempt.cost_usd
        if step_id in self.stand_ins:
            self.stood_in += 1
            self.diverged = True
            model = self.stand_ins[step_id]
            cost_usd = self._price(model, attempt)
        if attempt.error_class:
            raise AttemptError(
                attempt.error_class,
                attempt.error,
                model=model,
                input_tokens=attempt.input_tokens,
                output_tokens=attempt.output_tokens,
                cost_usd=cost_usd,
                simulated=attempt.simulated,
            )
        return AgentReply(
            attempt.result,
            model,
            attempt.input_tokens,
            attempt.output_tokens,
            cost_usd,
            attempt.simulated,
        )

    def _price(self, model: str, attempt: RecordedAttempt) -> Decimal:
        price = (
            self.reprice(model, attempt.input_tokens, attempt.output_tokens)
            if self.reprice and model
            else None
        )
        return attempt.cost_usd if price is None else price
