"""What a simulated model answers: reads the prompt for cues, fills a JSON Schema, and marks its text as simulated.

A line `NAME: word, word` of the system prompt tells which words of the prompt speak for the enum member or the boolean
field NAME; its own name always does. That is what makes an answer right or wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

from pydantic import JsonValue

Schema = Mapping[str, JsonValue]

_WORD = re.compile(r"[a-z0-9]+")
_CUES = re.compile(r"^\s*[-*]?\s*[`'\"]?([A-Za-z][\w -]{0,60})[`'\"]?\s*:\s*(.+)$", re.MULTILINE)
_MIN_STEM = 4
_MAX_OPTIONAL_DEPTH = 5
_MAX_DEPTH = 10
_MAX_REFERENCES = 20
_WORDS_IN_TEXT = 12


@dataclass(frozen=True)
class Reading:
    """A prompt as the simulated model reads it, with how good it is at reading and its chance."""

    system_prompt: str
    prompt: str
    model: str
    quality: float
    random: Random

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The prompt's words in order, lower case."""
        return tuple(_WORD.findall(self.prompt.lower()))

    @cached_property
    def cues(self) -> Mapping[str, tuple[str, ...]]:
        """The words that speak for a name, by the name in lower case."""
        lines = _CUES.findall(self.system_prompt)
        return {name.strip().lower(): tuple(_WORD.findall(text.lower())) for name, text in lines}

    def support(self, name: str) -> int:
        """Count the words of the prompt that speak for a name."""
        own = tuple(_WORD.findall(name.lower().replace("_", " ")))
        cues = {*own, *self.cues.get(name.lower(), ())}
        return sum(any(_speaks_for(word, cue) for cue in cues) for word in set(self.words))

    def is_right(self) -> bool:
        """Draw whether this answer comes out right."""
        return self.random.random() < self.quality


def fill_schema(schema: Schema, reading: Reading) -> JsonValue:
    """Return a value that fits the schema as far as types, enums, sizes and local `$ref`s say."""
    return _fill(schema, reading, schema, "", 0)


def write_text(reading: Reading) -> str:
    """Return a short text that says it is simulated and repeats words of the prompt."""
    words = " ".join(reading.words[:_WORDS_IN_TEXT])
    return f"[simulated by {reading.model}] {words}".strip()


def _speaks_for(word: str, cue: str) -> bool:
    return word == cue or (len(cue) >= _MIN_STEM and word.startswith(cue))


def _fill(schema: Schema, reading: Reading, root: Schema, name: str, depth: int) -> JsonValue:
    schema = _resolve(schema, root)
    if "const" in schema or depth > _MAX_DEPTH:
        return schema.get("const")
    options = schema.get("enum")
    if isinstance(options, list) and options:
        return _choose(options, reading)
    match _type_of(schema):
        case "object":
            return _fill_object(schema, reading, root, depth)
        case "array":
            return _fill_array(schema, reading, root, name, depth)
        case "boolean":
            return (reading.support(name) > 0) == reading.is_right()
        case "integer":
            low, high = _bounds(schema, 0, 10)
            return reading.random.randint(round(low), round(high))
        case "number":
            return round(reading.random.uniform(*_bounds(schema, 0, 1)), 2)
        case "null":
            return None
        case _:
            return _fill_string(schema, reading)


def _choose(options: list[JsonValue], reading: Reading) -> JsonValue:
    """Pick the member with most support, the last one when none has any; or, when wrong, another one."""
    support = [reading.support(option) if isinstance(option, str) else 0 for option in options]
    best = support.index(max(support)) if any(support) else len(options) - 1
    others = [option for index, option in enumerate(options) if index != best]
    if reading.is_right() or not others:
        return options[best]
    return reading.random.choice(others)


def _fill_object(schema: Schema, reading: Reading, root: Schema, depth: int) -> JsonValue:
    fields = schema.get("properties")
    required = schema.get("required")
    if not isinstance(fields, dict):
        return {}
    if depth >= _MAX_OPTIONAL_DEPTH:
        fields = {key: fields[key] for key in _strings(required) if key in fields}
    return {
        key: _fill(field, reading, root, key, depth + 1)
        for key, field in fields.items()
        if isinstance(field, dict)
    }


def _fill_array(schema: Schema, reading: Reading, root: Schema, name: str, depth: int) -> JsonValue:
    items = schema.get("items")
    least, most = schema.get("minItems"), schema.get("maxItems")
    low = least if isinstance(least, int) else 0
    count = max(low, min(1, most) if isinstance(most, int) else 1)
    if depth >= _MAX_OPTIONAL_DEPTH:
        count = low
    item = items if isinstance(items, dict) else {}
    return [_fill(item, reading, root, name, depth + 1) for _ in range(count)]


def _fill_string(schema: Schema, reading: Reading) -> str:
    least, most = schema.get("minLength"), schema.get("maxLength")
    text = write_text(reading)
    text = text.ljust(least, ".") if isinstance(least, int) else text
    return text[:most] if isinstance(most, int) else text


def _resolve(schema: Schema, root: Schema) -> Schema:
    """Follow local references and take the first alternative of a union."""
    for _ in range(_MAX_REFERENCES):
        reference = schema.get("$ref")
        union = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(reference, str):
            schema = _look_up(reference, root)
        elif isinstance(union, list) and isinstance(union[0], dict):
            schema = union[0]
        else:
            break
    return schema


def _look_up(reference: str, root: Schema) -> Schema:
    here: JsonValue = dict(root)
    for part in reference.removeprefix("#").strip("/").split("/"):
        here = here.get(part) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}


def _type_of(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0] if kind else None
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "string"


def _bounds(schema: Schema, low: float, high: float) -> tuple[float, float]:
    least, most = schema.get("minimum"), schema.get("maximum")
    low = least if isinstance(least, int | float) else low
    high = most if isinstance(most, int | float) else max(high, low)
    return (low, high) if low <= high else (high, high)


def _strings(value: JsonValue | None) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
