"""Runs attacks and legitimate patches through guard and gate, and counts per class how they ended."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.adversarial.attacks import ATTACKS
from benchmarks.adversarial.case import Case, Verdict, judge
from benchmarks.adversarial.judges import Oracle, open_oracle
from benchmarks.adversarial.legitimate import make_legitimate
from benchmarks.adversarial.specs import generate_specs, load_examples
from trust_tiers.beta import bound_rate
from workflow import Workflow

_GENERATED = 60
_COSTLY = {
    "P10 drift by small steps": 0.1,
    "P10 back and forth": 0.25,
    "P11 YAML that says two things": 0.5,
}
"""Classes that take long for each case get so much of the others' number."""


@dataclass
class Tally:
    """What became of the cases of one class."""

    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0

    @property
    def cases(self) -> int:
        """How many there were."""
        return self.outcomes.total()

    @property
    def bound(self) -> float:
        """The most the rate of violations can be, with 95 % confidence."""
        return bound_rate(len(self.violations), self.cases, 0.05)


def run_attacks(cases: int, *, seed: int) -> dict[str, Tally]:
    """Try about `cases` attacks of each class on the examples and on generated workflows."""
    random = Random(seed)
    specs = [*load_examples(), *generate_specs(random, _GENERATED)]
    with open_oracle() as oracle:
        return {name: _run_class(name, cases, random, specs, oracle) for name in ATTACKS}


def run_legitimate(cases: int, *, seed: int) -> Tally:
    """Try patches that should pass; one that is refused or raised to HIGH is a violation."""
    random, tally = Random(seed), Tally()
    with open_oracle() as oracle:
        for _ in range(cases):
            case = make_legitimate(random)
            verdict = _judge_timed(case, tally)
            harms = oracle.find_harm(case, verdict) if verdict.is_automatic else []
            if harms or not verdict.is_automatic:
                tally.violations.append(f"{verdict.tier}: {case.patch} {harms}")
    return tally


def write_report(attacks: dict[str, Tally], legitimate: Tally) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| class | cases | refused | HIGH | applied | at most (95 %) | slowest |"
    yield "|---|---|---|---|---|---|---|"
    for name, tally in attacks.items():
        refused, high = tally.outcomes["refused"], tally.outcomes["HIGH"]
        yield (
            f"| {name} | {tally.cases:,} | {refused:,} | {high:,} | {len(tally.violations)}"
            f" | {tally.bound:.3%} | {tally.slowest_ms:.0f} ms |"
        )
    passed = legitimate.cases - len(legitimate.violations)
    yield ""
    yield (
        f"Legitimate patches: {passed:,} of {legitimate.cases:,} passed;"
        f" at most {legitimate.bound:.2%} are stopped (95 %)."
    )


def _run_class(
    name: str, cases: int, random: Random, specs: Sequence[Workflow], oracle: Oracle
) -> Tally:
    tally = Tally()
    for _ in range(max(1, int(cases * _COSTLY.get(name, 1.0)))):
        case = ATTACKS[name](random, random.choice(specs))
        verdict = _judge_timed(case, tally)
        if verdict.is_automatic:
            harms = oracle.find_harm(case, verdict)
            tally.violations.append(
                f"{case.patch} → {verdict.tier}: {harms or 'the oracle saw nothing'}"
            )
    return tally


def _judge_timed(case: Case, tally: Tally) -> Verdict:
    start = time.perf_counter()
    verdict = judge(case)
    tally.slowest_ms = max(tally.slowest_ms, (time.perf_counter() - start) * 1000)
    tally.outcomes[verdict.tier.name if verdict.tier else "refused"] += 1
    return verdict
