"""What the App may do on GitHub, why, and how little of it each request carries."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AppPermission:
    """A permission the App asks for; `access` is `read` or `write`."""

    name: str
    access: str
    title: str
    reason: str


PERMISSIONS = (
    AppPermission(
        "administration",
        "read",
        "Administration",
        "reads branch protection, so that nothing is merged around it",
    ),
    AppPermission(
        "checks",
        "write",
        "Checks",
        "reports on pull requests that touch a spec, and reads the result of your own tests",
    ),
    AppPermission(
        "contents",
        "write",
        "Contents",
        "reads specs and settings, and writes commits to branches under `flujo/`; merging needs it too",
    ),
    AppPermission(
        "issues", "write", "Issues", "keeps the dashboard issue, and answers comments and labels"
    ),
    AppPermission("metadata", "read", "Metadata", "GitHub gives it to every App"),
    AppPermission(
        "pull_requests",
        "write",
        "Pull requests",
        "opens proposals, keeps them up to date, asks for reviews, merges what you allow",
    ),
)
"""Everything the App ever asks for. `workflows` isn't among them: no change of ours reaches your CI's definition."""

EVENTS = (
    "check_run",
    "check_suite",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "push",
    "repository",
)
"""Events the App subscribes to; those about installations come by themselves."""

Scope = Mapping[str, str]
"""The permissions of one token."""

READ: Scope = {name.name: "read" for name in PERMISSIONS}
WRITE_CHECKS: Scope = {"checks": "write", "metadata": "read"}
WRITE_CONTENTS: Scope = {"contents": "write", "metadata": "read"}
WRITE_THREADS: Scope = {"issues": "write", "metadata": "read", "pull_requests": "write"}
WRITE_PULL_REQUESTS: Scope = {"contents": "read", "metadata": "read", "pull_requests": "write"}
METADATA: Scope = {"metadata": "read"}


def is_write(scope: Scope) -> bool:
    """Whether a token of this scope can change anything."""
    return "write" in scope.values()


def describe_permissions() -> Mapping[str, str]:
    """Return the permissions as GitHub names them in an App's manifest."""
    return {permission.name: permission.access for permission in PERMISSIONS}
