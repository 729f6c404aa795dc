"""Writes what was read as the page `docs/explanation/how-good-are-the-proposals.md`."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from benchmarks.planted.figures import MEASURES, Figure, Measure, share_of
from benchmarks.planted.judge import COSTLIEST, LINT, MOST_RECORDED, POINT, PRODUCT
from benchmarks.planted.plants import PLANTERS, TRAPPERS
from benchmarks.planted.reading import Reading
from benchmarks.planted.scale import Scale
from benchmarks.planted.survey import NULL_RUNS, Plan, Survey, of_way

PAGE = "docs/explanation/how-good-are-the-proposals.md"
COMPARED_AT = 1_000
_INTRODUCTION = """\
# How good are the proposals?

Nobody can tell from production what a change would have brought that was never made. So worlds are generated in
which it is known: a workflow of 5 to 40 steps runs on the real engine, but models, services and validators are
played by a simulator with heavy tails, mixtures, incidents that hit all steps of a provider, stubborn failures and
items of very different size. In seven worlds of ten one to four inefficiencies are planted, beside as many traps
that look like one; the others are controls. The product sees telemetry and recordings, nothing else, and goes its
usual way: detect, propose, guard, weigh, estimate, rank.

What it recommends is judged by the truth, not by the labels: base and patched workflow run through the same fresh
runs. A recommendation **pays** if it truly brings more a month than its review and the chance of a rollback cost.
It **harms** if it is surely worse (two standard errors) than changing nothing. A **reading** is what the ledger
would find after as many runs as were shown. *Recommended* is what has a positive expected net and waits for no
other proposal; of each world the four best are judged, harm counts the first three. Worlds 0 to 43 and 100 to 105 were
looked at while the product was made, all others only judge it.
"""
_CAVEATS = """\
## What these figures can't tell

