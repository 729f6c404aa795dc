"""A file of policies for many workflows, such as an organisation's: `policies:` as a spec writes them, nothing else."""

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from policy_dsl import Policy
from workflow.diagnostics.diagnostic import Diagnostic, Severity
from workflow.diagnostics.findings import Finding
from workflow.errors import SpecError
from workflow.lint.policies import find_policy_problems
from workflow.patches.pointer import format_pointer
from workflow.yaml_io.yaml_text import YamlDocument, parse_yaml


class _PolicyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    policies: tuple[Policy, ...]


def parse_policies(text: str, *, path: str = "") -> tuple[Policy, ...]:
    """Parse a file of policies; raises `SpecError` with every error found.

    Expressions are checked against the names of a run or a patch; names of single steps aren't known here.
    """
    source = parse_yaml(text, path=path)
    try:
        policies = _PolicyFile.model_validate_json(orjson.dumps(source.value)).policies
    except ValidationError as error:
        found = [
            Finding(
                "invalid-policies",
                format_pointer([str(part) for part in item["loc"]]),
                _say(item["msg"], item["loc"]),
            )
            for item in error.errors()
        ]
        raise SpecError([_place(finding, source, path) for finding in found]) from error
    findings = [*_find_repeated(policies), *find_policy_problems(policies)]
    errors = [found for found in findings if found.severity is Severity.ERROR]
    if errors:
        raise SpecError([_place(finding, source, path) for finding in errors])
    return policies


def _find_repeated(policies: tuple[Policy, ...]) -> list[Finding]:
    ids = [policy.id for policy in policies]
    return [
        Finding(
            "duplicate-name", f"/policies/{number}/id", f"a second policy {name!r}", "rename one"
        )
        for number, name in enumerate(ids)
        if name in ids[:number]
    ]


def _say(message: str, loc: tuple[int | str, ...]) -> str:
    where = ".".join(map(str, loc))
    return f"{where}: {message}" if where else "a file of policies is a mapping with `policies:`"


def _place(finding: Finding, source: YamlDocument, path: str) -> Diagnostic:
    place = source.position(finding.pointer)
    return Diagnostic(
        id=finding.id,
        message=finding.message,
        hint=finding.hint,
        path=path,
        line=place.line,
        column=place.column,
        pointer=finding.pointer,
    )
