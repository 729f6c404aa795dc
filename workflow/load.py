"""YAML text → `Workflow`: parsed, checked, identified; every finding carries its line and column."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from pydantic import JsonValue

from workflow.diagnostics.diagnostic import Diagnostic, Severity
from workflow.diagnostics.findings import Finding
from workflow.diagnostics.leniency import LenientlyRead, find_written, read_leniently
from workflow.errors import SpecError
from workflow.format.shape import ShapeError, read_spec
from workflow.format.spec import WorkflowSpec
from workflow.identity import Read, UnresolvedError, hash_document, prompts_of, resolve_document
from workflow.imports import open_imports
from workflow.lint import Draft, find_problems
from workflow.nodes import StepNode
from workflow.patches.patch import JsonPatch
from workflow.registry.references import describe_step
from workflow.registry.step_registry import StepRegistry
from workflow.tree import list_nodes
from workflow.yaml_io.yaml_text import YamlDocument, parse_yaml

_MOST_OF_AN_END = 300


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
    files: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What the files beside the spec said when it was hashed, by the path they were read by."""
    imported: Mapping[str, "Workflow"] = field(default_factory=dict, compare=False, repr=False)
    """The workflows it imports, by name, as they were hashed."""
    registry: StepRegistry = field(default=StepRegistry(), compare=False, repr=False)
    lenient: bool = field(default=False, compare=False, repr=False)
    """Whether unknown keys were left out; a patch of it is read the same way, and may not bring new ones."""

    @classmethod
    def from_yaml(
        cls, text: str, *, path: str = "", read: Read | None = None, allow: Sequence[str] = ()
    ) -> "Workflow":
        """Parse a spec's text strictly, as `parse_workflow` does; raises `SpecError` with every error found."""
        return parse_workflow(text, path=path, read=read, allow=allow)

    def to_yaml(self) -> str:
        """Return the text it was read from, to the last byte: byte order mark, line ends, comments."""
        return self.text

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


def parse_workflow(
    text: str,
    *,
    path: str = "",
    read: Read | None = None,
    allow: Sequence[str] = (),
    lenient: bool = False,
) -> Workflow:
    """Parse a spec strictly; `read` gives files beside it (prompts, imports, skill sources) by relative path.

    `allow` names the installed packages whose functions may be skills. A `lenient` reading leaves unknown keys out of
    the model, though not out of the hash, and warns of each. Raises `SpecError` with every error found.
    """
    source = parse_yaml(text, path=path)
    document = _mapping_of(source, path)
    understood = _read_spec(source, document, path, lenient=lenient)
    spec = understood.spec
    files: dict[str, str] = {}
    beside = _read_once(read, files)
    registry = StepRegistry(beside, tuple(allow))
    nodes = list_nodes(
        understood.document,
        line_of=lambda pointer: source.position(pointer).line,
        describe=lambda raw: describe_step(raw, document, registry),
    )
    findings = find_problems(Draft(spec, nodes, beside, source.root, registry))
    findings += understood.ignored
    resolved: dict[str, JsonValue] = {}
    imported: dict[str, Workflow] = {}
    spec_sha256 = ""
    try:
        resolved = resolve_document(document, beside, lambda inner: parse_yaml(inner).value)
        spec_sha256 = hash_document(resolved)
        if beside is not None and spec.imports:
            parse = partial(_parse_import, allow=allow, lenient=lenient)
            imported, faults = open_imports(spec.imports, path, beside, parse)
            findings += faults
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
        files=files,
        imported=imported,
        registry=registry,
        lenient=lenient,
    )


def _parse_import(
    text: str, path: str, read: Read, *, allow: Sequence[str], lenient: bool
) -> Workflow:
    return parse_workflow(text, path=path, read=read, allow=allow, lenient=lenient)


def patch_workflow(workflow: Workflow, patch: JsonPatch) -> Workflow:
    """Return the version a patch leads to, as text edited minimally and parsed as the workflow was.

    Raises `PatchConflictError`, `EditError`, or `SpecError` when the patched document isn't a valid spec.
    """
    # Here, because the editor needs ruamel.yaml, which most commands don't.
    from workflow.edit import edit_text

    text = edit_text(workflow.text, patch)
    after = parse_workflow(
        text,
        path=workflow.path,
        read=workflow.read,
        allow=workflow.registry.allow,
        lenient=workflow.lenient,
    )
    written = find_written(workflow.document, after.document) if workflow.lenient else []
    if written:
        raise SpecError(_locate(written, parse_yaml(text), workflow.path))
    return after


def _read_once(read: Read | None, files: dict[str, str]) -> Read | None:
    """Return a reader that reads each file once, so that all of one version agree on what it says; fills `files`."""
    if read is None:
        return None

    def read_once(path: str) -> str:
        if path not in files:
            files[path] = read(path)
        return files[path]

    return read_once


def _mapping_of(source: YamlDocument, path: str) -> dict[str, JsonValue]:
    if isinstance(source.value, dict):
        return source.value
    finding = Finding("spec-not-a-mapping", "", "a workflow is a mapping with `steps:`")
    raise SpecError(_locate([finding], source, path))


def _read_spec(
    source: YamlDocument, document: dict[str, JsonValue], path: str, *, lenient: bool
) -> LenientlyRead:
    try:
        if lenient:
            return read_leniently(document)
        return LenientlyRead(document, read_spec(document), ())
    except ShapeError as error:
        raise SpecError(_locate(error.findings, source, path)) from error


def _locate(findings: Iterable[Finding], source: YamlDocument, path: str) -> tuple[Diagnostic, ...]:
    """Give findings their line and column, in the order of the text."""
    diagnostics = [_diagnostic(source, finding, path) for finding in findings]
    return tuple(sorted(diagnostics, key=lambda found: (found.line, found.column)))


def _shorten(message: str) -> str:
    """Leave out the middle of a very long message: what is wrong stands at its end."""
    if len(message) <= 2 * _MOST_OF_AN_END:
        return message
    return f"{message[:_MOST_OF_AN_END]} … {message[-_MOST_OF_AN_END:]}"


def _diagnostic(source: YamlDocument, finding: Finding, path: str) -> Diagnostic:
    position = source.position(finding.pointer)
    return Diagnostic(
        id=finding.id,
        message=_shorten(finding.message),
        hint=finding.hint,
        path=path,
        line=position.line,
        column=position.column,
        pointer=finding.pointer,
        severity=finding.severity,
    )