The worlds are ours: whoever wrote them knows what workflows look like, and not what yours looks like. Chance is
seeded, so the same version gives the same figures; a few dozen worlds leave the intervals above. Shares have
Wilson's 95 % interval over items, other figures are resampled world by world. Prices, the value of a success and
traffic are set, as an owner would.
"""


def write_page(survey: Survey, scale: Scale | None) -> str:
    """Return the whole page."""
    parts = [
        _INTRODUCTION,
        head(survey.plan),
        "## The product, by the number of runs it has seen\n",
        "\n".join(_by_runs(survey)),
        f"\n## Beside three baselines, after {_compared(survey.plan):,} runs\n",
        "\n".join(_by_way(survey)),
        f"\n## By what was noticed, after {_compared(survey.plan):,} runs\n",
        "\n".join(_by_kind(survey)),
        "\n## By what was planted\n",
        "\n".join(_by_plant(survey)),
        "\n## By trap\n",
        "\n".join(_by_trap(survey)),
        "\n## What is no effect\n",
        "\n".join(_of_nothing(survey)),
        *(["\n## Size\n", _describe(scale)] if scale else []),
        "",
        _CAVEATS,
    ]
    return "\n".join(parts)


def head(plan: Plan) -> str:
    """Return what makes the figures reproducible: no date, no machine."""
    counts = ",".join(map(str, plan.run_counts))
    command = f"python -m benchmarks.planted --runs {counts} --worlds {plan.worlds}"
    return (
        f"Made by `{command} --seed {plan.seed} --report` with flujo {version('flujo-app')}: "
        f"{plan.worlds} worlds, seeds {plan.seeds.start} to {plan.seeds.stop - 1}, "
        f"{len(PLANTERS)} kinds of inefficiency and {len(TRAPPERS)} kinds of trap, "
        f"{plan.fresh_runs:,} fresh runs for the truth, recordings of the first {MOST_RECORDED:,} runs at most.\n"
    )


def row_names() -> list[str]:
    """Return the names of the rows of the first two tables."""
    return [measure.name for measure in MEASURES]


def _by_runs(survey: Survey) -> Iterator[str]:
    counts = survey.plan.run_counts
    yield "| | wanted at 1,000 | " + " | ".join(f"{count:,} runs" for count in counts) + " |"
    yield "|---|---|" + "---|" * len(counts)
    for measure in MEASURES:
        cells = (_cell(measure, of_way(survey.readings, PRODUCT, count)) for count in counts)
        yield f"| {measure.name} | {measure.wanted} | " + " | ".join(cells) + " |"


def _by_way(survey: Survey) -> Iterator[str]:
    ways = {
        PRODUCT: "the product",
        POINT: "its proposals, ranked by raw means",
        COSTLIEST: "most expensive step first",
        LINT: "lint of the spec",
    }
    yield "| | " + " | ".join(ways.values()) + " |"
    yield "|---|" + "---|" * len(ways)
    for measure in MEASURES:
        cells = (
            _cell(measure, of_way(survey.readings, way, _compared(survey.plan))) for way in ways
        )
        yield f"| {measure.name} | " + " | ".join(cells) + " |"


def _by_kind(survey: Survey) -> Iterator[str]:
    readings = of_way(survey.readings, PRODUCT, _compared(survey.plan))
    judged = [one for reading in readings for one in reading.judged]
    yield "| opportunity and class of patch | pays | harms | interval holds a reading |"
    yield "|---|---|---|---|"
    for kind, patch_class in sorted({(one.kind, one.patch_class) for one in judged}):
        mine = [one for one in judged if (one.kind, one.patch_class) == (kind, patch_class)]
        held = [one.holds for one in mine if one.holds is not None]
        yield (
            f"| {kind}, {patch_class} | {sum(one.is_worthwhile for one in mine)} of {len(mine)} "
            f"| {sum(one.harms for one in mine)} | {sum(held)} of {len(held)} |"
        )


def _by_plant(survey: Survey) -> Iterator[str]:
    counts = survey.plan.run_counts
    yield "Recall, and after the slash the share that brings nine tenths of the best known parameter.\n"
    yield "| planted | " + " | ".join(f"{count:,} runs" for count in counts) + " |"
    yield "|---|" + "---|" * len(counts)
    for kind in PLANTERS:
        cells = (_recall_cell(of_way(survey.readings, PRODUCT, count), kind) for count in counts)
        yield f"| {kind} | " + " | ".join(cells) + " |"


def _recall_cell(readings: Sequence[Reading], kind: str) -> str:
    cured = [one for reading in readings for one in reading.cured if one.kind == kind]
    judged = [one for reading in readings for one in reading.judged if one.takes == kind]
    found = sum(one.found for one in cured)
    exact = f"{sum(bool(one.is_exact) for one in judged)} of {len(judged)}" if judged else "–"
    return f"{found} of {len(cured)} / {exact}" if cured else "–"


def _by_trap(survey: Survey) -> Iterator[str]:
    counts = survey.plan.run_counts
    yield "| trap | " + " | ".join(f"{count:,} runs" for count in counts) + " |"
    yield "|---|" + "---|" * len(counts)
    for kind in TRAPPERS:
        cells = (_trap_cell(of_way(survey.readings, PRODUCT, count), kind) for count in counts)
        yield f"| {kind} | " + " | ".join(cells) + " |"


def _trap_cell(readings: Sequence[Reading], kind: str) -> str:
    met = [reading for reading in readings if kind in reading.traps]
    return f"{sum(kind in one.fell_for for one in met)} of {len(met)}" if met else "–"


def _of_nothing(survey: Survey) -> Iterator[str]:
    patches = [one for one in survey.nulls if not one.is_a_a]
    better = share_of(one.is_better for one in patches)
    flips = share_of(one.flips for one in survey.nulls if one.is_a_a)
    yield f"By {NULL_RUNS} recordings of each of {survey.plan.null_worlds} worlds.\n"
    yield "| | wanted | |"
    yield "|---|---|---|"
    yield f"| a patch of nothing is called better | ≤ 0.05 | {_write(better, is_share=True)} |"
    yield f"| a version differs from itself (A/A) | ≤ 0.05 | {_write(flips, is_share=True)} |"
    for kind in sorted({one.kind for one in patches}):
        mine = share_of(one.is_better for one in patches if one.kind == kind)
        yield f"| … of these, {kind} | | {_write(mine, is_share=True)} |"


def _describe(scale: Scale) -> str:
    return (
        f"{scale.steps:,} steps, {scale.spans:,} spans (as {scale.runs:,} whole runs in memory, no recordings): "
        f"all detectors in {scale.detect_s:.1f} s, and `suggest` as a whole, "
        f"{scale.proposals} proposals, in {scale.suggest_s:.1f} s; wanted is 2 s.\n"
    )


def _cell(measure: Measure, readings: Sequence[Reading]) -> str:
    return _write(measure.work_out(readings), is_share=measure.is_share)


def _write(figure: Figure, *, is_share: bool) -> str:
    if figure.value is None:
        return "–"
    digits = 3 if is_share and (figure.value < 0.05 or figure.value > 0.95) else 2
    value, low, high = (f"{one:.{digits}f}" for one in (figure.value, figure.low, figure.high))
    return f"**{value}** ({low}–{high}, N {figure.count})"


def _compared(plan: Plan) -> int:
    return COMPARED_AT if COMPARED_AT in plan.run_counts else max(plan.run_counts)
