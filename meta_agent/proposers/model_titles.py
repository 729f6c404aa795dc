"""Titles and classes of a model's patches, from what they change: a model's own words make no headline."""

from collections.abc import Sequence

from workflow import ABSENT, Changed, GraphChange

_MAX_TITLE_CHARS = 70


def name_patch(changes: Sequence[GraphChange]) -> tuple[str, str]:
    """Return the patch class and an imperative title of at most 70 characters."""
    named = [_name_change(change) for change in changes if isinstance(change, Changed)]
    classes = {patch_class for patch_class, _ in named}
    if len(named) == 1:
        patch_class, title = named[0]
    else:
        patch_class = classes.pop() if len(classes) == 1 else "combined"
        title = f"Tune {changes[0].subject.id} in {len(changes)} places"
    return patch_class, _shorten(title)


def _name_change(change: Changed) -> tuple[str, str]:
    who, after = change.subject.id, change.after
    match change.field:
        case ("config", "max_retries"):
            return "retries", f"Retry {who} up to {after} times"
        case ("config", "timeout_s"):
            return _name_timeout(change)
        case ("config", "backoff_s"):
            return "backoff", f"Wait {after} s between attempts of {who}"
        case (*_, "max_tokens"):
            return "token_cap", f"Limit the answers of {who} to {after} tokens"
        case ("model",):
            return "model_swap", f"Switch {who} to {after}"
        case ("system_prompt",):
            return "prompt", f"Rewrite the prompt of {who}"
        case ("validators",):
            return "validators", f"Check the answers of {who}"
        case _:
            return "settings", f"Set {change.field[-1]} of {who} to {after}"


def _name_timeout(change: Changed) -> tuple[str, str]:
    who, before, after = change.subject.id, change.before, change.after
    if after is ABSENT:
        return "timeout_up", f"Remove the timeout of {who}"
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return "timeout_add", f"Give {who} a timeout of {after} s"
    if after < before:
        return "timeout_down", f"Lower the timeout of {who} to {after} s"
    return "timeout_up", f"Raise the timeout of {who} to {after} s"


def _shorten(title: str) -> str:
    return title if len(title) <= _MAX_TITLE_CHARS else title[: _MAX_TITLE_CHARS - 1] + "…"
