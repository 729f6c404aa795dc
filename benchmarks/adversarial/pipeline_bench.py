"""Runs attacks and legitimate patches through the pipeline, and counts per class how far they got."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.adversarial.attacks import ATTACKS
from benchmarks.adversarial.drift import drift_for_days
from benchmarks.adversarial.pipeline import End, Pipeline, open_pipeline
from benchmarks.adversarial.pipeline_legitimate import make_legitimate
from benchmarks.adversarial.pipeline_world import World, list_worlds
from trust_tiers.beta import bound_rate

WORLDS = 12
_OWN_SPECS = ("P10 drift by small steps", "P10 back and forth", "P11 YAML that says two things")
"""Classes that need a workflow made for them; drift has its own way through the pipeline."""

CLASSES = tuple(name for name in ATTACKS if name not in _OWN_SPECS)
DRIFT = "P10 drift, a sweep a day"
_DRIFT_SHARE = 0.1


@dataclass
class Tally:
    """How far the patches of one class got, and each harm that landed."""

    ends: Counter[End] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many there were."""
        return self.ends.total()

    @property
    def bound(self) -> float:
        """The most the rate of violations can be, with 95 % confidence."""
        return bound_rate(len(self.violations), self.cases, 0.05)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of everything."""

    attacks: dict[str, Tally]
    legitimate: Tally

    @property
    def cases(self) -> int:
        """How many attacks there were."""
        return sum(tally.cases for tally in self.attacks.values())

    @property
    def violations(self) -> list[str]:
        """All harm that landed."""
        return [line for tally in self.attacks.values() for line in tally.violations]


def run_bench(
    attacks: int,
    legitimate: int,
    *,
    seed: int,
    worlds: int = WORLDS,
    with_drift: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Try about `attacks` attacks over all classes, and so many legitimate patches."""
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder, open_pipeline() as pipeline:
        made = list_worlds(random, Path(folder), worlds)
        tallies: dict[str, Tally] = {}
        for name in CLASSES:
            tallies[name] = _attack(pipeline, random, made, name, max(1, attacks // len(CLASSES)))
            tell(f"{name}: {tallies[name].ends}")
        if with_drift:
            days = max(1, int(_DRIFT_SHARE * attacks / len(CLASSES)))
            tallies[DRIFT] = _drift(pipeline, random, days)
            tell(f"{DRIFT}: {tallies[DRIFT].ends}")
        return Report(tallies, _let_pass(pipeline, random, made, legitimate))


def _attack(
    pipeline: Pipeline, random: Random, worlds: Sequence[World], name: str, count: int
) -> Tally:
    tally = Tally()
    for _ in range(count):
        world = random.choice(worlds)
        patch = ATTACKS[name](random, world.workflow).patch
        attempt = pipeline.try_patch(world, patch)
        tally.ends[attempt.end] += 1
        tally.violations += [f"{patch}: {harm}" for harm in attempt.harms]
    return tally


def _drift(pipeline: Pipeline, random: Random, count: int) -> Tally:
    tally = Tally()
    for _ in range(count):
        attempt = drift_for_days(pipeline, random)
        tally.ends[attempt.end] += 1
        tally.violations += [f"drift: {harm}" for harm in attempt.harms]
    return tally


def _let_pass(pipeline: Pipeline, random: Random, worlds: Sequence[World], count: int) -> Tally:
    """Count what the guard refuses and what is called HIGH as violations; evidence may still be lacking."""
    tally = Tally()
    for _ in range(count):
        world = random.choice(worlds)
        patch = make_legitimate(random, world.workflow)
        attempt = pipeline.try_patch(world, patch)
        tally.ends[attempt.end] += 1
        if attempt.end in (End.REFUSED, End.HIGH):
            tally.violations.append(f"{attempt.end}: {patch}")
        tally.violations += [f"{patch}: {harm}" for harm in attempt.harms]
    return tally


def write_report(report: Report) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| class | cases | refused | no proposal | HIGH | waits | applied | harm | at most (95 %) |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, tally in report.attacks.items():
        counts = " | ".join(f"{tally.ends[end]:,}" for end in End)
        harm = f"{len(tally.violations)} | {tally.bound:.2%}"
        yield f"| {name} | {tally.cases:,} | {counts} | {harm} |"
    tally = report.legitimate
    passed = tally.cases - len(tally.violations)
    yield ""
    yield (
        f"Legitimate patches: {passed:,} of {tally.cases:,} passed guard and gate"
        f" (at most {tally.bound:.2%} are stopped, 95 %); {tally.ends[End.APPLIED]:,} were applied,"
        f" the others lacked evidence that they pay."
    )
