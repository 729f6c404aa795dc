"""The generated parts of the reference pages: tables of the format, from its JSON Schema, and of the diagnostics."""

import os
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from workflow import build_spec_schema, load_diagnostic_kinds

DOCS = Path(__file__).parents[2] / "docs/reference"
_BEGIN, _END = "<!-- generated: {} -->", "<!-- /generated -->"
_BLOCK = re.compile(r"<!-- generated: (\w+) -->\n.*?<!-- /generated -->", re.DOTALL)
_SCHEMA: Mapping[str, Any] = build_spec_schema()
_MODELS: Mapping[str, Any] = {"WorkflowSpec": _SCHEMA, **_SCHEMA["$defs"]}
_SHARED = frozenset(_MODELS["HitlStep"]["properties"]) - {"message", "kind"}


def keep_or_compare(path: Path, text: str) -> None:
    """Compare a file with what it should say, or write it when `FLUJO_UPDATE_GOLDEN` is set."""
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def fill_blocks(page: str) -> str:
    """Return a page with each of its generated blocks made anew."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return "\n".join([_BEGIN.format(name), "", *_make(name), "", _END])

    return _BLOCK.sub(fill, page)


def write_diagnostics(page: str) -> str:
    """Return the page of diagnostics: its head as it is, then a section for each topic."""
    parts = [page.partition("\n## ")[0].rstrip() + "\n"]
    for topic, rules in groupby(load_diagnostic_kinds(), key=lambda rule: rule.topic):
        rows = [
            f"| `{rule.id}` | {rule.severity} | {rule.meaning} | {rule.remedy} |" for rule in rules
        ]
        head = ["| id | severity | meaning | what to do |", "|---|---|---|---|"]
        parts.append("\n".join([f"\n## {topic}\n", *head, *rows]) + "\n")
    return "".join(parts)


def _make(name: str) -> Iterable[str]:
    if name != "others":
        return _table(name)
    shown = {"WorkflowSpec", "AgentSpec", "SimpleStep"}
    return [line for model in _MODELS if model not in shown for line in _section(model)]


def _section(name: str) -> list[str]:
    model = _MODELS[name]
    if "properties" not in model:
        return []
    about = " ".join(model.get("description", "").split())
    table = _table(name, own=name.endswith("Step") and name != "SimpleStep")
    return [f"### {name}", "", about, "", *table, ""]


def _table(name: str, *, own: bool = False) -> list[str]:
    model = _MODELS[name]
    required = set(model.get("required", ()))
    rows = ["| key | value | meaning |", "|---|---|---|"]
    for key, value in model["properties"].items():
        if key == "step" or (
            own and key in _SHARED and (name, key) != ("HitlStep", "input_schema")
        ):
            continue
        must = " (required)" if key in required else ""
        rows.append(f"| `{key}` | {_say(value)}{must} | {value['description']} |")
    return rows


def _say(value: Mapping[str, Any]) -> str:
    default = None if "const" in value else value.get("default")
    usual = f", `{str(default).lower() if default is False else default}` by default"
    return _say_type(value) + ("" if default is None else usual)


def _say_type(value: Mapping[str, Any]) -> str:
    for key in ("anyOf", "oneOf"):
        if key in value:
            kinds = [_say_type(each) for each in value[key] if each != {"type": "null"}]
            return " or ".join(kinds)
    if "$ref" in value:
        return _refer(value["$ref"].rpartition("/")[2])
    if "const" in value or "enum" in value:
        return ", ".join(f"`{word}`" for word in value.get("enum", [value.get("const")]))
    match value.get("type"):
        case "array":
            return f"list of {_say_type(value['items'])}"
        case "object":
            inner = value.get("additionalProperties", {})
            (inner,) = value.get("patternProperties", {"": inner}).values()
            return "mapping" if _is_any(inner) else f"names to {_say_type(inner)}"
        case "number" | "integer" as kind:
            return ("number" if kind == "number" else "whole number") + _say_range(value)
        case "boolean":
            return "`true` or `false`"
    return "text" if value.get("type") == "string" else "anything"


def _refer(name: str) -> str:
    if "enum" in _MODELS[name]:
        return ", ".join(f"`{word}`" for word in _MODELS[name]["enum"])
    if name in ("JsonValue", "Step", "Branch", "AgentSpec"):
        words = {"JsonValue": "anything", "AgentSpec": "[agent](#an-agent)"}
        return words.get(name, name.lower())
    return f"[{name}](#{name.lower()})"


def _say_range(value: Mapping[str, Any]) -> str:
    low = value.get("minimum", value.get("exclusiveMinimum"))
    above = "above " if "exclusiveMinimum" in value else ""
    if "maximum" in value:
        return f", {above}{low:g} to {value['maximum']:,g}"
    return f", {low:g} or more" if low is not None else ""


def _is_any(schema: object) -> bool:
    return schema in ({}, True, {"$ref": "#/$defs/JsonValue"})
