"""Patches that turn one knob of a step's `config`, and the words around them."""

from pydantic import JsonValue

from workflow import JsonPatch, StepNode, parse_patch

_MAX_TITLE_CHARS = 70
_HUMAN_TOKENS = 50


def set_knob(node: StepNode, key: str, value: JsonValue) -> JsonPatch:
    """Return the smallest patch after which `config` holds `key: value`."""
    config = node.raw.get("config")
    if not isinstance(config, dict):
        operation: dict[str, JsonValue] = {
            "op": "add",
            "path": f"{node.pointer}/config",
            "value": {key: value},
        }
        return parse_patch([operation])
    op = "replace" if key in config else "add"
    return parse_patch([{"op": op, "path": f"{node.pointer}/config/{key}", "value": value}])


def plain_number(value: float) -> int | float:
    """Return a whole number as an `int`, so that it reads `5`, not `5.0`, in the spec."""
    return int(value) if float(value).is_integer() else value


def round_tokens(tokens: float) -> int:
    """Return the next multiple of 50: a limit on tokens as a person would have written it."""
    return max(1, -(-int(tokens) // _HUMAN_TOKENS)) * _HUMAN_TOKENS


def word_title(before: str, step_id: str, after: str) -> str:
    """Return `before step after`, the step's id cut from the left where all would exceed 70 characters."""
    room = _MAX_TITLE_CHARS - len(before) - len(after) - 2
    name = step_id if len(step_id) <= room else "…" + step_id[len(step_id) - room + 1 :]
    return f"{before} {name} {after}"
