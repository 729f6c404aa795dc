"""What goes into and comes out of a model: the structural guard around the proposer."""

from prompt_guard.airlock import Finding, describe_opportunity
from prompt_guard.characters import find_unsafe, remove_unsafe
from prompt_guard.check import GUARD_VERSION, GuardedPatch, check_patch
from prompt_guard.few_shots import FewShot, load_few_shots
from prompt_guard.grammar import check_operations
from prompt_guard.plan import Plan, plan_for
from prompt_guard.prompt import Prompt, build_prompt
from prompt_guard.references import References, expand_references, number_references
from prompt_guard.refused import RefusedEffect, describe_refused
from prompt_guard.rejection import Rejection, RejectionReason, explain_to_model
from prompt_guard.repair_prompt import FailingTest, build_repair_prompt
from prompt_guard.schema_injector import InjectedSchema, inject_schema
from prompt_guard.secrets import hide_secrets
from prompt_guard.slot import Slot, render_slot

__all__ = [
    "GUARD_VERSION",
    "FailingTest",
    "FewShot",
    "Finding",
    "GuardedPatch",
    "InjectedSchema",
    "Plan",
    "Prompt",
    "References",
    "RefusedEffect",
    "Rejection",
    "RejectionReason",
    "Slot",
    "build_prompt",
    "build_repair_prompt",
    "check_operations",
    "check_patch",
    "describe_opportunity",
    "describe_refused",
    "expand_references",
    "explain_to_model",
    "find_unsafe",
    "hide_secrets",
    "inject_schema",
    "load_few_shots",
    "number_references",
    "plan_for",
    "remove_unsafe",
    "render_slot",
]
