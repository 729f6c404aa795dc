"""The planted benchmark: its worlds are valid, its truth is one, and what it prints fits the code."""

import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from benchmarks.planted.chance import Chance, key_of
from benchmarks.planted.effects import bears, list_effects
from benchmarks.planted.figures import MEASURES, harm_rate, kendall_tau, precision_at, recall
from benchmarks.planted.judge import LINT, PRODUCT, WAYS, judge_world
from benchmarks.planted.planting import set_config
from benchmarks.planted.plants import PLANTERS, TRAPPERS
from benchmarks.planted.reading import Cured, Judged, Reading
from benchmarks.planted.report import PAGE, head, row_names
from benchmarks.planted.scale import measure_scale
from benchmarks.planted.simulate import play, show, tell
from benchmarks.planted.survey import Plan
from benchmarks.planted.tags import is_flawed, write_tag
from benchmarks.planted.truth import Truth
from benchmarks.planted.world import World, make_world, make_world_of
from telemetry import ErrorClass, assemble_runs, decode_traces, encode_traces
from workflow import compile_program

_PAGE = Path(__file__).parents[2] / PAGE
_FRESH = 60


def _world_with(kind: str) -> World:
    is_trap = kind in TRAPPERS
    return make_world_of(5, [] if is_trap else [kind], [kind] if is_trap else [])


@pytest.mark.parametrize("seed", range(6))
def test_a_world_runs_as_its_owner_meant_it(seed: int) -> None:
    world = make_world(seed)
    shown = show(world, 12, recorded=4)
    assert len(shown.runs) == 12
    assert len(shown.recordings) == 4
    ends = {attempt.error_class for run in shown.runs for s in run.steps for attempt in s.attempts}
    assert ErrorClass.CRASH not in ends
    assert {run.spec_sha256 for run in shown.runs} == {world.workflow.spec_sha256}


def test_the_same_seed_makes_the_same_world() -> None:
    assert make_world(3).document == make_world(3).document
    assert make_world(3).workflow.spec_sha256 != make_world(4).workflow.spec_sha256


def test_worlds_differ_in_size_and_three_in_ten_are_controls() -> None:
    worlds = [make_world(seed) for seed in range(60)]
    sizes = [len(compile_program(world.workflow).leaves) for world in worlds[:20]]
    assert min(sizes) >= 5
    assert max(sizes) > 2 * min(sizes)
    assert 0.15 < sum(world.is_control for world in worlds) / len(worlds) < 0.45


@pytest.mark.parametrize("kind", PLANTERS)
def test_a_cure_makes_a_version_that_runs_and_bears_its_own_mark(kind: str) -> None:
    world = _world_with(kind)
    (plant,) = world.plants
    assert plant.cure is not None
    cured = deepcopy(world.document)
    plant.cure(cured)
    changes = list_effects(world.document, cured)
    assert any(bears(changes, mark) for mark in plant.marks)
    assert len(play(world, world.parse(cured), range(5))) == 5


@pytest.mark.parametrize("kind", TRAPPERS)
def test_a_trap_has_no_cure_and_names_a_step_of_its_world(kind: str) -> None:
    world = _world_with(kind)
    (trap,) = world.plants
    assert world.is_control
    assert {mark.step for mark in trap.marks} <= world.cast.behaviours.keys() | {
        node.name for node in world.workflow.nodes
    }


def test_changing_nothing_has_no_effect_at_all() -> None:
    world = make_world(3)
    effect = Truth(world, _FRESH).of_document(deepcopy(world.document))
    assert effect is not None
    assert effect.mean_usd == 0
    assert effect.error_usd == 0


def test_a_change_of_one_step_leaves_the_luck_of_all_others() -> None:
    world = _world_with("missing_retry")
    patched = deepcopy(world.document)
    name = next(iter(world.cast.behaviours))
    set_config(name, timeout_s=80_000)(patched)
    assert play(world, world.parse(patched), range(20)) == play(world, world.workflow, range(20))


def test_curing_flaky_steps_truly_pays_and_retrying_what_fails_for_good_doesnt() -> None:
    world = make_world_of(5, ["missing_retry"], ["permanent_failure"])
    cure, trap = world.plants
    truth = Truth(world, 150)
    cured = truth.of_plant(cure)
    assert cured is not None
    assert cured.mean_usd > 0
    hit = deepcopy(world.document)
    set_config(trap.marks[0].step, max_retries=5)(hit)
    effect = truth.of_document(hit)
    assert effect is not None
    assert effect.mean_usd <= 0


