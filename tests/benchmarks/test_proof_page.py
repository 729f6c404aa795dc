"""The page about what can go wrong tells figures of every section, and none that is bad."""

import re

import pytest

from benchmarks.adversarial.attacks import ATTACKS
from benchmarks.adversarial.back_doors import BACK_DOORS
from benchmarks.adversarial.pipeline_bench import CLASSES
from tests.benchmarks.proof_page import PAGE, SECTIONS, replace_section

TEXT = PAGE.read_text(encoding="utf-8")


def section(name: str) -> str:
    found = re.search(
        rf"<!-- generated: {name} -->\n(.*?)<!-- /generated: {name} -->", TEXT, re.DOTALL
    )
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_has_figures(name: str) -> None:
    assert re.search(r"[0-9]|yes", section(name))


def test_every_class_and_every_door_is_told_of() -> None:
    assert all(f"| {name} |" in section("gate") for name in ATTACKS)
    assert all(f"| {name} |" in section("pipeline") for name in CLASSES)
    assert all(f"| {door.name} |" in section("doors") for door in BACK_DOORS)
    assert "| NO |" not in section("doors")


def test_a_section_is_replaced_and_nothing_else() -> None:
    page = "a\n<!-- generated: x -->\nold\n<!-- /generated: x -->\nb"
    assert replace_section(page, "x", "new") == page.replace("old", "new")
