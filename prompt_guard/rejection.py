"""Why the guard refused something: a closed set of reasons, so that a refusal can be counted and explained."""

from dataclasses import dataclass
from enum import StrEnum


class RejectionReason(StrEnum):
    """What was wrong; refused is not HIGH: a refused patch is never shown as a proposal."""

    NOT_A_LIST = "not_a_list"
    EMPTY = "empty"
    TOO_MANY_OPERATIONS = "too_many_operations"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    MALFORMED = "malformed"
    FORBIDDEN_OPERATION = "forbidden_operation"
    FORBIDDEN_PATH = "forbidden_path"
    UNSAFE_TEXT = "unsafe_text"
    UNSAFE_NUMBER = "unsafe_number"
    SECRET = "secret"  # noqa: S105 -- a reason, not a password
    STALE_PLAN = "stale_plan"
    OUTSIDE_PLAN = "outside_plan"
    UNKNOWN_STEP = "unknown_step"
    UNKNOWN_SKILL = "unknown_skill"
    DOES_NOT_APPLY = "does_not_apply"
    INVALID_WORKFLOW = "invalid_workflow"
    NO_EFFECT = "no_effect"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refusal: `index` is the operation's position (-1: the whole patch), `detail` is for a person.

    `detail` may quote the spec, so it never goes back to a model; `explain_to_model` does.
    """

    reason: RejectionReason
    index: int = -1
    detail: str = ""

    def __str__(self) -> str:
        where = f"operation {self.index}: " if self.index >= 0 else ""
        return f"{where}{self.detail or self.reason.value} [{self.reason.value}]"


_HINTS = {
    RejectionReason.NOT_A_LIST: "give a list of operations",
    RejectionReason.EMPTY: "give at least one operation",
    RejectionReason.TOO_MANY_OPERATIONS: "give fewer operations",
    RejectionReason.TOO_LARGE: "give shorter values",
    RejectionReason.TOO_DEEP: "give flatter values",
    RejectionReason.MALFORMED: "give exactly the members RFC 6902 names for the operation",
    RejectionReason.FORBIDDEN_OPERATION: "use add, remove, replace, move or test",
    RejectionReason.FORBIDDEN_PATH: "start the path with one of the references given",
    RejectionReason.UNSAFE_TEXT: "use plain text",
    RejectionReason.UNSAFE_NUMBER: "use a finite number of ordinary size",
    RejectionReason.SECRET: "give no credentials and no marked text",
    RejectionReason.STALE_PLAN: "the workflow has changed meanwhile",
    RejectionReason.OUTSIDE_PLAN: "change only the fields listed, of the references given",
    RejectionReason.UNKNOWN_STEP: "use only the references given",
    RejectionReason.UNKNOWN_SKILL: "name no skill the workflow doesn't know",
    RejectionReason.DOES_NOT_APPLY: "the path or the tested value isn't there",
    RejectionReason.INVALID_WORKFLOW: "the value isn't valid in that field",
    RejectionReason.NO_EFFECT: "the value is what it was",
}


def explain_to_model(rejection: Rejection) -> str:
    """Return a fixed sentence: the reason and the position, nothing of the spec."""
    where = f"operation {rejection.index}" if rejection.index >= 0 else "the patch"
    return f"{where}: {rejection.reason.value}: {_HINTS[rejection.reason]}"
