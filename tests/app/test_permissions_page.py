"""The page of the App's permissions is written from them; `FLUJO_UPDATE_GOLDEN=1` writes it anew."""

import os
from pathlib import Path

from app.github import EVENTS, PERMISSIONS
from app.webhooks.events import RULES
from tests.app.permissions_page import write_page

PAGE = Path(__file__).parents[2] / "docs/reference/permissions.md"


def test_the_page_is_what_the_app_asks_for() -> None:
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        PAGE.write_text(write_page(), encoding="utf-8")
    assert PAGE.read_text("utf-8") == write_page()


def test_the_app_never_asks_to_change_workflows() -> None:
    assert not {"workflows", "secrets", "actions"} & {one.name for one in PERMISSIONS}
    assert all(one.reason for one in PERMISSIONS)


def test_the_app_subscribes_to_what_it_reacts_to() -> None:
    by_themselves = {"installation", "installation_repositories", "installation_target"}
    older_kind = {"status"}  # needs a permission that we can do without
    assert {rule.event for rule in RULES} - by_themselves - older_kind == set(EVENTS)
