"""Failures that a validator further up would have caught, told from recordings: which answer, which check."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meta_agent.answer_checks import LEARNERS, AnswerCheck, Learn, list_known_checks
from meta_agent.causes import BY_INPUT, Consequence, follow_answers, list_suspects
from meta_agent.detectors.window import Window
from meta_agent.statistics import wilson_bounds
from workflow import StepNode

_MIN_FAILED = 3
_MIN_WORKED = 20
_MOST_SUSPECTS = 4
_MIN_CAUGHT = 0.5
_MIN_PRECISION = 0.8
_ALIKE = 0.02


@dataclass(frozen=True, slots=True)
class LateFailure:
    """Failures of `reader` that `check` on the answers of `source` would have caught.

    Counted on answers that the check wasn't learnt from: `caught` of `failed`, and `refused` of `worked` that did no
    harm. `rejection_rate` is that of the check learnt from all of them.
    """

    source: StepNode
    reader: StepNode
    check: AnswerCheck
    failed: int
    caught: int
    worked: int
    refused: int
    rejection_rate: float

    @property
    def is_clear(self) -> bool:
        """Whether it catches most failures, and hardly anything else."""
        is_precise = self.caught >= _MIN_PRECISION * (self.caught + self.refused)
        return is_precise and self.caught >= _MIN_CAUGHT * self.failed

    @property
    def caught_low(self) -> float:
        """Lower bound, at 95 %, of the share of failures it catches."""
        return wilson_bounds(self.caught, self.failed)[0]

    @property
    def p_value(self) -> float:
        """P(so many of the refused answers are failures by chance): Fisher's exact test, one-sided."""
        marked, total = self.caught + self.refused, self.failed + self.worked
        ways = sum(
            math.comb(self.failed, hits) * math.comb(self.worked, marked - hits)
            for hits in range(self.caught, min(self.failed, marked) + 1)
        )
        return float(ways / math.comb(total, marked))


def find_late_failures(window: Window) -> list[LateFailure]:
    """Return, for each step that fails on its input, the source whose answers tell it best; in document order."""
    known = list_known_checks(window.workflow)
    found = (_explain(reader, window, known) for reader in _list_failing(window))
    return [one for one in found if one is not None]


def _list_failing(window: Window) -> Iterator[StepNode]:
    failed: dict[str, int] = {}
    for recording in window.recordings:
        for step in recording.steps:
            if step.attempts[-1].error_class in BY_INPUT:
                failed[step.step_id] = failed.get(step.step_id, 0) + 1
    for node in window.workflow.nodes:
        if failed.get(node.step_id, 0) >= _MIN_FAILED:
            yield node


def _explain(reader: StepNode, window: Window, known: Sequence[AnswerCheck]) -> LateFailure | None:
    best: LateFailure | None = None
    for number, source in enumerate(list_suspects(reader, window)):
        if number >= _MOST_SUSPECTS:
            break
        told = follow_answers(window.recordings, source.step_id, reader.step_id)
        found = _search(source, reader, told, [one for one in known if not _has(source, one)])
        if found and found.is_clear and (best is None or found.caught > best.caught):
            best = found
    return best


def _has(source: StepNode, check: AnswerCheck) -> bool:
    validators = source.raw.get("validators")
    return isinstance(validators, list) and check.to_json() in validators


def _search(
    source: StepNode,
    reader: StepNode,
    told: Sequence[Consequence],
    known: Sequence[AnswerCheck],
) -> LateFailure | None:
    failed = sum(one.failed for one in told)
    if failed < _MIN_FAILED or len(told) - failed < _MIN_WORKED:
        return None
    learners = [*(_as_it_is(check) for check in known), *LEARNERS]
    tried = [found for learn in learners if (found := _try(source, reader, told, learn))]
    best = max((_informedness(one) for one in tried), default=0.0)
    return next((one for one in tried if _informedness(one) >= best - _ALIKE), None)


def _as_it_is(check: AnswerCheck) -> Learn:
    return lambda _worked, _failed: check


def _try(
    source: StepNode, reader: StepNode, told: Sequence[Consequence], learn: Learn
) -> LateFailure | None:
    """Learn from each half and count on the other; what is proposed is learnt from all."""
    halves = told[::2], told[1::2]
    checks = [_learn(half, learn) for half in halves]
    check = _learn(told, learn)
    if check is None or None in checks:
        return None
    caught = refused = 0
    for half, other in zip(halves, reversed(checks), strict=True):
        assert other is not None
        rejected = [one for one in half if other.rejects(one.answer)]
        caught += sum(one.failed for one in rejected)
        refused += sum(not one.failed for one in rejected)
    failed = sum(one.failed for one in told)
    rate = sum(check.rejects(one.answer) for one in told) / len(told)
    return LateFailure(
        source, reader, check, failed, caught, len(told) - failed, refused, rejection_rate=rate
    )


def _learn(told: Sequence[Consequence], learn: Learn) -> AnswerCheck | None:
    worked = [one.answer for one in told if not one.failed]
    failed = [one.answer for one in told if one.failed]
    return learn(worked, failed) if worked else None


def _informedness(found: LateFailure) -> float:
    """Youden's J: how much better than chance it tells the two apart."""
    return found.caught / found.failed - found.refused / found.worked
