"""The settings file's format as a JSON Schema, for editors; written from the models that read it."""

from pydantic import JsonValue

from app.settings import SETTINGS_PATH, Settings


def build_settings_schema() -> dict[str, JsonValue]:
    """Return a JSON Schema (draft 2020-12) of `.github/flujo.yml`; what it can't say is said when the file is read."""
    schema: dict[str, JsonValue] = Settings.model_json_schema(mode="validation")
    head: dict[str, JsonValue] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "config.schema.json",
    }
    return {**head, **schema, "title": f"Flujo's settings: {SETTINGS_PATH}"}
