"""`flujo.check.*`: validators; each answers `{"valid": bool, "feedback": str}`."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from workflow.governance.personal_data import find_personal_data
from workflow.schemas import explain_mismatch, find_schema_problem
from workflow.skills.bounds import as_text, check_size, refuse

PersonalDataKind = Literal["card", "email", "iban", "phone", "unscanned"]
_Count = Annotated[int, Field(ge=0)]


class Verdict(TypedDict):
    """Whether a value passes, and if not why, in words for whoever must try again."""

    valid: bool
    feedback: str


def check_length(data: JsonValue, *, min_chars: _Count = 1, max_chars: _Count = 10_000) -> Verdict:
    """Accept text between `min_chars` and `max_chars` characters long; what isn't text is written as JSON."""
    size = len(as_text(data))
    valid = min_chars <= size <= max_chars
    return _verdict(valid, f"{size} characters; between {min_chars} and {max_chars} are wanted")


def check_contains(data: JsonValue, *, words: list[str]) -> Verdict:
    """Accept text that contains every one of `words`, whatever their case."""
    text = as_text(data).lower()
    missing = [word for word in words if word.lower() not in text]
    return _verdict(not missing, f"missing: {', '.join(missing)}")


def check_schema(data: JsonValue, *, schema: dict[str, JsonValue]) -> Verdict:
    """Accept a value that fits a JSON Schema (draft 2020-12)."""
    flaw = find_schema_problem(schema)
    if flaw:
        raise refuse(f"not a JSON Schema: {flaw.message}")
    problem = explain_mismatch(schema, data)
    return _verdict(not problem, problem)


def check_pii(data: JsonValue, *, allow: list[PersonalDataKind] | None = None) -> Verdict:
    """Accept a value without personal data of other kinds than `allow`; the feedback names kinds, never the data.

    A value longer than 100,000 characters isn't looked at whole: the rest counts as `unscanned`.
    """
    check_size(data)
    found = [kind.value for kind in find_personal_data(data) if kind.value not in (allow or ())]
    return _verdict(not found, f"personal data: {', '.join(found)}")


def _verdict(valid: bool, feedback: str) -> Verdict:
    return {"valid": valid, "feedback": "" if valid else feedback}
