"""The second way: the whole text written anew by ruamel.yaml, for the rare edit that no splice can make.

Comments and quotes survive, line breaks inside values and spacing may not.
"""

from io import StringIO
from typing import Any

from pydantic import JsonValue

from workflow.edit.layout import detect_layout
from workflow.edit.scalars import is_plain
from workflow.errors import EditError
from workflow.patches.patch import JsonPatch, Missing, Operation, apply_operation
from workflow.yaml_io.yaml_tree import Node

_WIDTH = 2**20


def rewrite_text(text: str, root: Node | None, patch: JsonPatch) -> str:
    """Return the text after a patch that is known to fit; raises `EditError` when ruamel.yaml can't."""
    from ruamel.yaml import YAML

    layout = detect_layout(text, root)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    offset = layout.sequence_offset
    yaml.indent(mapping=layout.step, sequence=offset + 2, offset=offset)
    out = StringIO()
    try:
        document = yaml.load(text)
        for operation in patch.operations:
            document = apply_operation(document, _dress(operation))
        yaml.dump(document, out)
    except Exception as error:  # ruamel.yaml lets errors of any type through
        raise EditError(f"this patch can't be written into the text: {error}") from error
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    return bom + out.getvalue().removeprefix("\ufeff").replace("\n", layout.newline)


def _dress(operation: Operation) -> Operation:
    if isinstance(operation.value, Missing):
        return operation
    return Operation(operation.op, operation.path, _quote(operation.value), operation.from_path)


def _quote(value: JsonValue) -> Any:
    """Mark the strings that need quotes; ruamel.yaml writes `yes` and `12:30` plain, as YAML 1.2 allows."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, str):
        return value if is_plain(value) else DoubleQuotedScalarString(value)
    if isinstance(value, dict):
        return {_quote(key): _quote(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_quote(child) for child in value]
    return value
