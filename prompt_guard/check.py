"""The guard: a patch as data → a patched workflow, or the reason why not.

Assume that every byte of the patch is an attacker's. What passes is written in the strict grammar, applies, leads to a
valid workflow, names only steps and skills that exist, changes only what the plan holds, and brings in no secret.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from prompt_guard.grammar import check_operations
from prompt_guard.inside_plan import find_breach, find_stray_operation, is_plan_for
from prompt_guard.missing_steps import explain_conflict
from prompt_guard.plan import Plan
from prompt_guard.rejection import Rejection, RejectionReason
from prompt_guard.secrets import find_secret
from prompt_guard.skills import find_unknown_skill
from workflow import (
    EditError,
    GraphChange,
    JsonPatch,
    PatchError,
    SpecError,
    Workflow,
    diff_workflows,
    patch_workflow,
)

GUARD_VERSION: Final = "flujo.guard/1"
"""Which rules a patch has passed; it changes whenever they do, and is kept with every proposal."""


@dataclass(frozen=True, slots=True)
class GuardedPatch:
    """A patch that passed, the version it leads to, and what it changes."""

    patch: JsonPatch
    after: Workflow
    changes: tuple[GraphChange, ...]


def check_patch(
    workflow: Workflow,
    data: object,
    *,
    plan: Plan | None = None,
    canaries: Collection[str] = (),
) -> GuardedPatch | Rejection:
    """Check a patch given as parsed JSON against one version of a workflow.

    Without a `plan` (a person's own patch) it may touch any part of the spec. `canaries` are the marks of slots: text
    that carries one was copied from untrusted data. Pure; raises nothing.
    """
    patch = check_operations(data)
    if isinstance(patch, Rejection):
        return patch
    refusal = _check_before_applying(workflow, patch, plan, canaries)
    if refusal:
        return refusal
    after = _apply(workflow, patch)
    if isinstance(after, Rejection):
        return after
    changes = diff_workflows(workflow, after)
    refusal = _check_outcome(workflow, after, patch, changes, plan)
    return refusal or GuardedPatch(patch, after, changes)


def _check_before_applying(
    workflow: Workflow, patch: JsonPatch, plan: Plan | None, canaries: Collection[str]
) -> Rejection | None:
    secret = find_secret(patch, canaries)
    if secret is not None:
        return Rejection(RejectionReason.SECRET, secret, "it brings in a credential or marked text")
    if plan is None:
        return None
    if not is_plan_for(plan, workflow):
        return Rejection(RejectionReason.STALE_PLAN, detail="the plan is for another version")
    if len(patch.operations) > plan.max_operations:
        detail = f"{len(patch.operations)} operations, the plan allows {plan.max_operations}"
        return Rejection(RejectionReason.TOO_MANY_OPERATIONS, detail=detail)
    return find_stray_operation(patch, plan, workflow)


def _apply(workflow: Workflow, patch: JsonPatch) -> Workflow | Rejection:
    try:
        return patch_workflow(workflow, patch)
    except PatchError as error:
        return explain_conflict(workflow.document, patch, error)
    except EditError as error:
        return Rejection(RejectionReason.DOES_NOT_APPLY, detail=str(error))
    except SpecError as error:
        return _explain_invalid(error)


def _explain_invalid(error: SpecError) -> Rejection:
    ids = {diagnostic.id for diagnostic in error.diagnostics}
    if "dangling-skill" in ids:
        return Rejection(RejectionReason.UNKNOWN_SKILL, detail=str(error))
    if "dangling-step" in ids:
        return Rejection(RejectionReason.UNKNOWN_STEP, detail=str(error))
    return Rejection(RejectionReason.INVALID_WORKFLOW, detail=str(error))


def _check_outcome(
    workflow: Workflow,
    after: Workflow,
    patch: JsonPatch,
    changes: tuple[GraphChange, ...],
    plan: Plan | None,
) -> Rejection | None:
    if not changes:
        return Rejection(RejectionReason.NO_EFFECT, detail="the patch changes nothing")
    unknown = find_unknown_skill(workflow, after)
    if unknown is not None:
        return Rejection(RejectionReason.UNKNOWN_SKILL, detail=f"{unknown!r} isn't registered")
    return find_breach(changes, patch, plan) if plan else None
