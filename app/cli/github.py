"""`flujo github`: registers the App, and examines how it is set up."""

import os
import secrets
import webbrowser
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.app_files import write_app_files
from app.adapters.manifest_page import open_manifest_page
from app.bootstrap.on_github import SECRET_VARIABLE, open_app, open_world
from app.cli.output import NO, Format, FormatOption, note, print_json, print_text
from app.github import (
    EVENTS,
    CreatedApp,
    describe_app,
    describe_permissions,
    exchange_code,
    registration_url,
)
from app.use_cases.check_github import Finding, Wanted, check_github

github = typer.Typer(help="Set the GitHub App up, and examine it.", no_args_is_help=True)


@github.command("create-app")
def create_app(
    webhook_url: Annotated[str, typer.Option(help="where your server takes events, https")],
    name: Annotated[str, typer.Option(help="unique on GitHub, at most 34 characters")],
    organization: Annotated[str, typer.Option(help="who owns it; by default you")] = "",
    directory: Annotated[Path, typer.Option(help="where its key and secret go")] = Path(),
    port: Annotated[int, typer.Option(help="on this machine; 0 is any free one")] = 0,
    browser: Annotated[bool, typer.Option(help="open the page in a browser")] = True,
    output: FormatOption = Format.TEXT,
) -> None:
    """Register the App on GitHub with the permissions it needs, and keep its key and secret."""
    world = open_world(os.environ)
    state = secrets.token_urlsafe(32)
    with open_manifest_page(state, port=port) as page:
        manifest = describe_app(name=name, webhook_url=webhook_url, redirect_url=page.redirect_url)
        page.offer(registration_url(world.address, organization, state), manifest)
        note(f"open {page.url} and follow it to GitHub")
        if browser:
            webbrowser.open(page.url)
        code = page.wait_for_code()
    made = exchange_code(code, world)
    key_file, env_file = write_app_files(
        directory, made.slug, _describe_environment(made), private_key=made.private_key
    )
    _tell_created(made, key_file, env_file, output)


@github.command()
def doctor(output: FormatOption = Format.TEXT) -> None:
    """Examine key, clock, permissions, webhook, secret, deliveries and installations; exit 1 when one isn't right."""
    wanted = Wanted(
        permissions=describe_permissions(),
        events=EVENTS,
        webhook_secret=os.environ.get(SECRET_VARIABLE, ""),
    )
    findings = list(check_github(open_app(os.environ), wanted, now=datetime.now(UTC)))
    is_well = all(finding.is_ok for finding in findings)
    if output is Format.JSON:
        print_json({"ok": is_well, "findings": [_finding_to_json(one) for one in findings]})
    else:
        _print_findings(findings)
    if not is_well:
        raise typer.Exit(NO)


def _describe_environment(made: CreatedApp) -> dict[str, str]:
    return {"FLUJO_GITHUB_APP_ID": str(made.app_id), SECRET_VARIABLE: made.webhook_secret}


def _tell_created(made: CreatedApp, key_file: Path, env_file: Path, output: Format) -> None:
    install_url = f"{made.page_url}/installations/new"
    if output is Format.JSON:
        print_json(
            {
                "app_id": made.app_id,
                "slug": made.slug,
                "key_file": str(key_file),
                "environment_file": str(env_file),
                "install_url": install_url,
            }
        )
        return
    print_text(f"created {made.slug} (id {made.app_id})")
    print_text(f"  its private key:  {key_file}  (readable by you alone; keep it out of Git)")
    print_text(f"  its environment:  {env_file}  (holds the webhook's secret)")
    print_text("next:")
    print_text(f"  1. set -a; . {env_file}; set +a")
    print_text("  2. flujo github doctor")
    print_text(f"  3. install it on your repositories: {install_url}")


def _finding_to_json(finding: Finding) -> dict[str, object]:
    return {
        "name": finding.name,
        "ok": finding.is_ok,
        "detail": finding.detail,
        "advice": None if finding.is_ok else finding.advice,
    }


def _print_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print_text(f"{'✓' if finding.is_ok else '✗'} {finding.name}: {finding.detail}")
        if not finding.is_ok:
            print_text(f"    {finding.advice}")
