"""Judges one world: shows the product ever more of its runs, and holds every recommendation against the truth."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from time import perf_counter

import numpy as np

from app.settings import parse_settings
from app.use_cases.choose_suggesting import choose_suggesting
from benchmarks.planted.effects import Effect as Change
from benchmarks.planted.effects import bears, list_effects
from benchmarks.planted.planting import Plant
from benchmarks.planted.proposing import (
    Proposed,
    ask_product,
    list_free,
    recommend,
    recommend_by_lint,
    recommend_by_point_estimates,
    recommend_costliest_first,
    write_settings,
)
from benchmarks.planted.reading import Cured, Judged, Reading
from benchmarks.planted.simulate import Shown, show
from benchmarks.planted.truth import Effect, Truth, Values, runs_per_month, value_of
from benchmarks.planted.world import World, make_world
from meta_agent import outcome_of
from trust_tiers import classify

PRODUCT, POINT, COSTLIEST, LINT = "product", "point estimates", "costliest first", "static lint"
WAYS = (PRODUCT, POINT, COSTLIEST, LINT)
FRESH_RUNS = 1_000
MOST_RECORDED = 1_000
_JUDGED = 4
"""So many of the best recommendations of a world are held against the truth."""
_EXACT = 0.9
_SURELY = 2.0
_P_ROLLBACK = 0.05


def judge_world(
    seed: int, run_counts: Sequence[int], *, fresh_runs: int = FRESH_RUNS
) -> list[Reading]:
    """Return the readings of every way to propose after each number of runs, in ascending order."""
    world = make_world(seed)
    truth = Truth(world, fresh_runs)
    most = max(run_counts)
    shown = show(world, most, recorded=min(most, MOST_RECORDED))
    return [
        reading
        for count in sorted(run_counts)
        for reading in _judge(world, truth, shown.first(count, recorded=MOST_RECORDED), count)
    ]


def _judge(world: World, truth: Truth, shown: Shown, count: int) -> Iterator[Reading]:
    started = perf_counter()
    suggestions = ask_product(world, shown)
    seconds = perf_counter() - started
    ways = {
        PRODUCT: recommend(world, suggestions),
        POINT: recommend_by_point_estimates(world, suggestions),
        COSTLIEST: recommend_costliest_first(world, shown),
        LINT: recommend_by_lint(world),
    }
    before = value_of([outcome_of(run) for run in shown.runs], world.roi)
    for number, (way, proposed) in enumerate(ways.items()):
        rng = np.random.default_rng((world.seed, count, number))
        judged = tuple(
            _hold_against(world, truth, one, before, rng)
            for one in list_free(proposed)[: _JUDGED if way == PRODUCT else 3]
        )
        yield Reading(
            way=way,
            seed=world.seed,
            runs=count,
            is_control=world.is_control,
            judged=judged,
            cured=tuple(_list_cured(world, truth, proposed)),
            traps=tuple(plant.kind for plant in world.plants if plant.is_trap),
            fell_for=_list_traps_hit(world, list_free(proposed), judged),
            shown=len(suggestions.proposals) if way == PRODUCT else len(proposed),
            seconds=seconds if way == PRODUCT else 0.0,
        )


def _hold_against(
    world: World, truth: Truth, proposed: Proposed, before: Values, rng: np.random.Generator
) -> Judged:
    effect, month = truth.of_document(proposed.document), runs_per_month(world)
    changes = list_effects(world.document, proposed.document)
    taken = _first_borne(world, changes, traps=False)
    trap = _first_borne(world, changes, traps=True)
    if trap and trap.harms_unseen:
        effect = None
    reading_usd = effect.reading_usd(before, rng) if effect else None
    return Judged(
        title=proposed.title,
        kind=proposed.kind,
        patch_class=proposed.patch_class,
        predicted=proposed.predicted,
        low=proposed.low,
        high=proposed.high,
        true_net=effect.mean_usd * month - proposed.fixed_usd if effect else None,
        realised=None if reading_usd is None else reading_usd * month - proposed.fixed_usd,
        harms=effect is None or effect.mean_usd < -_SURELY * effect.error_usd,
        review_minutes=proposed.review_minutes,
        takes=taken.kind if taken else "",
        falls_for=trap.kind if trap else "",
        is_exact=_is_exact(truth, taken, effect) if taken else None,
    )


def _list_traps_hit(
    world: World, free: Sequence[Proposed], judged: Sequence[Judged]
) -> tuple[str, ...]:
    """Return the traps some change falls for; one that truly pays all the same isn't fallen for."""
    pays = [one.is_worthwhile for one in judged] + [False] * (len(free) - len(judged))
    changes = [list_effects(world.document, one.document) for one in free]
    return tuple(
        plant.kind
        for plant in world.plants
        if plant.is_trap
        and any(_takes(plant, one) and not paid for one, paid in zip(changes, pays, strict=True))
    )


def _is_exact(truth: Truth, plant: Plant, effect: Effect | None) -> bool:
    best = truth.of_plant(plant)
    return effect is not None and (best is None or effect.mean_usd >= _EXACT * best.mean_usd)


def _list_cured(world: World, truth: Truth, proposed: Sequence[Proposed]) -> Iterator[Cured]:
    """Go through the plants that are worth curing."""
    changes = [list_effects(world.document, one.document) for one in proposed]
    for plant in world.plants:
        effect = None if plant.is_trap else truth.of_plant(plant)
        if effect is None:
            continue
        net_usd = effect.mean_usd * runs_per_month(world) - _price_of_cure(world, plant)
        if net_usd > 0 and effect.mean_usd > _SURELY * effect.error_usd:
            yield Cured(plant.kind, net_usd, any(_takes(plant, one) for one in changes))


def _price_of_cure(world: World, plant: Plant) -> float:
    """Return what the owner's own prices make of a cure: the review of its tier, and a rollback in one of twenty."""
    assert plant.cure is not None
    document = deepcopy(world.document)
    plant.cure(document)
    limits = choose_suggesting(parse_settings(write_settings(world))).limits
    tier = classify(world.workflow, world.parse(document), limits).tier
    review_usd = world.roi.review_minutes(tier.name) / 60 * world.roi.review_usd_per_hour
    return review_usd + _P_ROLLBACK * world.roi.rollback_usd


def _first_borne(world: World, changes: list[Change], *, traps: bool) -> Plant | None:
    return next(
        (plant for plant in world.plants if plant.is_trap is traps and _takes(plant, changes)),
        None,
    )


def _takes(plant: Plant, changes: list[Change]) -> bool:
    return any(bears(changes, mark) for mark in plant.marks)
