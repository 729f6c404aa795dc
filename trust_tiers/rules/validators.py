"""One more built-in validator on a step can only refuse more: worth a trial."""

from pydantic import JsonValue

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.knobs import as_number
from trust_tiers.verdicts import high, medium
from workflow import ABSENT, Changed, GraphChange


def adds_validators(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Stage registered validators added to a step; one removed, replaced or reordered goes to a person."""
    if not isinstance(change, Changed) or change.subject.kind != "step":
        return None
    if change.field != ("validators",):
        return None
    step_id = change.subject.id
    before = [] if change.before is ABSENT else change.before
    if not isinstance(before, list) or not isinstance(change.after, list):
        return high(f"{step_id}: its validators are removed")
    added = _find_added(before, change.after)
    if added is None:
        return high(f"{step_id}: a validator it has now is gone or stands elsewhere")
    if not added or not all(_is_registered(item, comparison) for item in added):
        return high(f"{step_id}: a new validator isn't a registered one with plain numbers")
    return medium(f"{step_id}: {len(added)} more validator{'s' if len(added) > 1 else ''}")


def _find_added(before: list[JsonValue], after: list[JsonValue]) -> list[JsonValue] | None:
    """Return what `after` has besides all of `before` in order; None when `before` isn't all there."""
    rest, added = list(before), []
    for item in after:
        if rest and item == rest[0]:
            rest.pop(0)
        else:
            added.append(item)
    return None if rest else added


def _is_registered(item: JsonValue, comparison: Comparison) -> bool:
    """Text in parameters comes back as feedback to the model that is checked, so only numbers pass."""
    reference, params = (
        (item.get("id"), item.get("params", {})) if isinstance(item, dict) else (item, {})
    )
    if reference not in comparison.limits.registered_validators or not isinstance(params, dict):
        return False
    return all(as_number(value) is not None for value in params.values())
