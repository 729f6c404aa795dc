"""What the telemetry alone says of limits whose effect no recording holds: a longer timeout, a shorter answer.

Nobody saw how long an attempt would have gone on that was stopped: under a longer timeout it is drawn from the tail of
the healthy ones, as far as that explains such attempts; the others hang on. An answer beyond a new cap is cut there and
worth nothing; it costs what the cap leaves of it, and as long as before, for nobody knows how its time is spread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from meta_agent.detectors.window import open_window
from meta_agent.latencies import AttemptLatencies, measure_latencies
from meta_agent.roi import Pair, RunOutcome, outcome_of
from meta_agent.what_if import imagine_pairs
from meta_agent.what_if_changes import list_changes
from meta_agent.what_if_structure import Imagined
from telemetry import Attempt, ErrorClass, Outcome, Run, StepRun
from workflow import Changed, GraphChange, Program, Reprice, StepPlan

_TIMEOUT: Final = ("config", "timeout_s")
_CAP: Final = ("config", "max_tokens")


def imagine_longer(
    base: Program,
    head: Program,
    runs: Sequence[Run],
    *,
    random: Random,
    reprice: Reprice | None = None,
    changes: Sequence[GraphChange] | None = None,
) -> Imagined | None:
    """Return each run beside what it becomes with a longer timeout of one step; `None` for any other change."""
    changes = list_changes(base, head, changes)
    step_id = _find_changed(base, head, changes, _TIMEOUT)
    if not step_id or not _is_longer(base.leaves[step_id], head.leaves[step_id]):
        return None
    sample = open_window(runs, base.workflow).sample(step_id)
    latencies = measure_latencies(sample) if sample else None
    if sample is None or latencies is None or latencies.tail is None or not sample.timeout_s:
        return None
    going_on = [_let_go_on(run, step_id, latencies, sample.timeout_s, random) for run in runs]
    pairs = imagine_pairs(base, head, going_on, random=random, reprice=reprice, changes=changes)
    told = zip(runs, pairs, strict=True)
    return Imagined(
        [Pair(outcome_of(run), pair.head) for run, pair in told],
        "runs re-enacted with what was stopped drawn from the tail",
    )


def imagine_cap(
    base: Program,
    head: Program,
    runs: Sequence[Run],
    *,
    reprice: Reprice | None = None,
    changes: Sequence[GraphChange] | None = None,
) -> Imagined | None:
    """Return each run beside what it becomes with fewer tokens for one step; `None` for any other change."""
    step_id = _find_changed(base, head, list_changes(base, head, changes), _CAP)
    cap = head.leaves[step_id].settings.get("max_tokens") if step_id else None
    if not isinstance(cap, int) or isinstance(cap, bool):
        return None
    pairs = [Pair(outcome_of(run), _cap(run, step_id, cap, reprice)) for run in runs]
    return Imagined(pairs, "runs re-enacted with longer answers cut")


def _find_changed(
    base: Program, head: Program, changes: Sequence[GraphChange], field: tuple[str, ...]
) -> str:
    """Return the one step of which this field changes and nothing else; "" where there is none."""
    if len(changes) != 1 or not isinstance(changes[0], Changed) or changes[0].field != field:
        return ""
    step_id = changes[0].subject.id
    return step_id if step_id in base.leaves and step_id in head.leaves else ""


def _is_longer(before: StepPlan, after: StepPlan) -> bool:
    if before.timeout_s is None:
        return False
    return after.timeout_s is None or after.timeout_s > before.timeout_s


def _let_go_on(
    run: Run, step_id: str, latencies: AttemptLatencies, timeout_s: float, random: Random
) -> Run:
    """Return the run with an end for each attempt of the step that the timeout stopped."""
    if not any(_is_stopped(one) for step in _executions(run, step_id) for one in step.attempts):
        return run
    share = latencies.merely_slow(timeout_s) / latencies.cut_off if latencies.cut_off else 0.0

    def end(attempt: Attempt) -> Attempt:
        if not _is_stopped(attempt) or random.random() >= share:
            return attempt
        assert latencies.tail is not None
        rank = 1 - latencies.tail.tail(timeout_s) * (1 - random.random())
        took_s = latencies.tail.quantile(min(rank, 1 - 1e-9))
        return replace(
            attempt,
            outcome=Outcome.OK,
            error_class=ErrorClass.NONE,
            latency_ms=max(attempt.latency_ms, 1000 * took_s),
        )

    return replace(
        run,
        steps=tuple(
            replace(step, attempts=tuple(map(end, step.attempts)))
            if step.step_id == step_id
            else step
            for step in run.steps
        ),
    )


def _is_stopped(attempt: Attempt) -> bool:
    return attempt.error_class is ErrorClass.TIMEOUT


def _executions(run: Run, step_id: str) -> Iterator[StepRun]:
    return (step for step in run.steps if step.step_id == step_id)


def _cap(run: Run, step_id: str, cap: int, reprice: Reprice | None) -> RunOutcome:
    was, cost_usd, succeeded = outcome_of(run), float(run.cost_usd), run.succeeded
    for step in _executions(run, step_id):
        for attempt in step.attempts:
            if attempt.output_tokens > cap:
                cost_usd -= _spared_usd(attempt, cap, reprice)
                succeeded = succeeded and attempt.outcome is not Outcome.OK
    return RunOutcome(max(0.0, cost_usd), succeeded, was.latency_s)


def _spared_usd(attempt: Attempt, cap: int, reprice: Reprice | None) -> float:
    """Return what the tokens beyond the cap cost; by their share of all where the model has no price."""
    whole_usd = float(attempt.cost_usd)
    if reprice and attempt.model:
        listed = [
            reprice(attempt.model, attempt.input_tokens, tokens)
            for tokens in (attempt.output_tokens, cap)
        ]
        if listed[0] and listed[1] is not None:
            return whole_usd * float(1 - listed[1] / listed[0])
    beyond = attempt.output_tokens - cap
    return whole_usd * beyond / (attempt.input_tokens + attempt.output_tokens)
