"""Schemas must be JSON Schemas."""

from collections.abc import Iterator

from pydantic import JsonValue

from workflow.diagnostics.findings import Finding
from workflow.lint.draft import Draft
from workflow.patches.pointer import format_pointer
from workflow.schemas import find_schema_problem

_KEYS = ("input_schema", "output_schema")


def check_schemas(draft: Draft) -> Iterator[Finding]:
    """Find `input_schema` and `output_schema` that no validator could use."""
    for pointer, schema in _schemas_of(draft):
        if isinstance(schema, dict):
            problem = find_schema_problem(schema)
            if problem:
                place = pointer + format_pointer(problem.path)
                yield Finding("bad-schema", place, f"not a JSON Schema: {problem.message}")


def _schemas_of(draft: Draft) -> Iterator[tuple[str, JsonValue]]:
    for name, agent in draft.spec.agents.items():
        yield format_pointer(["agents", name, "output_schema"]), agent.output_schema
    for node in draft.nodes:
        for key in _KEYS:
            yield f"{node.pointer}/{key}", node.raw.get(key)
