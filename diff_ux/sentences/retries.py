"""Retries: how often a step or an agent tries again after a failed attempt."""

from diff_ux.sentences.sentence import Sentence, name_subject, name_users, tell
from diff_ux.words import Aside
from workflow import ABSENT, Changed, GraphChange

_FIELDS = (("step", ("config", "max_retries")), ("agent", ("max_retries",)))


def tell_retries(change: GraphChange) -> Sentence | None:
    """ "🔁 **Retry** `lookup` up to 2 times (was: never)"."""
    match change:
        case Changed(subject=subject, field=field, before=before, after=after) if (
            (subject.kind, field) in _FIELDS and _is_count(before) and _is_count(after)
        ):
            was = _times(before) if before is not ABSENT else _default(change)
            verb = "Retry" if _as_int(after) else "Stop retrying"
            times = f" {_times(after)}" if _as_int(after) else ""
            how = (Aside((f"{times} (was: {was})",)), name_users(change))
            return tell(change, "🔁", verb, name_subject(subject), *how)
    return None


def _default(change: GraphChange) -> str:
    """An agent may bring retries of its own; a skill has none."""
    runs_agent = change.step is None or change.step.uses.startswith("agents.")
    return "not set" if runs_agent else "never"


def _is_count(value: object) -> bool:
    return value is ABSENT or (isinstance(value, int) and not isinstance(value, bool))


def _as_int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _times(value: object) -> str:
    number = _as_int(value)
    if number <= 1:
        return "once" if number else "never"
    return f"up to {number} times"
