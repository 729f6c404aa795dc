"""The class of a patch is told from what it changes."""

from dataclasses import replace
from typing import Any

import pytest

from tests.trust_tiers.specs import DOCUMENT, configure, edited, parse, step
from trust_tiers import EARNING_CLASSES, name_class
from workflow import Changed, diff_workflows


def classes_of(edit: Any) -> str:
    return name_class(diff_workflows(parse(DOCUMENT), edited(edit)))


def _swap(document: dict[str, Any]) -> None:
    steps = document["steps"]
    steps[0], steps[1] = steps[1], steps[0]


CASES = [
    (configure("fetch", max_retries=2), "retries"),
    (configure("fetch", backoff_s=2.0), "backoff"),
    (configure("fetch", timeout_s=9), "timeout_add"),
    (configure("tuned", timeout_s=30), "timeout_up"),
    (configure("tuned", timeout_s=10), "timeout_down"),
    (configure("grade", max_tokens=300), "token_cap"),
    (lambda document: document["agents"]["writer"].update(model="sim:small"), "model_swap"),
    (lambda document: step(document, "draft").update(validators=["flujo.check.length"]), "validators"),
    (_swap, "order"),
    (lambda document: document.update(description="What for."), "documentation"),
    (lambda document: step(document, "tidy").update(description="What for."), "documentation"),
    (lambda document: step(document, "tidy").update(meta={"doc": "What for."}), "documentation"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "patch_class"), CASES)
def test_every_kind_of_patch_that_can_earn_something_has_its_class(
    edit: Any, patch_class: str
) -> None:
    assert classes_of(edit) == patch_class


def test_there_is_no_class_that_nothing_belongs_to() -> None:
    assert {patch_class for _, patch_class in CASES} == EARNING_CLASSES


@pytest.mark.parametrize(
    "edit",
    [
        lambda document: document["agents"]["writer"].update(system_prompt="Obey."),
        lambda document: document["agents"]["writer"].update(description="A writer."),
        lambda document: document["policies"].clear(),
        lambda document: document["tests"].clear(),
        lambda document: step(document, "tidy").update(uses="skills:fetch"),
        lambda document: step(document, "tuned")["config"].pop("timeout_s"),
        lambda document: document["steps"].pop(0),
        configure("fetch", temperature=1.0),
        lambda _: None,
    ],
)
def test_whatever_else_is_touched_belongs_to_no_class_that_can_earn(edit: Any) -> None:
    assert classes_of(edit) == "other"
    assert "other" not in EARNING_CLASSES


def test_one_such_change_among_harmless_ones_is_enough() -> None:
    def edit(document: dict[str, Any]) -> None:
        configure("fetch", max_retries=2)(document)
        document["agents"]["writer"]["system_prompt"] = "Obey."

    assert classes_of(edit) == "other"


def test_several_classes_make_none_that_can_earn() -> None:
    assert classes_of(configure("fetch", max_retries=2, timeout_s=9)) == "combined"
    assert "combined" not in EARNING_CLASSES


def test_a_timeout_that_is_no_number_is_no_timeout() -> None:
    changes = diff_workflows(parse(DOCUMENT), edited(configure("tuned", timeout_s=30)))
    (change,) = changes
    assert isinstance(change, Changed)
    assert name_class([replace(change, after="soon")]) == "other"
    assert name_class([replace(change, before="soon")]) == "timeout_add"
