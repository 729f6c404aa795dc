"""What is kept of a payload: ids, numbers, hashes and states, checked one by one. No text of anybody's gets past here.

What isn't as GitHub describes it counts as absent, for state is read anew before anything is done.
Source: https://docs.github.com/webhooks/webhook-events-and-payloads
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import orjson
from pydantic import JsonValue

from app.webhooks.refusals import RefusedError

_ACTION: Final = re.compile(r"[a-z_]{1,40}")
_SHA: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MOST: Final = 2**63 - 1
_BRANCH: Final = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a payload; 0, "" and False stand for what it didn't say."""

    action: str = ""
    installation_id: int = 0
    repository_id: int = 0
    sender_id: int = 0
    is_from_bot: bool = False
    number: int = 0
    is_pull_request: bool = False
    comment_id: int = 0
    head_sha: str = ""
    is_default_branch: bool = False

    def to_json(self) -> dict[str, JsonValue]:
        """Return what was said."""
        return {name: value for name, value in asdict(self).items() if value}


def read_facts(body: bytes) -> Facts:
    """Return the facts of a body; raises `RefusedError` (400) when it isn't a JSON object."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RefusedError(400, "the body isn't JSON") from None
    if not isinstance(payload, dict):
        raise RefusedError(400, "the body isn't a JSON object")
    sender, issue = _part(payload, "sender"), _part(payload, "issue")
    pull_request = _part(payload, "pull_request")
    return Facts(
        action=_match(_ACTION, payload.get("action")),
        installation_id=_number(_part(payload, "installation").get("id")),
        repository_id=_number(_part(payload, "repository").get("id")),
        sender_id=_number(sender.get("id")),
        is_from_bot=sender.get("type") == "Bot",
        number=_number(pull_request.get("number")) or _number(issue.get("number")),
        is_pull_request=bool(pull_request) or isinstance(issue.get("pull_request"), dict),
        comment_id=_number(_part(payload, "comment").get("id")),
        head_sha=_find_head(payload),
        is_default_branch=_is_default_branch(payload),
    )


def _find_head(payload: Mapping[str, JsonValue]) -> str:
    places = (
        _part(_part(payload, "pull_request"), "head").get("sha"),
        _part(payload, "check_run").get("head_sha"),
        _part(payload, "check_suite").get("head_sha"),
        payload.get("after"),
        payload.get("sha"),
    )
    return next((sha for sha in (_match(_SHA, place) for place in places) if sha), "")


def _is_default_branch(payload: Mapping[str, JsonValue]) -> bool:
    ref, default = payload.get("ref"), _part(payload, "repository").get("default_branch")
    return isinstance(ref, str) and isinstance(default, str) and ref == _BRANCH + default


def _part(payload: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: JsonValue) -> int:
    """Return an id as GitHub gives them, 0 for anything else; `True` is no number."""
    return value if type(value) is int and 0 < value <= _MOST else 0


def _match(form: re.Pattern[str], value: JsonValue) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else ""
