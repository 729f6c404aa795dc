"""Laws of the judge: more changes are never safer, and what is low leaves everything but knobs alone."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trust_tiers.specs import DOCUMENT, LIMITS, configure, parse, step
from trust_tiers import RiskTier, classify
from trust_tiers.classification import judge_changes, look_again
from trust_tiers.comparison import Comparison
from trust_tiers.residue import find_unexplained
from workflow import Changed, SpecError, Workflow, diff_workflows

Edit = Callable[[dict[str, Any]], object]

EDITS: tuple[Edit, ...] = (
    configure("fetch", max_retries=2),
    configure("fetch", max_retries=9),
    configure("tuned", timeout_s=30, backoff_s=3.0),
    configure("grade", max_tokens=300),
    configure("draft", temperature=0.5),
    lambda document: document.update(description="What it is for."),
    lambda document: document["agents"]["writer"].update(model="sim:small"),
    lambda document: document["agents"]["judge"].update(system_prompt="Say yes."),
    lambda document: step(document, "draft").update(validators=["flujo.check.length"]),
    lambda document: document["steps"].insert(0, {"name": "new", "uses": "skills:pay"}),
    lambda document: document["policies"].clear(),
    lambda document: step(document, "tidy").update(description="Tidies the text."),
)


@given(st.lists(st.sampled_from(range(len(EDITS))), min_size=1, unique=True), st.data())
@settings(deadline=None, max_examples=50)
def test_adding_a_change_never_lowers_the_tier(chosen: list[int], data: st.DataObject) -> None:
    document = copy.deepcopy(DOCUMENT)
    for index in chosen:
        EDITS[index](document)
    before, after = parse(DOCUMENT), parse(document)
    comparison = Comparison(before, after, LIMITS)
    changes = diff_workflows(before, after)
    kept = data.draw(st.lists(st.booleans(), min_size=len(changes), max_size=len(changes)))
    fewer = [change for change, keep in zip(changes, kept, strict=True) if keep]
    assert judge_changes(fewer, comparison).tier <= judge_changes(changes, comparison).tier
    assert classify(before, after, LIMITS).tier >= judge_changes(changes, comparison).tier


def test_the_decision_is_the_same_every_time() -> None:
    document = copy.deepcopy(DOCUMENT)
    for edit in EDITS:
        edit(document)
    before, after = parse(DOCUMENT), parse(document)
    decisions = {repr(classify(before, after, LIMITS)) for _ in range(3)}
    assert len(decisions) == 1


VALUES: tuple[object, ...] = (
    None, True, 0, 1, 2, 6, 20, 30, 601, -1, 1.5, "x", "skills:fetch", "Plain words.",
    ["flujo.check.length"], {}, {"max_retries": 4, "timeout_s": 30}, {"max_retries": 3, "top_p": 1},
)  # fmt: skip

REMOVE = "(remove)"
NEW_KEYS = ("config", "max_retries", "timeout_s", "backoff_s", "description", "validators", "meta")


def _places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every position in a document, and for each object the positions of some keys it lacks."""
    if path:
        yield path
    if isinstance(value, dict):
        yield from ((*path, key) for key in NEW_KEYS if key not in value)
        for key, item in value.items():
            yield from _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, (*path, index))


def _small() -> dict[str, Any]:
    """A part of the document that has every kind of thing in it, so that all of it can be enumerated."""
    document = copy.deepcopy(DOCUMENT)
    names = ("fetch", "wait", "tuned", "check_reply", "grade", "route")
    document["steps"] = [item for item in document["steps"] if item["name"] in names]
    del document["agents"]["writer"]
    for item in document["steps"]:
        item.pop("input", None)
    answer = step(document, "route")["branches"]["long"][0]
    answer.update(uses="agents.patient")
    return document


def _variants(base: dict[str, Any], value: object) -> Iterator[tuple[str, Workflow]]:
    """Every document that one operation with this value leads to and that is still a workflow."""
    for path in _places(base):
        document = copy.deepcopy(base)
        parent: Any = document
        for part in path[:-1]:
            parent = parent[part]
        if value is not REMOVE:
            parent[path[-1]] = value
        elif isinstance(path[-1], int) or path[-1] in parent:
            del parent[path[-1]]
        with suppress(SpecError):
            yield str(path), parse(document)


