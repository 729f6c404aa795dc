"""Whoever plants a back door is noticed by a test: all of them under FLUJO_VERIFY=1, a few otherwise."""

import os

import pytest

from benchmarks.adversarial.back_doors import BACK_DOORS, ROOT, BackDoor, is_noticed, run_tests

FULL = bool(os.environ.get("FLUJO_VERIFY"))
SAMPLE = (
    "merge without the sha of the tested head",
    "compare signatures with ==",
    "no checks at all count as green",
    "a change that no rule knows is LOW",
)


@pytest.mark.parametrize("door", BACK_DOORS, ids=lambda door: door.name)
def test_every_door_has_its_place_in_the_source(door: BackDoor) -> None:
    source = (ROOT / door.path).read_text(encoding="utf-8")
    compile(door.change(source), door.path, "exec")


def test_there_are_at_least_twenty_doors_of_different_names() -> None:
    assert len({door.name for door in BACK_DOORS}) == len(BACK_DOORS) >= 20


@pytest.mark.parametrize(
    "door",
    [door for door in BACK_DOORS if FULL or door.name in SAMPLE],
    ids=lambda door: door.name,
)
def test_an_open_door_is_noticed(door: BackDoor) -> None:
    assert is_noticed(door)


@pytest.mark.skipif(not FULL, reason="the suite runs these tests anyway: FLUJO_VERIFY=1 runs it")
def test_without_a_door_the_same_tests_pass() -> None:
    tests = sorted({test for door in BACK_DOORS for test in door.tests})
    assert run_tests(tests, {}) == 0
