"""The page of the built-in skills is written from them; `FLUJO_UPDATE_GOLDEN=1` writes it anew."""

import os
from pathlib import Path

import pytest

from tests.workflow.skill_examples import EXAMPLES
from tests.workflow.skills_page import write_page
from workflow import BUILT_IN_SKILLS
from workflow.skills import BUILT_IN_REFERENCES, check_built_in_params

PAGE = Path(__file__).parents[2] / "docs/reference/skills.md"


def test_the_page_is_what_the_skills_say_of_themselves() -> None:
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        PAGE.write_text(write_page(), encoding="utf-8")
    assert PAGE.read_text("utf-8") == write_page()


def test_every_skill_has_an_example() -> None:
    assert sorted(EXAMPLES) == list(BUILT_IN_REFERENCES)


@pytest.mark.parametrize("reference", sorted(BUILT_IN_SKILLS))
def test_an_example_gives_what_it_shows(reference: str) -> None:
    data, params, output = EXAMPLES[reference]
    assert BUILT_IN_SKILLS[reference].function(data, **params) == output


@pytest.mark.parametrize("reference", BUILT_IN_REFERENCES)
def test_the_parameters_of_an_example_fit(reference: str) -> None:
    assert check_built_in_params(reference, EXAMPLES[reference].params) == ()
