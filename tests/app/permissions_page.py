"""Writes `docs/reference/permissions.md` from the permissions and events that the App asks for."""

from app.github import EVENTS, PERMISSIONS


def write_page() -> str:
    """Return the page."""
    rows = "\n".join(f"| {one.title} | {one.access} | {one.reason} |" for one in PERMISSIONS)
    events = ", ".join(f"`{event}`" for event in EVENTS)
    return f"""# Permissions of the GitHub App

Generated from `app/github/permissions.py`. `flujo github create-app` asks for exactly these, `flujo github doctor`
tells what is missing or not needed.

| permission | access | what for |
|---|---|---|
{rows}

Never asked for: **Workflows**. GitHub refuses every commit and merge of ours that would change `.github/workflows`.

No token can do all of this. Each is made for one repository by its id, lives for an hour, and has the rights that its
requests need: one for reading, and one each for writing contents, pull requests, threads (issues and pull requests) and
checks.

Events: {events}; those about installations come by themselves. [What follows from each](events.md).
"""
