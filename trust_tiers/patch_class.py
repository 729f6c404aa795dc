"""Which class a patch belongs to, told from what it changes: a class earns trust, so no proposer names its own."""

from collections.abc import Iterable

from trust_tiers.knobs import as_number
from workflow import ABSENT, Changed, GraphChange, Moved

COMBINED, OTHER = "combined", "other"
"""A patch of several classes, and one of a class that can't earn anything."""

EARNING_CLASSES = frozenset(
    {
        "backoff",
        "documentation",
        "model_swap",
        "order",
        "retries",
        "timeout_add",
        "timeout_down",
        "timeout_up",
        "token_cap",
        "validators",
    }
)
"""Whatever touches prompts, tools, policies, tests, guards or secrets is in none of them: that is always a person's."""

_STEP_FIELDS = {
    ("config", "max_retries"): "retries",
    ("config", "backoff_s"): "backoff",
    ("config", "max_tokens"): "token_cap",
    ("validators",): "validators",
    ("description",): "documentation",
    ("meta", "doc"): "documentation",
}


def name_class(changes: Iterable[GraphChange]) -> str:
    """Return the one class of all the changes, `combined` for several, `other` as soon as one of them is that."""
    classes = {_name_change(change) for change in changes}
    if OTHER in classes or not classes:
        return OTHER
    return classes.pop() if len(classes) == 1 else COMBINED


def _name_change(change: GraphChange) -> str:
    if isinstance(change, Moved):
        return "order"
    if not isinstance(change, Changed):
        return OTHER
    match change.subject.kind, change.field:
        case "step", ("config", "timeout_s"):
            return _name_timeout(change)
        case "step", field:
            return _STEP_FIELDS.get(field, OTHER)
        case "workflow", ("description",):
            return "documentation"
        case "agent", ("model",):
            return "model_swap"
    return OTHER


def _name_timeout(change: Changed) -> str:
    before, after = as_number(change.before), as_number(change.after)
    if after is None:
        return OTHER
    if change.before is ABSENT or before is None:
        return "timeout_add"
    return "timeout_down" if after < before else "timeout_up"
