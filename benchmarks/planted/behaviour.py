"""What a step really does, which nobody but the simulator knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.planted.latency import Latency
from telemetry import ErrorClass


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call: the input grows with the item, the output is log-normal; with `runaway` it goes on and on.

    A runaway answer is worthless, a `long_share` one is long because it must be.
    """

    input_base: int
    input_per_size: float
    output_median: float
    output_sigma: float
    runaway: float = 0.0
    runaway_tokens: int = 6_000
    long_share: float = 0.0
    long_tokens: int = 1_800


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The truth of one step.

    `flaky` is the mean rate of transient failures of a first attempt; a failed attempt drags the next one along with
    probability `stubborn`. Items of the `poisoned` share always fail. `flaw` is the probability of an answer that is
    wrong and looks right, by model ("" for a skill); `broken` that of one whose form is wrong. An input that is broken
    makes the step fail with `chokes`; a flawed one makes it fail with `minds`, else the flaw goes on.
    """

    latency: Latency
    provider: str = "house"
    size_exponent: float = 0.0
    tokens: Tokens | None = None
    flaky: float = 0.0
    stubborn: float = 0.1
    flaky_class: ErrorClass = ErrorClass.UNAVAILABLE
    poisoned: float = 0.0
    poison_class: ErrorClass = ErrorClass.UNAVAILABLE
    flaw: Mapping[str, float] = field(default_factory=dict)
    broken: float = 0.0
    chokes: float = 0.0
    minds: float = 0.0
    own_failures: float = 0.0
    """Share of inputs it can't work with for reasons of its own."""
    needs_prior: bool = False
    """Whether it refuses to work without what the step before it found."""
    needs_done: bool = False
    """Whether it refuses an answer that isn't `done`."""
    kinds: int = 0
    """Above 0 the answer is one of so many words: what a condition reads."""
    improves_until: int = 0
    """Above 0: the answer's `grade` grows for so many rounds of a loop and stays there."""
    good_enough: float = 2.0
    """The grade at which the answer says that it is `done`; one above 1 is never reached."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A validator: how long it looks, which answers of the wrong form it refuses, and which flawed ones."""

    latency_s: float
    refuses_broken: float = 0.0
    refuses_flawed: float = 0.0
    refuses_good: float = 0.0
