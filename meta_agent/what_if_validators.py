"""What a step's other validators would do: one more told from recordings, one fewer or a new order from telemetry.

With one fewer, runs are spared its time, and fail as often as it may have refused something that nobody saw it refuse.
In another order, they are spared what the first need no longer look at. Of answers that it refused, half are taken to
be refused by the second one too, for nobody asked that one.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from pydantic import JsonValue

from meta_agent.answer_checks import read_checks
from meta_agent.roi import Pair, RunOutcome, outcome_of
from meta_agent.what_if_changes import list_changes
from meta_agent.what_if_checked import imagine_checked
from meta_agent.what_if_structure import Imagined
from telemetry import Attempt, ErrorClass, Run
from workflow import Changed, GraphChange, Program, Recording

_BOTH_REFUSE: Final = 0.5
_VALIDATORS: Final = ("validators",)
_KNOWN_FIELDS: Final = frozenset({_VALIDATORS, ("config", "max_retries")})
_UNSEEN = 0.5
"""Jeffreys' prior: half a refusal more than were seen."""

SparedMs = Callable[[Attempt], float]


def imagine_validators(
    base: Program,
    head: Program,
    runs: Sequence[Run],
    recordings: Sequence[Recording],
    *,
    random: Random,
    changes: Sequence[GraphChange] | None = None,
) -> Imagined | None:
    """Return each run beside what it would have become; `None` where anything but one step's validators changes."""
    changed = _find_change(list_changes(base, head, changes))
    if changed is None:
        return None
    step_id = changed.subject.id
    before, after = _as_list(changed.before), _as_list(changed.after)
    added = [one for one in after if one not in before]
    if len(after) == len(before) + len(added) and added:
        checks = read_checks(added)
        mine = [one for one in recordings if one.spec_sha256 == base.workflow.spec_sha256]
        known = mine if len(checks) == len(added) else []
        pairs = imagine_checked(known, head.leaves[step_id], checks, random)
        return Imagined(pairs, "recorded runs re-enacted with the validator") if pairs else None
    if added or not _saw_validators(runs, step_id):
        return None
    pairs = _imagine_changed(runs, step_id, before, after, random)
    return Imagined(pairs, "runs re-enacted from telemetry alone") if pairs else None


def _find_change(changes: Sequence[GraphChange]) -> Changed | None:
    """Return the change of one step's validators; nothing else than its retries may change beside them."""
    fields = {one.field for one in changes if isinstance(one, Changed)}
    alone = len({(type(one), one.subject) for one in changes}) == 1 and fields <= _KNOWN_FIELDS
    found = (one for one in changes if isinstance(one, Changed) and one.field == _VALIDATORS)
    return next(found, None) if alone and fields else None


def _as_list(value: object) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _saw_validators(runs: Sequence[Run], step_id: str) -> bool:
    return any(
        attempt.validators_ms
        for run in runs
        for step in run.steps
        if step.step_id == step_id
        for attempt in step.attempts
    )


def _imagine_changed(
    runs: Sequence[Run],
    step_id: str,
    before: list[JsonValue],
    after: list[JsonValue],
    random: Random,
) -> list[Pair]:
    if len(after) == len(before) - 1:
        place = next((n for n, one in enumerate(after) if one != before[n]), len(after))
        at_risk = _rate_unseen(runs, step_id, place)
        return [_spare(run, step_id, _without(place), random, at_risk) for run in runs]
    moved = [n for n, one in enumerate(after) if one != before[n]]
    if len(moved) == 2 and moved[1] == moved[0] + 1:
        swapped = _swapped(moved[0], random)
        return [_spare(run, step_id, swapped, random, 0.0) for run in runs]
    return []


def _without(place: int) -> SparedMs:
    def spared_ms(attempt: Attempt) -> float:
        return attempt.validators_ms[place] if place < len(attempt.validators_ms) else 0.0

    return spared_ms


def _swapped(place: int, random: Random) -> SparedMs:
    """Return what an attempt is spared when the validator behind `place` looks first; less than 0 where it costs."""

    def spared_ms(attempt: Attempt) -> float:
        times_ms = attempt.validators_ms
        refused = attempt.error_class is ErrorClass.REJECTED
        if refused and len(times_ms) == place + 2:
            return times_ms[place]
        if refused and len(times_ms) == place + 1:
            # What the second one takes is little, or nobody would have it look first.
            return times_ms[place] if random.random() < _BOTH_REFUSE else 0.0
        return 0.0

    return spared_ms


def _rate_unseen(runs: Sequence[Run], step_id: str, place: int) -> float:
    """Return how often the validator may say no, as its answers so far tell."""
    asked = [
        attempt
        for run in runs
        for step in run.steps
        if step.step_id == step_id
        for attempt in step.attempts
        if len(attempt.validators_ms) > place
    ]
    last = [one for one in asked if len(one.validators_ms) == place + 1]
    refused = sum(one.error_class is ErrorClass.REJECTED for one in last)
    return (refused + _UNSEEN) / (len(asked) + 2 * _UNSEEN)


def _spare(run: Run, step_id: str, spared_ms: SparedMs, random: Random, at_risk: float) -> Pair:
    """Pair a run with what it is once its attempts at the step are spared something, at some risk of failing."""
    was = outcome_of(run)
    mine = [step for step in run.steps if step.step_id == step_id]
    saved_s = sum(spared_ms(attempt) for step in mine for attempt in step.attempts) / 1000
    fails = any(random.random() < at_risk for _ in mine)
    latency_s = max(0.0, was.latency_s - saved_s)
    return Pair(was, RunOutcome(was.cost_usd, was.succeeded and not fails, latency_s))
