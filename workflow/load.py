"""YAML text → `Workflow`: parsed, checked, identified; every finding carries its line and column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from pydantic import JsonValue

from workflow.diagnostics import Diagnostic, Severity
from workflow.errors import SpecError
from workflow.findings import Finding
from workflow.identity import Read, UnresolvedError, hash_document, prompts_of, resolve_document
from workflow.lint import Draft, find_problems
from workflow.nodes import StepNode
from workflow.patch import JsonPatch
from workflow.references import describe_step
from workflow.shape import ShapeError, read_spec
from workflow.spec import WorkflowSpec
from workflow.tree import list_nodes
from workflow.yaml_text import YamlDocument, parse_yaml


@dataclass(frozen=True)
class Workflow:
    """One parsed version of a spec; immutable, so a run keeps the version it started with.

    `document` is the plain JSON data of the YAML text, `spec` its model, `nodes` every step in document order, parents
    first; `prompts` holds the text of each agent's prompt, read once, so that what runs is what was hashed; `warnings`
    are what a careful reader would want to know.
    """

    text: str
    path: str
    document: dict[str, JsonValue]
    spec: WorkflowSpec
    spec_sha256: str
    nodes: tuple[StepNode, ...]
    warnings: tuple[Diagnostic, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
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
    document, spec = _read_spec(source, path)
    beside = _read_once(read)
    nodes = list_nodes(
        document,
        line_of=lambda pointer: source.position(pointer).line,
        describe=lambda raw: describe_step(raw, document, beside),
    )
    findings = find_problems(Draft(spec, nodes, beside))
    resolved: dict[str, JsonValue] = {}
    spec_sha256 = ""
    try:
        resolved = resolve_document(document, beside, lambda inner: parse_yaml(inner).value)
        spec_sha256 = hash_document(resolved)
    except UnresolvedError as error:
        findings.append(Finding("unreadable-file", error.pointer, error.reason, error.hint))
    diagnostics = _locate(findings, source, path)
    errors = [found for found in diagnostics if found.severity is Severity.ERROR]
    if errors:
        raise SpecError(errors)
    return Workflow(
        text=text,
        path=path,
        document=document,
        spec=spec,
        spec_sha256=spec_sha256,
        nodes=nodes,
        warnings=diagnostics,
        prompts=prompts_of(resolved),
        read=read,
    )


def patch_workflow(workflow: Workflow, patch: JsonPatch) -> Workflow:
    """Return the version a patch leads to, as text edited minimally and parsed strictly.

    Raises `PatchConflictError`, `EditError`, or `SpecError` when the patched document isn't a valid spec.
    """
    # Here, because the editor needs ruamel.yaml, which most commands don't.
    from workflow.edit import edit_text

    text = edit_text(workflow.text, patch)
    return parse_workflow(text, path=workflow.path, read=workflow.read)


def _read_once(read: Read | None) -> Read | None:
    """Return a reader that reads each file once, so that all of one version agree on what it says."""
    return read and cache(read)


def _read_spec(source: YamlDocument, path: str) -> tuple[dict[str, JsonValue], WorkflowSpec]:
    document = source.value
    if not isinstance(document, dict):
        finding = Finding("spec-not-a-mapping", "", "a workflow is a mapping with `steps:`")
        raise SpecError(_locate([finding], source, path))
    try:
        return document, read_spec(document)
    except ShapeError as error:
        raise SpecError(_locate(error.findings, source, path)) from error


def _locate(findings: Iterable[Finding], source: YamlDocument, path: str) -> tuple[Diagnostic, ...]:
    """Give findings their line and column, in the order of the text."""
    diagnostics = [_diagnostic(source, finding, path) for finding in findings]
    return tuple(sorted(diagnostics, key=lambda found: (found.line, found.column)))


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
