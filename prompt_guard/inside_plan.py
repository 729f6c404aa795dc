"""Holds a patch to its plan twice: by where its operations point, and by what they change."""

from collections.abc import Iterable

from prompt_guard.fields import AGENT_FIELDS, PROMPT_FIELD, PROMPT_SCHEMA, STEP_FIELDS
from prompt_guard.plan import Plan
from prompt_guard.references import number_references
from prompt_guard.rejection import Rejection, RejectionReason
from workflow import Changed, GraphChange, JsonPatch, Workflow, format_pointer

_MAX_PROMPT_CHARS = int(str(PROMPT_SCHEMA["maxLength"]))
_TEMPLATE_MARKS = ("{{", "{%", "{#")


def is_plan_for(plan: Plan, workflow: Workflow) -> bool:
    """Whether the plan was made for exactly this version of this file."""
    return (plan.spec_path, plan.spec_sha256) == (workflow.path, workflow.spec_sha256)


def find_stray_operation(patch: JsonPatch, plan: Plan, workflow: Workflow) -> Rejection | None:
    """Refuse the first operation that points elsewhere than below a planned step's or agent's own fields.

    A `test` counts too: whether it passes would tell a stranger what the spec says.
    """
    allowed = _patchable_pointers(plan, workflow)
    for index, operation in enumerate(patch.operations):
        paths = [path for path in (operation.path, operation.from_path) if path]
        if not all(_lies_below(path, allowed) for path in paths):
            detail = f"{paths[0]!r} isn't among the fields of the plan"
            return Rejection(RejectionReason.OUTSIDE_PLAN, index, detail)
    return None


def find_breach(changes: Iterable[GraphChange], patch: JsonPatch, plan: Plan) -> Rejection | None:
    """Refuse the first change of something that the plan doesn't hold."""
    for change in changes:
        if not _is_planned(change, plan):
            name = f"{change.subject.kind} {change.subject.id}".rstrip()
            index = _find_cause(change, patch)
            return Rejection(RejectionReason.OUTSIDE_PLAN, index, f"{name}: not in the plan")
    return None


def _patchable_pointers(plan: Plan, workflow: Workflow) -> frozenset[str]:
    """Return the pointers of every patchable field, and of the objects that only hold such fields."""
    references = number_references(plan, workflow)
    prompts = frozenset(
        references.pointers[references.to_agent(name)] + format_pointer(PROMPT_FIELD)
        for name in plan.prompts
        if references.to_agent(name)
    )
    return prompts | frozenset(
        references.pointers[reference] + format_pointer(field[:depth])
        for owners, fields in ((references.steps, STEP_FIELDS), (references.agents, AGENT_FIELDS))
        for reference in owners
        if reference in references.pointers
        for field in fields
        for depth in range(1, len(field) + 1)
    )


def _lies_below(path: str, allowed: frozenset[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:length]) in allowed for length in range(1, len(parts) + 1))


def _is_planned(change: GraphChange, plan: Plan) -> bool:
    if not isinstance(change, Changed):
        return False
    subject, field = change.subject, change.field
    if subject.kind == "step":
        return subject.id in plan.step_ids and field in STEP_FIELDS
    if field == PROMPT_FIELD:
        return subject.kind == "agent" and subject.id in plan.prompts and _is_prompt(change)
    if subject.kind != "agent" or subject.id not in plan.agents or field not in AGENT_FIELDS:
        return False
    return field != ("model",) or change.after in plan.models


def _is_prompt(change: Changed) -> bool:
    """Whether it is text of ordinary length that brings in no template: a template reads what the prompt didn't."""
    before, after = change.before, change.after
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    fits = 0 < len(after) <= _MAX_PROMPT_CHARS
    return fits and not any(mark in after and mark not in before for mark in _TEMPLATE_MARKS)


def _find_cause(change: GraphChange, patch: JsonPatch) -> int:
    """Return the first operation whose path and the change's overlap, -1 when none does."""
    for index, operation in enumerate(patch.operations):
        short, long = sorted((operation.path, change.pointer), key=len)
        if long == short or long.startswith(short + "/"):
            return index
    return -1
