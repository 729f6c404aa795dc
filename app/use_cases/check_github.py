"""Examines how the App is set up on GitHub: each thing that must be right, and what to do when it isn't."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import GitHubError
from app.forge import App, AppForge, HookDelivery, Installation

_MAX_SKEW = timedelta(seconds=30)
_LOOKED_BACK = timedelta(days=1)
_MIN_SECRET = 16
_RANK = {"": 0, "read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined; `advice` is what to do when it isn't right."""

    name: str
    is_ok: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the App needs: permissions, events, and the secret that this machine knows (`""`: none)."""

    permissions: Mapping[str, str]
    events: Sequence[str]
    webhook_secret: str


def check_github(github: AppForge, wanted: Wanted, *, now: datetime) -> Iterator[Finding]:
    """Examine one thing after the other; what can't be examined is a finding too."""
    yield from _examine("clock", lambda: _check_clock(github.server_time(), now))
    apps: list[App] = []
    yield from _examine("key", lambda: _check_key(github, apps))
    if not apps:
        return
    yield from _examine("permissions", lambda: _check_permissions(apps[0], wanted))
    yield from _examine("events", lambda: _check_events(apps[0], wanted))
    yield from _examine("webhook", lambda: _check_hook(github))
    yield from _examine("secret", lambda: _check_secret(github, wanted))
    yield from _examine("deliveries", lambda: _check_deliveries(github, now))
    yield from _examine("installations", lambda: _check_installations(github, wanted))


def _examine(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except GitHubError as error:
        yield Finding(name, False, error.detail, str(error))


def _check_clock(theirs: datetime, ours: datetime) -> Iterator[Finding]:
    skew_s = abs((theirs - ours).total_seconds())
    yield Finding(
        "clock",
        skew_s <= _MAX_SKEW.total_seconds(),
        f"{skew_s:.0f} s from GitHub's",
        "set this machine's clock by NTP: GitHub refuses keys dated by a wrong one",
    )


def _check_key(github: AppForge, found: list[App]) -> Iterator[Finding]:
    found.append(github.app())
    yield Finding("key", True, f"GitHub knows us as {found[0].name!r} ({found[0].slug})")


def _check_permissions(app: App, wanted: Wanted) -> Iterator[Finding]:
    missing = _find_missing(app.permissions, wanted.permissions)
    more = sorted(set(app.permissions) - set(wanted.permissions))
    detail = f"missing: {', '.join(missing)}" if missing else "all there"
    yield Finding(
        "permissions",
        not missing and "workflows" not in more,
        f"{detail}; not needed: {', '.join(more)}" if more else detail,
        "change them in the App's settings under Permissions & events; docs/reference/permissions.md says why each",
    )


def _check_events(app: App, wanted: Wanted) -> Iterator[Finding]:
    missing = [] if "*" in app.events else sorted(set(wanted.events) - set(app.events))
    yield Finding(
        "events",
        not missing,
        f"missing: {', '.join(missing)}" if missing else "all there",
        "subscribe to them in the App's settings under Permissions & events",
    )


def _check_hook(github: AppForge) -> Iterator[Finding]:
    hook = github.hook()
    problems = []
    if not hook.url.startswith("https://"):
        problems.append(f"its address is {hook.url!r}, not https")
    if hook.content_type != "json":
        problems.append("its content type isn't application/json")
    if not hook.checks_certificate:
        problems.append("it doesn't check the server's certificate")
    yield Finding(
        "webhook",
        not problems,
        "; ".join(problems) or hook.url,
        "set it in the App's settings under Webhook",
    )


def _check_secret(github: AppForge, wanted: Wanted) -> Iterator[Finding]:
    secret = wanted.webhook_secret
    if not github.hook().has_secret:
        detail = "the webhook has none: anybody could send events"
    elif not secret:
        detail = "this machine doesn't know it"
    elif len(secret) < _MIN_SECRET:
        detail = f"it is shorter than {_MIN_SECRET} characters"
    else:
        yield Finding("secret", True, "set on both sides")
        return
    yield Finding(
        "secret",
        False,
        detail,
        "write one of 32 random characters into the App's settings and FLUJO_GITHUB_WEBHOOK_SECRET",
    )


def _check_deliveries(github: AppForge, now: datetime) -> Iterator[Finding]:
    found = github.deliveries(now - _LOOKED_BACK)
    failed = [delivery for delivery in found if not delivery.is_ok]
    yield Finding(
        "deliveries",
        not failed,
        f"{len(failed)} of {len(found)} failed in the last day",
        _explain_failures(failed),
    )


def _explain_failures(failed: Sequence[HookDelivery]) -> str:
    codes = {delivery.status_code for delivery in failed}
    if 401 in codes:
        return "the server refused their signature: the two secrets differ"
    if 0 in codes:
        return "the server couldn't be reached: is it running, and open to GitHub's addresses?"
    return "the server's log says why; they are sent again by themselves once it takes them"


def _check_installations(github: AppForge, wanted: Wanted) -> Iterator[Finding]:
    found = github.installations()
    if not found:
        yield Finding("installations", False, "there are none", "install the App from its page")
    for installation in found:
        yield _check_installation(installation, wanted)


def _check_installation(installation: Installation, wanted: Wanted) -> Finding:
    missing = _find_missing(installation.permissions, wanted.permissions)
    name = f"installation on {installation.account.login}"
    if installation.is_suspended:
        return Finding(name, False, "suspended", "its owners can unsuspend it in their settings")
    detail = f"not accepted yet: {', '.join(missing)}" if missing else "all permissions accepted"
    advice = "its owners must accept the App's new permissions in their settings"
    return Finding(name, not missing, detail, advice)


def _find_missing(granted: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return sorted(
        f"{name}: {access}"
        for name, access in wanted.items()
        if _RANK.get(granted.get(name, ""), 0) < _RANK[access]
    )
