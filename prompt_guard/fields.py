"""The fields a model may propose to change: one list for the schema it is shown and the check of what it returns."""

from pydantic import JsonValue

STEP_FIELDS: dict[tuple[str, ...], dict[str, JsonValue]] = {
    ("config", "max_retries"): {"type": "integer", "minimum": 0, "maximum": 10},
    ("config", "timeout_s"): {"type": "number", "minimum": 0.5, "maximum": 3600},
    ("config", "backoff_s"): {"type": "number", "minimum": 0, "maximum": 300},
    ("config", "max_tokens"): {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    ("config", "temperature"): {"type": "number", "minimum": 0, "maximum": 2},
    ("config", "top_p"): {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    ("validators",): {"type": "array", "items": {"enum": ["flujo.check.length"]}},
}
"""Fields of a step with the JSON Schema of each."""

AGENT_FIELDS: dict[tuple[str, ...], dict[str, JsonValue]] = {
    ("model",): {"type": "string"},
    ("model_settings", "max_tokens"): {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    ("model_settings", "temperature"): {"type": "number", "minimum": 0, "maximum": 2},
    ("model_settings", "top_p"): {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
}
"""Fields of an agent with the JSON Schema of each; `model` is narrowed to the plan's models."""

PROMPT_FIELD = ("system_prompt",)
PROMPT_SCHEMA: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": 4_000}
"""The one field that holds text; only a plan for mending a test has it."""
