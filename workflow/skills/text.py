"""`flujo.text.*`: work on text."""

import unicodedata

from pydantic import JsonValue

from workflow.templates import render, to_text


def fill_template(data: JsonValue, *, text: str, context: JsonValue = None) -> JsonValue:
    """Render `text` with `{{ this }}` as the step's input and `{{ context.… }}` as the run's context."""
    return render(text, {"this": data, "input": data, "previous_step": data, "context": context})


def normalise(data: JsonValue) -> JsonValue:
    """Return NFC text with runs of white space folded to one space."""
    return " ".join(unicodedata.normalize("NFC", to_text(data)).split())


def truncate(data: JsonValue, *, max_chars: int = 1000) -> JsonValue:
    """Return at most `max_chars` characters."""
    return to_text(data)[: max(0, max_chars)]
