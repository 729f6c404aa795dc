"""`flujo.value.*`: work on plain values."""

from pydantic import JsonValue


def pass_through(data: JsonValue) -> JsonValue:
    """Return the input unchanged."""
    return data


def select(data: dict[str, JsonValue], *, keys: list[str]) -> dict[str, JsonValue]:
    """Return the named keys of an object; those it lacks become null."""
    return {key: data.get(key) for key in keys}
