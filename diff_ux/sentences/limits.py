"""Usage limits: what one execution of a step, or a whole run, may use up before it is stopped."""

from diff_ux.sentences.sentence import WARNING, Sentence, direction, name_subject, tell
from diff_ux.words import Aside
from workflow import ABSENT, Changed, GraphChange, Value

_NOUNS = {"total_cost_usd_limit": "cost limit", "total_tokens_limit": "token limit"}


def tell_limit(change: GraphChange) -> Sentence | None:
    """ "⛔ **Set** the cost limit of `draft` to $0.05 (was: none)"; a limit that loosens or goes is a warning."""
    match change:
        case Changed(
            subject=subject, field=("usage_limits", str(name)), before=before, after=after
        ) if (
            name in _NOUNS
            and subject.kind in ("step", "workflow")
            and _is_limit(before)
            and _is_limit(after)
        ):
            what = (f"the {_NOUNS[name]} of ", name_subject(subject))
            old, new = _show(name, before), _show(name, after)
            if not isinstance(after, int | float):
                return tell(change, WARNING, "Remove", *what, Aside((f" (was: {old})",)))
            if not isinstance(before, int | float):
                return tell(change, "⛔", "Set", *what, Aside((f" to {new} (was: none)",)))
            icon = WARNING if after > before else "⛔"
            how = Aside((f" from {old} to {new}",))
            return tell(change, icon, direction(before, after), *what, how)
    return None


def _is_limit(value: Value) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is ABSENT or value is None or is_number


def _show(name: str, value: Value) -> str:
    return f"${value:g}" if "usd" in name and isinstance(value, int | float) else str(value)
