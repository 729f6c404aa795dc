"""The published schema takes every spec that loads, and refuses what isn't shaped like one."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tests.workflow.any_workflow import documents
from tests.workflow.random_workflows import programs
from tests.workflow.test_lint import ERRORS, GOOD, GOOD_CASES, WARNINGS
from workflow import Program, build_spec_schema, parse_yaml

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = build_spec_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
MISSHAPEN = {"spec-not-a-mapping", "unknown-key", "missing-key", "invalid-value", "unknown-kind"}
# Of these the schema can't know: what an expression means, and how large JSON's numbers get.
BEYOND = {"number-too-large", "bad-expression"}
EXAMPLES = sorted(
    [*ROOT.glob("examples/**/*.flow.yaml"), *ROOT.glob("tests/**/golden/*/before.yaml")]
)


def fits(text: str) -> bool:
    return VALIDATOR.is_valid(parse_yaml(text.replace("▸", "")).value)


def test_it_is_a_schema_that_names_no_host() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"].startswith("urn:")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_fits(path: Path) -> None:
    assert fits(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", [GOOD, *(text for _, text, _ in [*GOOD_CASES, *WARNINGS])])
def test_every_valid_case_fits(text: str) -> None:
    assert fits(text)


@pytest.mark.parametrize(("id_", "text", "_"), [case for case in ERRORS if case[0] not in BEYOND])
def test_exactly_the_misshapen_cases_do_not_fit(id_: str, text: str, _: str) -> None:
    assert fits(text) == (id_ not in MISSHAPEN)


@given(documents)
@settings(deadline=None, max_examples=50)
def test_generated_specs_of_every_kind_fit(document: dict[str, object]) -> None:
    VALIDATOR.validate(document)


@given(programs)
@settings(deadline=None, max_examples=30)
def test_generated_programs_fit(program: Program) -> None:
    VALIDATOR.validate(program.workflow.document)


@pytest.mark.parametrize(
    ("step", "valid"),
    [
        ("{name: s, uses: a}", True),
        ("{step: s, uses: a}", True),
        ("{name: s, step: s, uses: a}", False),
        ("{uses: a}", False),
        ("{name: s, kind: parallel, branches: {x: [{step: t, uses: a}]}}", True),
        ("{name: s, kind: parallel, branches: {x: []}}", False),
        ("{name: s, kind: parallel, branches: {x: {steps: [{name: t, uses: a, y: 1}]}}}", False),
        ("{name: s, kind: parallel, branches: {}}", False),
        ("{name: s, uses: a, fallback: {name: t, kind: nothing}}", False),
    ],
)
def test_steps_are_told_apart(step: str, valid: bool) -> None:
    assert fits(f"steps: [{step}]") is valid


def test_every_key_and_every_model_is_explained() -> None:
    models: dict[str, Any] = {"Spec": SCHEMA, **SCHEMA["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, value in model.get("properties", {}).items()
        if not value.get("description")
    ]
    assert silent == []
    assert all(models[name].get("title") for name in models if "properties" in models[name])


def test_no_explanation_is_for_a_key_that_is_not_there() -> None:
    words = (ROOT / "workflow/format/spec_words.toml").read_text(encoding="utf-8")
    models: dict[str, Any] = {"WorkflowSpec": SCHEMA, **SCHEMA["$defs"]}
    models["Step"] = SCHEMA["$defs"]["CacheStep"]
    sections = re.findall(r"^\[(\w+)\]\n(.*?)(?=^\[|\Z)", words, flags=re.MULTILINE | re.DOTALL)
    for name, body in sections:
        keys = set(re.findall(r"^(\w+) =", body, flags=re.MULTILINE))
        assert keys <= set(models[name]["properties"]), name