def test_a_step_that_is_given_to_another_behaves_as_that_one_does() -> None:
    world = make_world_of(40, ["fallback_mostly"], [])
    effect = Truth(world, _FRESH).of_plant(world.plants[0])
    assert effect is not None
    assert effect.mean_usd > 0


def test_a_version_that_cannot_run_has_no_effect() -> None:
    world = make_world(3)
    broken = deepcopy(world.document)
    broken["steps"] = []
    assert Truth(world, _FRESH).of_document(broken) is None


def test_what_the_product_is_shown_survives_the_wire() -> None:
    spans = tell(make_world(2), 5)
    read, refused = decode_traces(encode_traces(spans, resource={}))
    told = assemble_runs(read).runs
    assert not refused
    assert {run.run_id for run in told} == {run.run_id for run in assemble_runs(spans).runs}
    assert sum(run.cost_usd for run in told) == sum(
        run.cost_usd for run in assemble_runs(spans).runs
    )


def test_a_world_is_judged_by_every_way_and_alike_each_time() -> None:
    first, again = (judge_world(2, [30], fresh_runs=_FRESH) for _ in range(2))
    assert [reading.way for reading in first] == list(WAYS)
    assert [(r.way, r.judged, r.cured, r.fell_for) for r in first] == [
        (r.way, r.judged, r.cured, r.fell_for) for r in again
    ]


def test_lint_of_a_control_brings_less_than_its_review_costs() -> None:
    seed = next(seed for seed in range(20) if not make_world(seed).plants)
    readings = judge_world(seed, [30], fresh_runs=_FRESH)
    lint = next(reading for reading in readings if reading.way == LINT)
    assert lint.is_control
    assert lint.judged
    assert not any(one.is_worthwhile for one in lint.judged)


def test_a_flaw_travels_in_a_tag_that_looks_like_any_other() -> None:
    chance = Chance(key_of("tags"))
    right = [write_tag(chance.bits(n), flawed=False) for n in range(200)]
    wrong = [write_tag(chance.bits(n), flawed=True) for n in range(200)]
    assert not any(map(is_flawed, right))
    assert all(is_flawed(f"a list of {tag} and {right[0]}") for tag in wrong)
    assert {len(tag) for tag in (*right, *wrong)} == {14}
    assert abs(np.mean([tag[-1] in "13579bdf" for tag in wrong]) - 0.5) < 0.15


def _judged(true_net: float, *, predicted: float = 10.0, harms: bool = False) -> Judged:
    return Judged(
        "", "", "", predicted, 0.0, 20.0, true_net, true_net, harms=harms, review_minutes=1.0
    )


def _reading(*judged: Judged, cured: tuple[Cured, ...] = ()) -> Reading:
    return Reading(PRODUCT, 0, 30, False, judged, cured, (), ())


def test_figures_are_worked_out_from_the_truth() -> None:
    readings = [
        _reading(_judged(30), _judged(-5, harms=True), cured=(Cured("a", 30, True),)),
        _reading(_judged(10), _judged(20), cured=(Cured("b", 10, False),)),
    ]
    assert precision_at(1)(readings).value == 1
    assert precision_at(3)(readings).value == 0.75
    assert recall(readings).value == 0.5
    assert harm_rate(readings).value == 0.25
    assert kendall_tau(readings).value == 0


def test_without_anything_to_judge_there_is_no_figure() -> None:
    assert all(measure.work_out([_reading()]).value is None for measure in MEASURES[:5])


def test_size_is_measured_on_the_spans_it_says() -> None:
    scale = measure_scale(steps=40, spans=4_000)
    assert scale.steps == 40
    assert 3_900 < scale.spans <= 4_000


def test_the_page_fits_the_code() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    told = re.search(r"--runs ([\d,]+) --worlds (\d+) --seed (\d+)", page)
    assert told is not None
    counts, worlds, seed = told.groups()
    plan = Plan(int(seed), int(worlds), tuple(map(int, counts.split(","))), 0)
    assert _numbers_apart(head(plan)) in _numbers_apart(page)
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")}
    assert {*row_names(), *PLANTERS, *TRAPPERS} <= rows


def _numbers_apart(text: str) -> str:
    """The version on the page is that of the day it was made."""
    return re.sub(r"with flujo \S+:", "with flujo:", text)
