"""Finds dear validators before cheap ones that would have spared them: an answer is refused by whoever looks first."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.validator_use import ValidatorUse

KIND: Final = "validator_order"

_WORTH_A_WORD_MS = 5.0
_MIN_REJECTED = 3
_MUCH_QUICKER = 10
_HARDLY_ANYTHING = 0.01


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two neighbours that might change places."""

    first: ValidatorUse
    second: ValidatorUse

    def saved_ms(self, first_rate: float, second_rate: float) -> float:
        """Return what an answer is spared by the other order, if the two never refuse the same one.

        What the second would say to answers that the first refused isn't known. If no to none of them, it looks at them
        in vain; whenever it says no, the first one needn't look.
        """
        spared_ms = (1 - first_rate) * second_rate * self.first.mean_ms
        return spared_ms - first_rate * self.second.mean_ms

    @property
    def sure_ms(self) -> float:
        """The least that is saved: at the bounds of both rates."""
        first_high, second_low = self.first.rejection_bounds[1], self.second.rejection_bounds[0]
        return self.saved_ms(first_high, second_low)

    @property
    def most_lost_share(self) -> float:
        """The most that the other order can cost an answer, as a share of the first one's time."""
        return self.first.rejection_bounds[1] * self.second.mean_ms / self.first.mean_ms

    @property
    def likely_ms(self) -> float:
        """What is saved at the rates seen."""
        first, second = self.first, self.second
        return self.saved_ms(first.rejected / first.asked, second.rejected / second.asked)


def find_misordered_validators(window: Window) -> list[Opportunity]:
    """Return steps where a validator should stand before the one it stands behind, one pair a step, the dearest.

    Their order matters only for time. Counted as if the two never refused the same answer, which is the least that the
    other order can save; `enough` once it saves something at the bounds of both rejection rates too, or where a second
    one ten times as quick, which has refused something, could cost hardly anything if it looked first.
    """
    found = []
    for sample in window.samples:
        pairs = [_Pair(*neighbours) for neighbours in pairwise(sample.validators)]
        worth = [pair for pair in pairs if _is_worth_a_word(pair)]
        if worth:
            dearest = max(worth, key=lambda pair: pair.likely_ms)
            found.append(_describe(sample, dearest, window))
    return found


def _is_worth_a_word(pair: _Pair) -> bool:
    first, second = pair.first, pair.second
    if pair.likely_ms >= _WORTH_A_WORD_MS and second.rejected >= _MIN_REJECTED:
        return True
    is_much_quicker = second.mean_ms * _MUCH_QUICKER <= first.mean_ms
    return is_much_quicker and second.rejected > 0 and first.rejected >= _MIN_REJECTED


def _describe(sample: StepSample, pair: _Pair, window: Window) -> Opportunity:
    can_cost_little = pair.most_lost_share <= _HARDLY_ANYTHING
    sure = window.enough and (pair.sure_ms > 0 or can_cost_little)
    first, second = pair.first, pair.second
    return tell_step(
        window,
        KIND,
        sample.node,
        f": validator {first.reference} ({first.mean_ms:.0f} ms) looks before {second.reference}"
        f" ({second.mean_ms:.0f} ms), which refuses answers too",
        {
            "place": float(first.place),
            "first_ms": first.mean_ms,
            "second_ms": second.mean_ms,
            "first_rejection_rate": first.rejected / first.asked,
            "second_rejection_rate": second.rejected / second.asked,
            "saved_ms_per_answer": pair.likely_ms,
            "asked": float(first.asked),
        },
        runs_needed=0 if sure else max(1, window.missing_runs, len(window.runs)),
    )
