"""YAML text → `Workflow`: parsed, checked, identified; every finding carries its line and column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import orjson
from pydantic import JsonValue, ValidationError

from workflow.diagnostics import Diagnostic, Severity
from workflow.errors import SpecError
from workflow.identity import Read, UnresolvedError, hash_document, resolve_document
from workflow.lint import Finding, find_problems
from workflow.nodes import StepNode
from workflow.patch import JsonPatch
from workflow.pointer import format_pointer
from workflow.references import describe_step
from workflow.spec import WorkflowSpec
from workflow.tree import list_nodes
from workflow.yaml_text import YamlDocument, parse_yaml


@dataclass(frozen=True)
class Workflow:
    """One parsed version of a spec; immutable, so a run keeps the version it started with.

    `document` is the plain JSON data of the YAML text, `spec` its model, `nodes` every step in document order, parents
    first; `warnings` are what a careful reader would want to know.
    """

    text: str
    path: str
    document: dict[str, JsonValue]
    spec: WorkflowSpec
    spec_sha256: str
    nodes: tuple[StepNode, ...]
    warnings: tuple[Diagnostic, ...] = ()
    read: Read | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The workflow's name, its path when it bears none."""
        return self.spec.name or self.path or "workflow"

    def node(self, step_id: str) -> StepNode | None:
        """Return the step of that identity."""
        return self._by_id.get(step_id)

    @cached_property
    def _by_id(self) -> dict[str, StepNode]:
        return {node.step_id: node for node in self.nodes}


def parse_workflow(text: str, *, path: str = "", read: Read | None = None) -> Workflow:
    """Parse a spec strictly; `read` gives files beside it (prompts, imports, skill sources) by relative path.

    Raises `SpecError` with every error found.
    """
    source = parse_yaml(text, path=path)
    document = source.value
    if not isinstance(document, dict):
        raise SpecError([_diagnostic(source, Finding("spec-not-a-mapping", "", _NOT_A_SPEC), path)])
    spec = _validate(document, source, path)
    nodes = list_nodes(
        document,
        line_of=lambda pointer: source.position(pointer).line,
        describe=lambda raw: describe_step(raw, document, read),
    )
    findings = [_diagnostic(source, found, path) for found in find_problems(spec, nodes, read)]
    errors = [found for found in findings if found.severity is Severity.ERROR]
    if errors:
        raise SpecError(errors)
    return Workflow(
        text=text,
        path=path,
        document=document,
        spec=spec,
        spec_sha256=_identify(document, source, path, read),
        nodes=nodes,
        warnings=tuple(findings),
        read=read,
    )


def patch_workflow(workflow: Workflow, patch: JsonPatch) -> Workflow:
    """Return the version a patch leads to, as text edited minimally and parsed strictly.

    Raises `PatchConflictError`, `EditError`, or `SpecError` when the patched document isn't a valid spec.
    """
    from workflow.edit import edit_text

    text = edit_text(workflow.text, patch)
    return parse_workflow(text, path=workflow.path, read=workflow.read)


_NOT_A_SPEC = "a workflow is a mapping with `steps:`"


def _validate(document: dict[str, JsonValue], source: YamlDocument, path: str) -> WorkflowSpec:
    try:
        return WorkflowSpec.model_validate_json(orjson.dumps(document))
    except ValidationError as error:
        found = [_explain(cast("Mapping[str, Any]", item), document) for item in error.errors()]
        raise SpecError([_diagnostic(source, finding, path) for finding in found]) from error


def _explain(item: Mapping[str, Any], document: JsonValue) -> Finding:
    parts = _locate(item["loc"], document)
    pointer = format_pointer([str(part) for part in parts])
    last = str(item["loc"][-1]) if item["loc"] else ""
    match item["type"]:
        case "extra_forbidden":
            return Finding("unknown-key", pointer, f"unknown key {last!r}", "remove it, or fix it")
        case "missing":
            return Finding("missing-key", pointer, f"{last!r} is missing", "add it")
        case "union_tag_invalid":
            return Finding("unknown-kind", pointer, f"unknown kind of step: {item['ctx']['tag']!r}")
        case _:
            where = f"{last!r}: " if last else ""
            return Finding("invalid-value", pointer, f"{where}{item['msg']}")


def _locate(loc: tuple[str | int, ...], document: JsonValue) -> list[str | int]:
    """Keep what of pydantic's location exists in the document; tags of unions don't."""
    parts: list[str | int] = []
    here: JsonValue = document
    for part in loc:
        child = _child(here, part)
        if child is not None:
            here = child
            parts.append(part)
    return parts


def _child(value: JsonValue, part: str | int) -> JsonValue:
    if isinstance(value, dict):
        return value.get(str(part))
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def _identify(
    document: dict[str, JsonValue], source: YamlDocument, path: str, read: Read | None
) -> str:
    try:
        return hash_document(
            resolve_document(document, read, lambda text: parse_yaml(text, path=path).value)
        )
    except UnresolvedError as error:
        finding = Finding("unreadable-file", error.pointer, error.reason, error.hint)
        raise SpecError([_diagnostic(source, finding, path)]) from error


def _diagnostic(source: YamlDocument, finding: Finding, path: str) -> Diagnostic:
    position = source.position(finding.pointer)
    return Diagnostic(
        id=finding.id,
        message=finding.message,
        hint=finding.hint,
        path=path,
        line=position.line,
        column=position.column,
        pointer=finding.pointer,
        severity=finding.severity,
    )
