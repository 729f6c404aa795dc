"""The shape of a spec: a document becomes a `WorkflowSpec`, or findings that name the key and the place."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import orjson
from pydantic import BaseModel, JsonValue, ValidationError

from workflow.diagnostics.findings import Finding, did_you_mean
from workflow.format import spec, step_spec
from workflow.format.spec import WorkflowSpec
from workflow.format.spec_model import KIND_TAG
from workflow.patches.pointer import format_pointer

# Looking for what was meant takes time, and nobody reads so many.
_MOST_ADVISED = 200
_MAX_INTEGER = 2**53 - 1
_WORDS = (
    ("Input should be ", "must be "),
    ("Input should have ", "must have "),
    ("String should have ", "must have "),
    ("a valid string", "text"),
    ("an object", "a mapping"),
    ("a valid dictionary", "a mapping"),
    ("a valid array", "a list"),
    ("a valid tuple", "a list"),
    ("a valid boolean", "true or false"),
    ("a valid number", "a number"),
    ("a valid integer", "a whole number"),
    ("Tuple should have at least 1 item after validation, not 0", "must not be empty"),
    ("Dictionary should have at least 1 item after validation, not 0", "must not be empty"),
)


class ShapeError(Exception):
    """Raised for a document that isn't a spec; carries its `findings`."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(f"{len(findings)} findings")


def read_spec(document: Mapping[str, JsonValue]) -> WorkflowSpec:
    """Return the document's model; raises `ShapeError`."""
    try:
        return WorkflowSpec.model_validate_json(
            orjson.dumps(document, option=orjson.OPT_STRICT_INTEGER)
        )
    except orjson.JSONEncodeError as error:
        too_large = list(_find_large_numbers(dict(document), ()))
        if not too_large:
            raise
        raise ShapeError(too_large) from error
    except ValidationError as error:
        found = [
            _explain(cast("Mapping[str, Any]", item), document, advise=number < _MOST_ADVISED)
            for number, item in enumerate(error.errors())
        ]
        raise ShapeError([finding for finding in found if finding]) from error


def _find_large_numbers(value: JsonValue, parts: tuple[str | int, ...]) -> Iterator[Finding]:
    """Find integers that JSON readers round, so that no canonical form and no hash of them exists."""
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        yield Finding(
            "number-too-large",
            format_pointer(parts),
            f"{value} is beyond ±(2**53 - 1), which JSON can't hold exactly",
            "quote it, if it is a name",
        )
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _find_large_numbers(item, (*parts, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_large_numbers(item, (*parts, index))


def _explain(
    item: Mapping[str, Any], document: Mapping[str, JsonValue], *, advise: bool
) -> Finding | None:
    parts, value = _locate(item["loc"], document)
    pointer = format_pointer(parts)
    key = str(item["loc"][-1]) if item["loc"] else ""
    match item["type"]:
        case "extra_forbidden":
            return Finding(
                "unknown-key", pointer, f"unknown key {key!r}", _advise(key) if advise else ""
            )
        case "missing":
            return Finding("missing-key", pointer, f"{key!r} is missing", "add it")
        case "union_tag_invalid" if item["ctx"]["tag"].startswith(KIND_TAG):
            return _unknown_kind(item["ctx"], pointer)
        case "too_short" if value:
            # Only the invalid items are missing, and they are findings of their own.
            return None
        case "expression":
            return Finding("bad-expression", pointer, item["msg"])
        case _:
            last = parts[-1] if parts else "the spec"
            name = f"item {last}" if isinstance(last, int) else repr(last)
            return Finding("invalid-value", pointer, f"{name} {_say(item)}")


def _locate(
    loc: tuple[str | int, ...], document: Mapping[str, JsonValue]
) -> tuple[list[str | int], JsonValue]:
    """Keep what of pydantic's location exists in the document; tags of unions don't."""
    parts: list[str | int] = []
    here: JsonValue = dict(document)
    for part in loc:
        if isinstance(here, dict) and part in here:
            here = here[str(part)]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            continue
        parts.append(part)
    return parts, here


def _unknown_kind(context: Mapping[str, str], pointer: str) -> Finding:
    kind = context["tag"].removeprefix(KIND_TAG)
    known = [tag.strip("'").removeprefix(KIND_TAG) for tag in context["expected_tags"].split(", ")]
    hint = did_you_mean(kind, known) or f"known: {', '.join(known)}"
    return Finding("unknown-kind", f"{pointer}/kind", f"unknown kind of step {kind!r}", hint)


def _advise(key: str) -> str:
    if key in _KEYS:
        return "it doesn't belong here"
    return did_you_mean(key, _KEYS) or "remove it, or fix it"


def _say(item: Mapping[str, Any]) -> str:
    match item["type"]:
        case "union_tag_not_found":
            return "must be text or a mapping"
        case "string_pattern_mismatch":
            return "must not hold control characters"
    message: str = item["msg"]
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    return message


_KEYS = frozenset({"step", "from", "to", "assert"}) | frozenset(
    key
    for model in (*vars(spec).values(), *vars(step_spec).values())
    if isinstance(model, type) and issubclass(model, BaseModel)
    for key in model.model_fields
)
