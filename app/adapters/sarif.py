"""Diagnostics as SARIF 2.1.0 (OASIS), which code scanning services and editors show at their lines."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from pydantic import JsonValue

from workflow import Diagnostic, DiagnosticKind

_VERSION = "2.1.0"
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"

JsonObject = dict[str, JsonValue]


def write_sarif(
    found: Mapping[str, Iterable[Diagnostic]], rules: Sequence[DiagnosticKind], *, version: str
) -> JsonObject:
    """Return a SARIF log of what was found in each file, by its path in the repository."""
    places = {rule.id: index for index, rule in enumerate(rules)}
    results: list[JsonValue] = [
        _result(path, diagnostic, places[diagnostic.id])
        for path, diagnostics in found.items()
        for diagnostic in diagnostics
    ]
    described: list[JsonValue] = [_rule(rule) for rule in rules]
    driver: JsonObject = {"name": "flujo", "semanticVersion": version, "rules": described}
    run: JsonObject = {
        "tool": {"driver": driver},
        # Columns count characters; the default would be halves of UTF-16 pairs.
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": _VERSION, "runs": [run]}


def _rule(rule: DiagnosticKind) -> JsonObject:
    return {
        "id": rule.id,
        "shortDescription": {"text": f"{rule.meaning[:1].upper()}{rule.meaning[1:]}."},
        "help": {"text": f"{rule.meaning}. What to do: {rule.remedy}."},
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {"tags": [rule.topic]},
    }


def _result(path: str, diagnostic: Diagnostic, place: int) -> JsonObject:
    hint = f"; {diagnostic.hint}" if diagnostic.hint else ""
    location: JsonObject = {"artifactLocation": {"uri": quote(path), "uriBaseId": _ROOT}}
    if diagnostic.line:
        location["region"] = _region(diagnostic)
    return {
        "ruleId": diagnostic.id,
        "ruleIndex": place,
        "level": str(diagnostic.severity),
        "message": {"text": f"{diagnostic.message}{hint}"},
        "locations": [{"physicalLocation": location}],
    }


def _region(diagnostic: Diagnostic) -> JsonObject:
    region: JsonObject = {"startLine": diagnostic.line}
    if diagnostic.column:
        region["startColumn"] = diagnostic.column
    return region
