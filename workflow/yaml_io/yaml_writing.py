"""Plain data → YAML text as a person would write it: block style, text of several lines as literal blocks."""

from collections.abc import Mapping

from pydantic import JsonValue

from workflow.edit.layout import Layout


def write_yaml(document: Mapping[str, JsonValue]) -> str:
    """Return a text that reads back as exactly this document, its keys in their order."""
    return "\n".join(Layout().block(dict(document), 0)) + "\n"
