"""The format as a JSON Schema (draft 2020-12), for editors and other programs: the models, with words for each key."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files

from pydantic import JsonValue

from workflow.format.spec import WorkflowSpec

SCHEMA_ID = "urn:flujo:spec:0.1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STEP_ONE_OF = "SimpleStep"
_EVERY_STEP = "Step"

JsonObject = dict[str, JsonValue]


def build_spec_schema() -> JsonObject:
    """Return the schema; what it refuses is no spec, what it allows may still name what isn't there."""
    schema: JsonObject = WorkflowSpec.model_json_schema()
    models = schema.pop("$defs")
    assert isinstance(models, dict)
    models["WorkflowSpec"] = schema
    _name_unions(models)
    for name, model in models.items():
        if isinstance(model, dict):
            _drop_empty_defaults(model)
            if name.endswith(_EVERY_STEP) and name != _EVERY_STEP:
                _allow_both_names(model)
    _describe(models)
    whole = models.pop("WorkflowSpec")
    assert isinstance(whole, dict)
    head: JsonObject = {"$schema": _DIALECT, "$id": SCHEMA_ID, **whole, "title": "Flujo spec"}
    return {**head, "$defs": dict(sorted(models.items()))}


def _name_unions(models: JsonObject) -> None:
    """Write the unions of all kinds and of the forms of a branch once, not wherever they are used."""
    kinds = next(_unions_starting_with(models, _STEP_ONE_OF))
    models[_EVERY_STEP] = {"title": "Step", "oneOf": list(kinds)}
    _replace(models, kinds, _EVERY_STEP)
    blocks = [union for union in _unions(models) if {"$ref": "#/$defs/StepBlock"} in union]
    forms = list(blocks[0])
    models["Branch"] = {
        "title": "Branch",
        "description": "A list of steps, one step, or `{steps: […]}`.",
        "oneOf": list(forms),
    }
    _replace(models, forms, "Branch")


def _unions_starting_with(value: JsonValue, model: str) -> Iterator[list[JsonValue]]:
    first: JsonValue = {"$ref": f"#/$defs/{model}"}
    return (union for union in _unions(value) if union[0] == first)


def _unions(value: JsonValue) -> Iterator[list[JsonValue]]:
    for mapping in _mappings(value):
        union = mapping.get("oneOf")
        if isinstance(union, list):
            yield union


def _replace(models: JsonObject, union: list[JsonValue], name: str) -> None:
    for model, whole in models.items():
        for mapping in _mappings(whole):
            if mapping.get("oneOf") == union and model != name:
                del mapping["oneOf"]
                mapping["$ref"] = f"#/$defs/{name}"


def _mappings(value: JsonValue) -> Iterator[JsonObject]:
    if isinstance(value, dict):
        yield value
    for child in _children(value):
        yield from _mappings(child)


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _drop_empty_defaults(model: JsonObject) -> None:
    """Leave out the defaults that only say that nothing is there."""
    for mapping in _mappings(model):
        default = mapping.get("default")
        if default in (None, "", []) or isinstance(default, dict):
            mapping.pop("default", None)


def _allow_both_names(model: JsonObject) -> None:
    """A step's name may be written as `name:` or as `step:`."""
    properties, required = model["properties"], model["required"]
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    properties["step"] = properties["name"]
    required.remove("name")
    model["oneOf"] = [{"required": ["name"]}, {"required": ["step"]}]
    if not required:
        del model["required"]


def _describe(models: JsonObject) -> None:
    """Say of every key what it means."""
    words = tomllib.loads((files(__package__) / "spec_words.toml").read_text(encoding="utf-8"))
    for name, model in models.items():
        shared = words[_EVERY_STEP] if name.endswith(_EVERY_STEP) else {}
        known: dict[str, str] = {**shared, **words.get(name, {})}
        properties = model.get("properties") if isinstance(model, dict) else None
        if isinstance(properties, dict):
            for key, value in properties.items():
                assert isinstance(value, dict)
                properties[key] = {**value, **_worded(known.get(key))}


def _worded(words: str | None) -> JsonObject:
    return {"description": words} if words else {}
