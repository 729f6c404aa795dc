"""One recording re-enacted: answers the engine's attempts from what was recorded, else from a draw, and keeps count."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from telemetry import ErrorClass
from workflow.calls import AgentReply, AttemptError
from workflow.engine.state import Call
from workflow.recordings.donors import Donors, Visit, index_steps
from workflow.recordings.model_sample import NO_MODELS, ModelSample
from workflow.recordings.recording import RecordedAttempt, RecordedStep, Recording

Reprice = Callable[[str, int, int], Decimal | None]
"""(model, input tokens, output tokens) → USD; None when the model has no price."""

_HANGS_S = 100_000.0
"""Longer than any timeout, which is a day at most."""


@dataclass
class Enactment:
    """A `Perform` for one run; it counts as `Replayed` says.

    `old_ids` maps the `step_id` of a step that stands elsewhere now to the one it was recorded under.
    """

    recording: Recording
    donors: Donors
    stand_ins: Mapping[str, str]
    reprice: Reprice | None
    models: ModelSample = NO_MODELS
    old_ids: Mapping[str, str] = field(default_factory=dict)
    drawn: int = 0
    stood_in: int = 0
    tainted: int = 0
    cut_off_usd: Decimal = Decimal(0)
    unpriced: int = 0
    diverged: bool = False
    own: Mapping[Visit, RecordedStep] = field(init=False)
    donor: Mapping[Visit, RecordedStep] | None = None
    drawn_steps: dict[Visit, RecordedStep | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.own = index_steps(self.recording)

    async def __call__(self, call: Call) -> AgentReply:
        attempt = self._find(call)
        if attempt is None:
            raise AttemptError(ErrorClass.INVALID_INPUT, "no recording of this step")
        attempt = self._ask_new_model(call, attempt)
        return self._answer(call.plan.node.step_id, await self._take_time(call, attempt))

    def _recorded_id(self, call: Call) -> str:
        step_id = call.plan.node.step_id
        return self.old_ids.get(step_id, step_id)

    def _find(self, call: Call) -> RecordedAttempt | None:
        visit = (self._recorded_id(call), call.visit)
        recorded = self.own.get(visit)
        if recorded is None:
            recorded = self._draw_step(call, visit)
        elif self.diverged and call.attempt == 1:
            self.tainted += 1
        if recorded is None:
            return None
        if call.attempt <= len(recorded.attempts):
            return recorded.attempts[call.attempt - 1]
        self._count_draw()
        return self.donors.draw_attempt(visit[0], self._chance(call))

    def _ask_new_model(self, call: Call, attempt: RecordedAttempt) -> RecordedAttempt:
        """Draw how long a step's new model takes and whether it fails; what it would say, nobody knows."""
        step_id = self._recorded_id(call)
        model = self.stand_ins.get(call.plan.node.step_id, "")
        drawn = self.models.draw(model, step_id, self._chance(call)) if model else None
        if drawn is None:
            return attempt
        if drawn.error_class:
            kept = {"input_tokens": attempt.input_tokens}
            return drawn.model_copy(update=kept if drawn.input_tokens else {})
        if attempt.error_class or attempt.cut_off:
            attempt = self.donors.draw_success(step_id, self._chance(call)) or attempt
        return attempt.model_copy(update={"latency_s": drawn.latency_s})

    def _draw_step(self, call: Call, visit: Visit) -> RecordedStep | None:
        if visit not in self.drawn_steps:
            self._count_draw()
            random = self._chance(call)
            if self.donor is None:
                # One donor a run, so that steps drawn together belong together.
                self.donor = self.donors.draw_run(visit, random)
            self.drawn_steps[visit] = self.donors.draw_step(visit, self.donor, random)
        return self.drawn_steps[visit]

    async def _take_time(self, call: Call, attempt: RecordedAttempt) -> RecordedAttempt:
        """Let an attempt take as long as it took; one that was cut off when recorded, and isn't now, goes on."""
        await self._wait(call, attempt, attempt.latency_s)
        if not attempt.cut_off:
            return attempt
        return await self._go_on(call, attempt)

    async def _go_on(self, call: Call, attempt: RecordedAttempt) -> RecordedAttempt:
        # What cut it off when recorded does so again here, give or take the jitter of a real clock.
        await self._wait(call, attempt, 0.01 + 0.001 * attempt.latency_s)
        self._count_draw()
        longer = self.donors.draw_longer(
            self._recorded_id(call), attempt.latency_s, self._chance(call)
        )
        if longer:
            so_far_s = 1.001 * attempt.latency_s + 0.01
            await self._wait(call, longer, longer.latency_s - so_far_s, so_far_s)
            return longer
        if call.plan.timeout_s is not None:
            await asyncio.sleep(_HANGS_S)
        return attempt

    async def _wait(
        self, call: Call, attempt: RecordedAttempt, latency_s: float, so_far_s: float = 0.0
    ) -> None:
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            await asyncio.sleep(max(0.0, latency_s))
        except asyncio.CancelledError:
            self._charge_cut_off(call, attempt, so_far_s + loop.time() - started_s)
            raise

    def _charge_cut_off(self, call: Call, attempt: RecordedAttempt, took_s: float) -> None:
        """A provider bills what it made until it was stopped: its share of the time, or nobody knows how much."""
        model = self.stand_ins.get(call.plan.node.step_id, attempt.model)
        if attempt.cut_off:
            self.unpriced += bool(model)
        elif attempt.latency_s > 0:
            share = Decimal(min(1.0, took_s / attempt.latency_s))
            self.cut_off_usd += share * self._price(model, attempt)

    def _count_draw(self) -> None:
        self.drawn += 1
        self.diverged = True

    def _chance(self, call: Call) -> Random:
        """Luck of this run and attempt alone: other runs draw otherwise, other versions of the spec draw the same."""
        step_id = self._recorded_id(call)
        key = (call.seed, self.recording.run_id, step_id, call.visit, call.attempt)
        return Random("/".join(map(str, key)))  # noqa: S311 -- simulation, not secrets

    def _answer(self, step_id: str, attempt: RecordedAttempt) -> AgentReply:
        model, cost_usd = attempt.model, attempt.cost_usd
        if step_id in self.stand_ins:
            self.stood_in += 1
            self.diverged = True
            model = self.stand_ins[step_id]
            cost_usd = self._price(model, attempt)
        if attempt.error_class or attempt.is_cancelled:
            raise AttemptError(
                attempt.error_class or ErrorClass.TIMEOUT,
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
            attempt.cached,
        )

    def _price(self, model: str, attempt: RecordedAttempt) -> Decimal:
        if not self.reprice or not model or model == attempt.model:
            return attempt.cost_usd
        price = self.reprice(model, attempt.input_tokens, attempt.output_tokens)
        return attempt.cost_usd if price is None else price
