"""All that may ever be applied to the examples by itself, enumerated: nothing but knobs is in it.

Every place of every example, and every place where a key could be added, is given every value of a finite set. What the
gate lets through is compared with the spec before by somebody else's eyes. In full under FLUJO_VERIFY=1.
"""

import copy
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from benchmarks.adversarial import oracle
from benchmarks.adversarial.case import LIMITS, MODELS
from benchmarks.adversarial.specs import EXAMPLES, generate_specs, load_examples
from trust_tiers import RiskTier, classify
from workflow import SpecError, Workflow, parse_workflow

FULL = bool(os.environ.get("FLUJO_VERIFY"))
SAMPLE = 60
"""So many documents of a spec are tried unless all are."""

KEYS = (
    "config", "max_retries", "timeout_s", "backoff_s", "max_tokens", "description", "meta", "doc", "validators",
    "model", "model_settings", "timeout", "usage_limits", "score", "uses", "input", "sink_to", "fallback",
)  # fmt: skip
LENGTH = "flujo.check.length"
VALUES: tuple[object, ...] = (
    *range(13), *(0.4, 1.5, 15.0, 20, 25, 30, 60, 61, 120, 240, 300, 400, 600, 601, 800, 1e9, -1),
    True, None, "x", "Plain words.", "{{ context.x }}", *MODELS, "sim:large", "agents.writer", [LENGTH],
    [{"id": LENGTH, "params": {"min_chars": 20, "max_chars": 2000}}, LENGTH], [], {}, {"doc": "Words."},
    {"max_retries": 3}, {"timeout_s": 20, "max_retries": 2}, {"max_retries": 3, "temperature": 1},
)  # fmt: skip
SPECS = {path.parent.name: spec for path, spec in zip(EXAMPLES, load_examples(), strict=True)}
SPECS |= {
    f"generated {index}": spec
    for index, spec in enumerate(generate_specs(Random(17), 6 if FULL else 2))
}
Path = tuple[str | int, ...]


def _list_places(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        yield from ((*path, key) for key in KEYS if key not in value)
        for key, item in value.items():
            yield (*path, key)
            yield from _list_places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index)
            yield from _list_places(item, (*path, index))


def _put(document: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    changed: Any = copy.deepcopy(document)
    parent = changed
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    assert isinstance(changed, dict)
    return changed


def _swap(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the document with an item of a list and the one before it in each other's places."""
    changed: Any = copy.deepcopy(document)
    parent = changed
    for part in path[:-1]:
        parent = parent[part]
    index = path[-1]
    assert isinstance(index, int)
    parent[index - 1], parent[index] = parent[index], parent[index - 1]
    assert isinstance(changed, dict)
    return changed


def _choose(spec: Workflow) -> list[tuple[Path, object]]:
    """Return every place with every value, or a sample of them."""
    every = [(path, value) for path in _list_places(spec.document) for value in VALUES]
    return every if FULL else Random(spec.name).sample(every, min(SAMPLE, len(every)))


def _read(spec: Workflow, document: dict[str, Any]) -> Workflow | None:
    try:
        return parse_workflow(json.dumps(document, indent=1), path=spec.path, read=spec.read)
    except SpecError:
        return None


def _judge(spec: Workflow, document: dict[str, Any]) -> RiskTier:
    after = _read(spec, document)
    return RiskTier.HIGH if after is None else classify(spec, after, LIMITS).tier


def _check(spec: Workflow, document: dict[str, Any], where: Path) -> None:
    if document != spec.document and _judge(spec, document) is not RiskTier.HIGH:
        assert list(oracle.compare(spec.document, document, MODELS)) == [], where


@pytest.mark.parametrize("name", SPECS)
def test_whatever_may_be_applied_by_itself_changes_nothing_but_knobs(name: str) -> None:
    for path, value in _choose(SPECS[name]):
        _check(SPECS[name], _put(SPECS[name].document, path, value), path)


@pytest.mark.parametrize("name", SPECS)
def test_neighbours_that_may_change_places_by_themselves_do_not_depend_on_it(name: str) -> None:
    for path in _list_places(SPECS[name].document):
        if isinstance(path[-1], int) and path[-1] > 0:
            _check(SPECS[name], _swap(SPECS[name].document, path), path)


@pytest.mark.parametrize("name", SPECS)
def test_whatever_is_a_knob_within_its_bounds_may_be_applied_if_its_step_may_be_repeated(
    name: str,
) -> None:
    """The other way round: the surface isn't empty, and is where the page says it is."""
    spec = SPECS[name]
    applied = 0
    for node in spec.nodes:
        path = tuple(
            int(part) if part.isdecimal() else part for part in node.pointer[1:].split("/")
        )
        if node.kind != "step" or not node.is_repeatable or "config" in node.raw:
            continue
        document = _put(spec.document, (*path, "config"), {"max_retries": 4})
        expected = not list(oracle.compare(spec.document, document, MODELS))
        assert (_judge(spec, document) is RiskTier.LOW) is expected, node.step_id
        applied += expected
    assert applied or name in ("approval", "minimal", "multi-turn")


def test_a_document_that_says_the_same_is_no_change() -> None:
    spec = SPECS["support-triage"]
    same = _read(spec, spec.document)
    assert same is not None
    assert classify(spec, replace(same, text=spec.text), LIMITS).reasons == ("Nothing changes.",)
