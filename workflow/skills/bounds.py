"""What built-in skills refuse: bad data with a sentence, and more data than anybody meant."""

import orjson
from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.calls import AttemptError
from workflow.templates import to_text

MAX_BYTES = 4 * 1024 * 1024
MAX_ITEMS = 100_000
_MOST_BYTES_A_CHARACTER = 4


def refuse(reason: str) -> AttemptError:
    """Return the error for data that a skill can't work with; another attempt wouldn't help."""
    return AttemptError(ErrorClass.INVALID_INPUT, reason)


def as_text(data: JsonValue) -> str:
    """Return data as a template would write it; raises `AttemptError` when it is too large."""
    try:
        text = to_text(data)
    except TypeError as error:
        raise refuse(f"the input isn't plain JSON data: {error}") from error
    check_text(text)
    return text


def check_text(text: str) -> None:
    """Refuse a text of more than 4 MiB, or with half a character in it."""
    if len(text) > MAX_BYTES // _MOST_BYTES_A_CHARACTER and len(encode(text)) > MAX_BYTES:
        raise refuse("the text is larger than 4 MiB")


def encode(text: str) -> bytes:
    """Return a text's UTF-8 bytes; raises `AttemptError` for half a character."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise refuse("the text holds half a character (a lone surrogate)") from error


def check_size(data: JsonValue) -> None:
    """Refuse data that is larger than 4 MiB as JSON, or no plain JSON data."""
    try:
        size = len(orjson.dumps(data))
    except TypeError as error:
        raise refuse(f"the input isn't plain JSON data: {error}") from error
    if size > MAX_BYTES:
        raise refuse("the input is larger than 4 MiB")


def check_count(count: int, what: str, most: int = MAX_ITEMS) -> None:
    """Refuse more of something than `most`."""
    if count > most:
        raise refuse(f"more than {most:,} {what}")
