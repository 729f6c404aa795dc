"""Words for people that reach no model.

The description of an agent or a tool is a prompt, and so may be that of a step which runs one: those go to a person.
"""

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.verdicts import high, low
from workflow import Changed, GraphChange, StepNode, Workflow

_MAX_CHARS = 500
_FIELDS = (("description",), ("meta", "doc"))
_PLANNERS = frozenset({"agentic_loop", "dynamic_router", "tree_search"})
_MARKS = ("{{", "{%", "${", "<", "://")


def writes_documentation(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Let a short plain description of the workflow, or of a step no model sees, be written."""
    if not isinstance(change, Changed) or change.field not in _FIELDS:
        return None
    if change.subject.kind not in ("workflow", "step"):
        return None
    who = change.subject.id or "workflow"
    if not all(_is_unseen(change, version) for version in (comparison.before, comparison.after)):
        return high(f"{who}: its description may reach a model, so it is a prompt")
    if not isinstance(change.after, str) or not _is_plain(change.after):
        return high(f"{who}: documentation must be plain ASCII text of at most {_MAX_CHARS}")
    return low(f"{who}: documentation of {len(change.after)} characters, which no model reads")


def _is_plain(text: str) -> bool:
    printable = text.isascii() and all(char.isprintable() for char in text)
    return printable and 0 < len(text) <= _MAX_CHARS and not any(mark in text for mark in _MARKS)


def _is_unseen(change: Changed, workflow: Workflow) -> bool:
    if change.subject.kind == "workflow":
        return change.field == ("description",)
    step = workflow.node(change.subject.id)
    if step is None or step.kind != "step" or step.model:
        return False
    if step.uses.startswith(("agents.", "imports.")):
        return False
    return not any(parent.kind in _PLANNERS for parent in _ancestors(step, workflow))


def _ancestors(step: StepNode, workflow: Workflow) -> list[StepNode]:
    found = []
    parent = workflow.node(step.parent_id)
    while parent is not None:
        found.append(parent)
        parent = workflow.node(parent.parent_id)
    return found
