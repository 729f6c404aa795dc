"""The reference pages say what the code does; `FLUJO_UPDATE_GOLDEN=1` writes their generated parts anew."""

import json
import re
from pathlib import Path
from typing import Literal, get_args

import pytest
from pydantic import BaseModel

from tests.workflow.reference_pages import fill_blocks, keep_or_compare, write_diagnostics
from workflow import build_spec_schema, compile_program, parse_workflow
from workflow.format.spec import AgentSpec, WorkflowSpec
from workflow.format.step_spec import SimpleStep, StepConfig, StepSpec, UsageLimits
from workflow.recordings.recording import FORMAT, HeldTo, RecordedAttempt, RecordedStep, Recording
from workflow.templates import ROOTS

DOCS = Path(__file__).parents[2] / "docs/reference"
SPEC = (DOCS / "spec.md").read_text("utf-8")
RECORDING = (DOCS / "recording-format.md").read_text("utf-8")


def test_the_published_schema_is_the_one_of_the_code() -> None:
    text = json.dumps(build_spec_schema(), indent=2, ensure_ascii=False) + "\n"
    keep_or_compare(DOCS / "schemas/spec.schema.json", text)


def test_the_tables_of_the_format_are_made_from_its_schema() -> None:
    keep_or_compare(DOCS / "spec.md", fill_blocks(SPEC))


def test_the_page_of_diagnostics_is_made_from_the_rules() -> None:
    page = (DOCS / "diagnostics.md").read_text("utf-8")
    keep_or_compare(DOCS / "diagnostics.md", write_diagnostics(page))


def first_cells(page: str, heading: str) -> list[str]:
    """Return the names in the first column of the table under a heading."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", section, flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("The run", Recording),
        ("What a run is held to", HeldTo),
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
    reviewed_only = {kind for kind, runs in rows.items() if runs == "no"}
    assert reviewed_only == {"agentic_loop", "tree_search"}


def test_every_name_of_a_template_is_told() -> None:
    told = {re.split(r"[.\[]", name)[0] for name in first_cells(SPEC, "Templates")}
    assert told == set(ROOTS)


def test_the_example_on_the_page_is_a_valid_spec_that_runs() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", SPEC, flags=re.DOTALL)
    workflow = parse_workflow(example)
    assert workflow.warnings == ()
    assert len(compile_program(workflow).leaves) == 3
