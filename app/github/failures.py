"""From an answer that says no to the error that says what it means.

See https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api and
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from github.Requester import Requester
from pydantic import JsonValue

from app.errors import (
    GitHubAuthError,
    GitHubConflictError,
    GitHubError,
    GitHubNotFoundError,
    GitHubPermissionError,
    GitHubRateLimitedError,
    GitHubRefusedError,
    GitHubUnavailableError,
)

_BY_STATUS: dict[int, type[GitHubError]] = {
    301: GitHubNotFoundError,
    302: GitHubNotFoundError,
    307: GitHubNotFoundError,
    308: GitHubNotFoundError,
    401: GitHubAuthError,
    403: GitHubPermissionError,
    404: GitHubNotFoundError,
    405: GitHubConflictError,
    408: GitHubUnavailableError,
    409: GitHubConflictError,
    410: GitHubNotFoundError,
    451: GitHubNotFoundError,
}
_DEFAULT_WAIT = timedelta(seconds=60)
_LONGEST_WAIT = timedelta(hours=1, minutes=5)
_MAX_DETAIL = 500


def explain_failure(
    request: str, status: int, headers: Mapping[str, str], body: JsonValue, *, now: datetime
) -> GitHubError:
    """Return the error that an answer of 300 or more means."""
    detail = _describe(body)
    if status == 429 or (status == 403 and _is_about_rate(headers, detail)):
        until = find_end_of_wait(headers, now=now)
        return GitHubRateLimitedError(request, status, detail, until=until)
    kind = GitHubUnavailableError if status >= 500 else _BY_STATUS.get(status, GitHubRefusedError)
    return kind(request, status, detail)


def find_end_of_wait(headers: Mapping[str, str], *, now: datetime) -> datetime:
    """Return when to come back: as GitHub says, at least a second and at most about an hour from now."""
    wait = _read_wait(headers, now)
    return now + min(max(wait, timedelta(seconds=1)), _LONGEST_WAIT)


def _read_wait(headers: Mapping[str, str], now: datetime) -> timedelta:
    after = headers.get("retry-after", "")
    if _is_count(after):
        return timedelta(seconds=int(after))
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and _is_count(reset):
        return datetime.fromtimestamp(int(reset), UTC) - now
    return _DEFAULT_WAIT


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def _is_about_rate(headers: Mapping[str, str], detail: str) -> bool:
    is_spent = headers.get("x-ratelimit-remaining") == "0"
    return is_spent or "retry-after" in headers or Requester.isRateLimitError(detail)


def _describe(body: JsonValue) -> str:
    """Return GitHub's own words, on one line: the message and what it complains of in detail."""
    if not isinstance(body, dict):
        return "no explanation"
    found = [body.get("message")]
    errors = body.get("errors")
    found += [_describe_one(error) for error in (errors if isinstance(errors, list) else [])]
    said = "; ".join(str(part) for part in found if part)
    return " ".join(said.split())[:_MAX_DETAIL] or "no explanation"


def _describe_one(error: JsonValue) -> str:
    if not isinstance(error, dict):
        return str(error)
    if error.get("message"):
        return str(error["message"])
    names = (error.get("resource"), error.get("field"), error.get("code"))
    return " ".join(str(name) for name in names if name)
