"""`flujo.check.*`: validators; each answers `{"valid": bool, "feedback": str}`."""

from collections.abc import Mapping

from pydantic import JsonValue

from workflow.schemas import explain_mismatch
from workflow.templates import to_text


def check_length(data: JsonValue, *, min_chars: int = 1, max_chars: int = 10_000) -> JsonValue:
    """Accept text between `min_chars` and `max_chars` characters long."""
    size = len(to_text(data))
    valid = min_chars <= size <= max_chars
    return _verdict(valid, f"{size} characters; between {min_chars} and {max_chars} are wanted")


def check_contains(data: JsonValue, *, words: list[str]) -> JsonValue:
    """Accept text that contains every one of `words`, whatever their case."""
    text = to_text(data).lower()
    missing = [word for word in words if word.lower() not in text]
    return _verdict(not missing, f"missing: {', '.join(missing)}")


def check_schema(data: JsonValue, *, schema: Mapping[str, JsonValue]) -> JsonValue:
    """Accept a value that fits a JSON Schema (draft 2020-12)."""
    problem = explain_mismatch(schema, data)
    return _verdict(not problem, problem)


def _verdict(valid: bool, feedback: str) -> JsonValue:
    return {"valid": valid, "feedback": "" if valid else feedback}
