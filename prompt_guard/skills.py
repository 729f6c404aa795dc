"""Which skills a patched workflow may name: those it named before in that role, and those that are registered.

Registered are the built-in ones, and the user's own that declare their side effects in the source beside the spec. A
helper (validator, condition, scorer, planner) runs where nobody expects an effect, so a step's skill becomes one only
if it may be repeated.
"""

from collections.abc import Iterator

from pydantic import JsonValue

from workflow import SideEffects, StepNode, Workflow

_BUILT_IN = "flujo."
_CHECKED_BY_THE_PARSER = (("validators",), ("condition",))
_NOT_CHECKED = (
    ("loop", "exit_condition"),
    ("router", "router_agent"),
    ("planner",),
    ("registry",),
    ("proposer",),
    ("evaluator",),
)


def find_unknown_skill(before: Workflow, after: Workflow) -> str | None:
    """Return the first newly named skill that isn't registered, None when all are."""
    run_before = {node.uses for node in before.nodes}
    for node in after.nodes:
        if node.uses and node.uses not in run_before and not _is_declared(node):
            return node.uses
    return _find_unknown_helper(before, after)


def _is_declared(node: StepNode) -> bool:
    """Agents and imports are declared in the spec itself, which the parser checks."""
    declared_here = node.uses.startswith(("agents.", "imports."))
    return declared_here or node.side_effects is not SideEffects.UNKNOWN


def _find_unknown_helper(before: Workflow, after: Workflow) -> str | None:
    harmless = {node.uses for node in before.nodes if node.is_repeatable}
    known = harmless | set(_checked_helpers(before)) | set(_unchecked_helpers(before))
    known |= {f"agents.{name}" for name in after.spec.agents}
    unknown = [
        *(name for name in _checked_helpers(after) if not name.startswith(_BUILT_IN)),
        *_unchecked_helpers(after),
    ]
    return next((name for name in unknown if name not in known), None)


def _checked_helpers(workflow: Workflow) -> Iterator[str]:
    """Name validators, conditions and the scorer: of these the parser has checked that built-in ones exist."""
    score = workflow.spec.score
    if score and ":" in score:
        yield score
    for node in workflow.nodes:
        for place in _CHECKED_BY_THE_PARSER:
            yield from _references_in(_dig(node, place))


def _unchecked_helpers(workflow: Workflow) -> Iterator[str]:
    for node in workflow.nodes:
        for place in _NOT_CHECKED:
            yield from _texts_in(_dig(node, place))


def _dig(node: StepNode, place: tuple[str, ...]) -> JsonValue:
    value: JsonValue = dict(node.raw)
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _references_in(value: JsonValue) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        reference = item.get("id") if isinstance(item, dict) else item
        if isinstance(reference, str):
            yield reference


def _texts_in(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(item)