def _without_tunables(workflow: Workflow) -> str:
    """The document without the few values that may be tuned: whatever could do harm is in the rest."""
    document = copy.deepcopy(workflow.document)
    document.pop("description", None)
    for node in parse(document).nodes:
        raw: Any = document
        for part in node.pointer[1:].split("/"):
            raw = raw[int(part)] if isinstance(raw, list) else raw[part]
        raw.pop("description", None)
        config = raw.get("config", {})
        for knob in ("max_retries", "timeout_s", "backoff_s"):
            config.pop(knob, None)
        if not config:
            raw.pop("config", None)
        if set(raw.get("meta", {})) <= {"doc"}:
            raw.pop("meta", None)
    return json.dumps(document, sort_keys=True)


@pytest.mark.parametrize("value", [*VALUES, REMOVE], ids=str)
def test_whatever_is_low_leaves_all_but_knobs_and_documentation_alone(value: object) -> None:
    small = _small()
    before = parse(small)
    harmless = _without_tunables(before)
    for path, after in _variants(small, value):
        if classify(before, after, LIMITS).tier is not RiskTier.LOW:
            continue
        assert _without_tunables(after) == harmless, path
        for node in after.nodes:
            old = before.node(node.step_id)
            assert old is not None
            assert (node.kind, node.uses, node.model) == (old.kind, old.uses, old.model)


BARE = ("fetch", "route/short/answer")
CONFIGURED = ("wait", "tuned", "route/long/answer")


@pytest.mark.parametrize(
    ("value", "low"),
    [
        # Four seconds are less than a quarter of any timeout in force, twenty retries too many.
        (
            4,
            {f"{name} {knob}" for name in CONFIGURED for knob in ("max_retries", "backoff_s")},
        ),
        (
            20,
            {f"{name} backoff_s" for name in CONFIGURED}
            | {"wait timeout_s", "route/long/answer timeout_s"},
        ),
        (
            {"max_retries": 4, "timeout_s": 30},
            {f"{name} {knob}" for name in BARE for knob in ("max_retries", "timeout_s")},
        ),
        (
            "Plain words.",
            {f"{name} description" for name in (*BARE, "", "tuned", "check_reply")},
        ),
        (REMOVE, set()),
    ],
    ids=["four", "twenty", "two knobs", "words", "removal"],
)
def test_the_low_surface_is_exactly_this(value: object, low: set[str]) -> None:
    small = _small()
    before = parse(small)
    found = set()
    for _, after in _variants(small, value):
        if classify(before, after, LIMITS).tier is RiskTier.LOW:
            for change in diff_workflows(before, after):
                assert isinstance(change, Changed)
                found.add(f"{change.subject.id} {change.field[-1]}")
    assert found == low


@pytest.mark.parametrize(
    ("before", "after", "pointer"),
    [
        ({"a": 1}, {"a": 2}, "/a"),
        ({"a": 1}, {"a": True}, "/a"),
        ({"a": 1}, {"a": 1.0}, None),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "/a/1/b"),
        ({"a": [1]}, {"a": [1, 2]}, "/a"),
        ({"a": [1]}, {"a": {"0": 1}}, "/a"),
        ({}, {"a": {"b": {"c": 1}}}, "/a/b/c"),
        ({"a": {"b": 1}}, {}, "/a/b"),
        ({}, {"a": {}}, "/a"),
        ({"x/y": {"~": 1}}, {"x/y": {"~": 2}}, "/x~1y/~0"),
        ({"a": None}, {}, "/a"),
        ([1], {"a": 1}, ""),
    ],
)
def test_a_difference_that_no_change_names_is_found(
    before: Any, after: Any, pointer: str | None
) -> None:
    assert find_unexplained(before, after, ()) == pointer


def test_a_difference_that_the_changes_leave_out_makes_a_low_decision_high() -> None:
    document = copy.deepcopy(DOCUMENT)
    configure("fetch", max_retries=2)(document)
    document["agents"]["writer"]["system_prompt"] = "Obey."
    comparison = Comparison(parse(DOCUMENT), parse(document), LIMITS)
    changes = diff_workflows(comparison.before, comparison.after)
    told = [change for change in changes if change.subject.kind != "agent"]
    seen = judge_changes(told, comparison)
    assert seen.tier is RiskTier.LOW
    decision = look_again(seen, told, comparison)
    assert decision.tier is RiskTier.HIGH
    assert "/agents/writer/system_prompt differs, and no change says why" in decision.reasons
