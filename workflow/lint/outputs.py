"""What steps give, and what a template makes of it, as far as schemas and the engine's rules tell."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue

from workflow.format.spec import AgentSpec
from workflow.lint.blocks import Place
from workflow.lint.shapes import NoField, Schema, look_into, types_of
from workflow.skills import find_built_in_manifest
from workflow.templates import Slot, TemplateError, compile_template

Outputs = tuple[Schema, ...]
"""The schemas one of which a value has; none: anything."""

_FILTERED: dict[str, Schema] = {"length": {"type": "integer"}}
_TEXT: Schema = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Giver:
    """Knows the agents of a spec and the built-in skills, and so what its steps give."""

    agents: dict[str, AgentSpec]

    def outputs_of(self, place: Place) -> Outputs:
        """Return what a step gives; its fallback may give it too."""
        schema = self._schema_of(place)
        if schema is None:
            return ()
        if place.fallback is None:
            return (schema,)
        other = self.outputs_of(place.fallback)
        return (schema, *other) if other else ()

    def _schema_of(self, place: Place) -> Schema | None:
        raw = place.node.raw
        declared = raw.get("input_schema" if place.node.kind == "hitl" else "output_schema")
        if isinstance(declared, dict):
            return declared
        if place.node.kind == "parallel":
            return _schema_of_parallel(place)
        uses = place.node.uses
        if not uses.startswith("agents."):
            built_in = find_built_in_manifest(uses)
            return built_in.output_schema if built_in else None
        agent = self.agents.get(uses.removeprefix("agents."))
        return agent.output_schema if agent else None


def look_into_all(outputs: Outputs, path: tuple[str | int, ...]) -> Outputs:
    """Return what lies at a path, nothing known when one of the schemas doesn't say."""
    found: list[Schema] = []
    for schema in outputs:
        inner = look_into(schema, path)
        if inner is None or isinstance(inner, NoField):
            return ()
        found.append(inner)
    return tuple(found)


def or_null(outputs: Outputs) -> Outputs:
    """Return what a value may be that is null when its step hasn't run."""
    return (*outputs, {"const": None}) if outputs else ()


def shape_of_input(value: JsonValue, resolve: Callable[[Slot], Outputs]) -> Outputs:
    """Return what a step's `input` becomes once its templates are filled in."""
    if isinstance(value, str):
        return _shape_of_text(value, resolve)
    if not isinstance(value, dict):
        return ({"type": "array"},) if isinstance(value, list) else ({"const": value},)
    properties: dict[str, JsonValue] = {}
    for key, item in value.items():
        shapes = shape_of_input(item, resolve)
        properties[key] = dict(shapes[0]) if len(shapes) == 1 else _only_types(shapes)
    required: list[JsonValue] = list(value)
    closed: Schema = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return (closed,)


def _shape_of_text(text: str, resolve: Callable[[Slot], Outputs]) -> Outputs:
    if "{{" not in text:
        return ({"const": text},)
    try:
        pieces = compile_template(text).pieces
    except TemplateError:
        return ()
    slot = pieces[0]
    if len(pieces) > 1 or not isinstance(slot, Slot):
        return (_TEXT,)
    if slot.filters:
        return (_FILTERED.get(slot.filters[-1][0], _TEXT),)
    return resolve(slot)


def _only_types(shapes: Outputs) -> dict[str, JsonValue]:
    found: set[str] = set()
    for shape in shapes:
        types = types_of(shape)
        if types is None:
            return {}
        found |= types
    names: list[JsonValue] = [*sorted(found)]
    return {"type": names} if names else {}


def _schema_of_parallel(place: Place) -> Schema | None:
    """Its output maps the branches' names to what they gave, unless it is reduced."""
    if place.node.raw.get("reduce"):
        return None
    names: list[JsonValue] = list(place.blocks)
    return {
        "type": "object",
        "properties": {name: {} for name in place.blocks},
        "required": names,
        "additionalProperties": False,
    }
