"""`flujo.text.*`: work on text."""

import unicodedata
from typing import Annotated

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from workflow.skills.bounds import MAX_BYTES, as_text, check_count, refuse
from workflow.templates import TemplateError, render, slots_of, to_text


def fill_template(data: JsonValue, *, text: str, context: JsonValue = None) -> JsonValue:
    """Render `text` with `{{ this }}` as the step's input and `{{ context.… }}` as the run's context."""
    try:
        slots = slots_of(text)
    except TemplateError as error:
        raise refuse(f"the template can't be filled: {error}") from error
    if slots:
        # Each slot could hold all of it: refused before it is written, not after.
        largest = max(len(as_text(data)), len(to_text(context)))
        if len(text) + len(slots) * largest > MAX_BYTES:
            raise refuse("the filled template could be larger than 4 MiB")
    return render(text, {"this": data, "input": data, "previous_step": data, "context": context})


def normalise(data: JsonValue) -> str:
    """Return NFC text with runs of white space folded to one space; what isn't text is written as JSON."""
    return " ".join(unicodedata.normalize("NFC", as_text(data)).split())


def truncate(data: JsonValue, *, max_chars: Annotated[int, Field(ge=0)] = 1000) -> str:
    """Return at most `max_chars` characters; what isn't text is written as JSON."""
    return as_text(data)[:max_chars]


def split(
    data: str,
    *,
    separator: Annotated[str, Field(min_length=1, max_length=100)] = "\n",
    keep_empty: bool = False,
) -> list[str]:
    """Return the parts between the separators without the white space around them, empty ones only if asked for."""
    check_count(data.count(separator) + 1, "parts")
    parts = (part.strip() for part in data.split(separator))
    return [part for part in parts if part or keep_empty]


class Counts(TypedDict):
    """How long a text is."""

    characters: int
    words: int
    lines: int


def count(data: str) -> Counts:
    """Count characters (Unicode code points), words (between white space) and lines."""
    return {
        "characters": len(data),
        "words": len(data.split()),
        "lines": len(data.splitlines()),
    }
