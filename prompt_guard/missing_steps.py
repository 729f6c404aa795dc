"""Tells a patch that names a step which isn't there from one that misses in another way."""

from pydantic import JsonValue

from prompt_guard.rejection import Rejection, RejectionReason
from workflow import JsonPatch, PatchError, apply_patch, parse_pointer

_LISTS_OF_STEPS = (("steps",), ("body",))
_MAPS_OF_STEPS = (("branches",), ("states",))


def explain_conflict(document: JsonValue, patch: JsonPatch, error: PatchError) -> Rejection:
    """Return why the patch doesn't apply, as `unknown_step` when the path runs past the existing steps."""
    index = error.index
    if 0 <= index < len(patch.operations):
        operation = patch.operations[index]
        here = _apply_first(document, patch, index)
        if any(
            _misses_a_step(here, path) for path in (operation.path, operation.from_path) if path
        ):
            detail = f"{operation.path!r} names no existing step"
            return Rejection(RejectionReason.UNKNOWN_STEP, index, detail)
    return Rejection(RejectionReason.DOES_NOT_APPLY, index, error.reason)


def _apply_first(document: JsonValue, patch: JsonPatch, count: int) -> JsonValue:
    return apply_patch(document, JsonPatch(patch.operations[:count])) if count else document


def _misses_a_step(document: JsonValue, path: str) -> bool:
    """Whether the path stops existing at an item of a list of steps, or at a branch."""
    here, tokens = document, parse_pointer(path)
    for depth, token in enumerate(tokens):
        if isinstance(here, dict) and token in here:
            here = here[token]
        elif isinstance(here, list) and token.isdecimal() and int(token) < len(here):
            here = here[int(token)]
        else:
            return _holds_steps(here, tokens[:depth])
    return False


def _holds_steps(container: JsonValue, path: tuple[str, ...]) -> bool:
    if isinstance(container, list):
        return path[-1:] in _LISTS_OF_STEPS or path[-2:-1] in _MAPS_OF_STEPS
    return path[-1:] in _MAPS_OF_STEPS
