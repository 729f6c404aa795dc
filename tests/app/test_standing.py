"""Every way to stop the App is honoured in one place, and each says why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.settings import Mode, Settings
from app.store import (
    Dashboard,
    Repository,
    RepositoryState,
    Store,
    open_store,
    save_dashboard,
    save_repository,
)
from app.use_cases.standing import is_set, why_not_write
from tests.app.behaviours.places import NOW

ACTIVE = Repository(1, 5, "acme/flows", NOW, "main")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "flujo.db").of("github:1")


def ask(store: Store, repository: Repository = ACTIVE, **more: object) -> str | None:
    with store.transaction() as rows:
        save_repository(rows, repository)
    mode = more.pop("mode", Mode.PROPOSE)
    settings = Settings.model_validate({"mode": mode})
    return why_not_write(store, 1, settings, now=NOW, **more)  # type: ignore[arg-type]


def test_an_active_repository_may_be_written(store: Store) -> None:
    assert ask(store) is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"is_stopped": True}, "this server is stopped by its environment"),
        ({"mode": "silent"}, "the settings say `mode: silent`"),
        ({"labels": ("bug", "flujo:hold")}, "it has the label flujo:hold"),
    ],
)
def test_each_stop_stops(store: Store, more: Mapping[str, Any], why: str) -> None:
    assert ask(store, **more) == why


@pytest.mark.parametrize("state", [each for each in RepositoryState if each.value != "active"])
def test_only_an_active_repository_may_be_written(store: Store, state: RepositoryState) -> None:
    assert ask(store, replace(ACTIVE, state=state))


def test_a_pause_ends_by_itself(store: Store) -> None:
    assert ask(store, replace(ACTIVE, paused_until=NOW + timedelta(minutes=1)))
    assert ask(store, replace(ACTIVE, paused_until=NOW)) is None


def test_the_label_on_the_dashboard_holds_all_of_the_repository(store: Store) -> None:
    with store.transaction() as rows:
        save_dashboard(rows, Dashboard(7, is_held=True))
    assert ask(store) == "the dashboard has the label flujo:hold"


def test_what_is_not_known_is_not_written(store: Store) -> None:
    assert why_not_write(store, 1, Settings(), now=NOW) == "the repository isn't known"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), ("", False), ("0", False), (" ", False), ("1", True), ("true", True)],
)
def test_anything_but_nothing_stops(value: str | None, *, expected: bool) -> None:
    assert is_set(value) is expected
