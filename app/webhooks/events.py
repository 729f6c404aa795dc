"""The table of events: which of GitHub's events ask for what work. What isn't in it is acknowledged and ignored.

An event only says that something may have changed. The work reads how things stand, so many events for one key are one
piece of work, and neither their order nor their number matters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.store import Work, repository_key
from app.webhooks.facts import Facts

Key = Callable[[Facts], str | None]
"""Chooses the key of the work; None: these facts ask for nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Events of a name, and of these actions (none: all), ask for work of a kind; `why` is for people.

    `key_name` tells what the key is. Work without a repository belongs to the installation.
    """

    event: str
    actions: tuple[str, ...]
    kind: str
    key_name: str
    key: Key
    why: str


def find_work(event: str, facts: Facts) -> tuple[Work, ...]:
    """Return what a delivery asks for: nothing without an installation, for then nothing could be done."""
    if not facts.installation_id:
        return ()
    asked = (_apply(rule, facts) for rule in RULES if rule.event == event)
    return tuple(work for work in asked if work is not None)


def _apply(rule: Rule, facts: Facts) -> Work | None:
    if rule.actions and facts.action not in rule.actions:
        return None
    key = rule.key(facts)
    if key is None:
        return None
    if rule.kind == INSTALLATION:
        owner = f"{INSTALLATION}:{facts.installation_id}"
    elif facts.repository_id:
        owner = repository_key(facts.repository_id)
    else:
        return None
    return Work(owner, rule.kind, key, facts.installation_id)


def _once(_: Facts) -> str:
    return ""


def _number(facts: Facts) -> str | None:
    return str(facts.number) if facts.number else None


def _issue(facts: Facts) -> str | None:
    return None if facts.is_pull_request else _number(facts)


def _edited_issue(facts: Facts) -> str | None:
    is_by_person = facts.sender_id and not facts.is_from_bot and not facts.is_pull_request
    return f"{facts.number}/{facts.sender_id}" if is_by_person and facts.number else None


def _comment(facts: Facts) -> str | None:
    is_command = facts.number and facts.comment_id and not facts.is_from_bot
    return f"{facts.number}/{facts.comment_id}" if is_command else None


def _head(facts: Facts) -> str | None:
    return facts.head_sha or None


def _default_branch(facts: Facts) -> str | None:
    return "" if facts.is_default_branch else None


INSTALLATION, REPOSITORY, PULL_REQUEST = "installation", "repository", "pull_request"
CHECKS, COMMAND, DASHBOARD, DEFAULT_BRANCH = "checks", "command", "dashboard", "default_branch"
CHECK_AGAIN = "check_again"

RULES: Final = (
    Rule(
        "installation",
        ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"),
        INSTALLATION,
        "–",
        _once,
        "the App came, went, or may do more or less",
    ),
    Rule(
        "installation_repositories",
        ("added", "removed"),
        INSTALLATION,
        "–",
        _once,
        "the App reaches other repositories",
    ),
    Rule(
        "installation_target",
        ("renamed",),
        INSTALLATION,
        "–",
        _once,
        "the account has another name",
    ),
    Rule(
        "repository",
        (
            "archived",
            "deleted",
            "edited",
            "privatized",
            "publicized",
            "renamed",
            "transferred",
            "unarchived",
        ),
        REPOSITORY,
        "–",
        _once,
        "its name, owner, default branch or state is another",
    ),
    Rule(
        "push",
        (),
        DEFAULT_BRANCH,
        "–",
        _default_branch,
        "specs, settings, policies or owners may be others; other branches are heard of by their pull request",
    ),
    Rule(
        "pull_request",
        (
            "closed",
            "edited",
            "labeled",
            "opened",
            "ready_for_review",
            "reopened",
            "synchronize",
            "unlabeled",
        ),
        PULL_REQUEST,
        "number",
        _number,
        "what it changes, or what became of it, is to be judged",
    ),
    Rule(
        "pull_request_review",
        ("submitted", "dismissed"),
        PULL_REQUEST,
        "number",
        _number,
        "a person decided",
    ),
    Rule(
        "check_run",
        ("completed",),
        CHECKS,
        "head commit",
        _head,
        "a test of a commit ended",
    ),
    Rule(
        "check_run",
        ("requested_action", "rerequested"),
        CHECK_AGAIN,
        "head commit",
        _head,
        "our check is wanted again",
    ),
    Rule(
        "check_suite",
        ("completed", "requested"),
        CHECKS,
        "head commit",
        _head,
        "the tests of a commit ended",
    ),
    Rule(
        "check_suite",
        ("rerequested",),
        CHECK_AGAIN,
        "head commit",
        _head,
        "our check is wanted again",
    ),
    Rule("status", (), CHECKS, "head commit", _head, "a test of an older kind ended"),
    Rule(
        "issue_comment",
        ("created",),
        COMMAND,
        "issue/comment",
        _comment,
        "it may be a command; those of bots and edited ones are none",
    ),
    Rule(
        "issues",
        ("closed", "deleted", "labeled", "reopened", "transferred", "unlabeled"),
        DASHBOARD,
        "number",
        _issue,
        "it may be the dashboard, closed or held",
    ),
    Rule(
        "issues",
        ("edited",),
        DASHBOARD,
        "number/person",
        _edited_issue,
        "it may be the dashboard, with a box ticked; who ticked it must be a person",
    ),
)
"""All rules, in the order in which an installation's life brings them."""
