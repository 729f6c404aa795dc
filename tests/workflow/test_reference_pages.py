"""The reference pages of the format and of recordings say what the code does."""

import re
from pathlib import Path
from typing import Literal, get_args

import pytest
from pydantic import BaseModel

from workflow import compile_program, parse_workflow
from workflow.engine.program import Conditional, Loop, Map, Parallel
from workflow.recording import FORMAT, RecordedAttempt, RecordedStep, Recording
from workflow.spec import AgentSpec, WorkflowSpec
from workflow.step_spec import SimpleStep, StepConfig, StepSpec, UsageLimits
from workflow.templates import ROOTS

DOCS = Path(__file__).parents[2] / "docs/reference"
SPEC = (DOCS / "spec.md").read_text("utf-8")
RECORDING = (DOCS / "recording-format.md").read_text("utf-8")


def first_cells(page: str, heading: str) -> list[str]:
    """Return the names in the first column of the table under a heading."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", section, flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("The run", Recording),
        ("An execution of a step", RecordedStep),
        ("An attempt", RecordedAttempt),
    ],
)
def test_every_field_of_a_recording_is_on_its_page_in_order(
    heading: str, model: type[BaseModel]
) -> None:
    assert first_cells(RECORDING, heading) == list(model.model_fields)


def test_the_page_names_the_format_in_force() -> None:
    assert f"Format: `{FORMAT}`" in RECORDING


@pytest.mark.parametrize(
    ("heading", "model"),
    [("Top level", WorkflowSpec), ("An agent", AgentSpec), ("A step", SimpleStep)],
)
def test_every_key_of_the_format_is_on_its_page(heading: str, model: type[BaseModel]) -> None:
    assert set(first_cells(SPEC, heading)) == set(model.model_fields)


@pytest.mark.parametrize("model", [StepConfig, UsageLimits])
def test_every_knob_is_named(model: type[BaseModel]) -> None:
    assert all(f"`{name}`" in SPEC for name in model.model_fields)


def test_every_kind_is_told_with_whether_it_runs() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .*\| (yes|no)\b.*\|$", SPEC, flags=re.MULTILINE))
    kinds = [
        get_args(one)[0].model_fields["kind"].annotation for one in get_args(get_args(StepSpec)[0])
    ]
    assert set(rows) == {get_args(kind)[0] for kind in kinds if kind is not Literal}
    containers = {kind.__name__.lower() for kind in (Conditional, Loop, Map, Parallel)}
    assert {kind for kind, runs in rows.items() if runs == "yes"} == {"step", *containers}


def test_every_name_of_a_template_is_told() -> None:
    told = {re.split(r"[.\[]", name)[0] for name in first_cells(SPEC, "Templates")}
    assert told == set(ROOTS)


def test_the_example_on_the_page_is_a_valid_spec_that_runs() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", SPEC, flags=re.DOTALL)
    workflow = parse_workflow(example)
    assert workflow.warnings == ()
    assert len(compile_program(workflow).leaves) == 3
