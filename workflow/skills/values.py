"""`flujo.value.*`: work on plain values."""

from pydantic import JsonValue


def pass_through(data: JsonValue) -> JsonValue:
    """Return the input unchanged."""
    return data


def select(data: JsonValue, *, keys: list[str]) -> JsonValue:
    """Return the named keys of an object; those it lacks become null."""
    fields = data if isinstance(data, dict) else {}
    return {key: fields.get(key) for key in keys}
