"""Repositories are opened for behaviours as their rows and settings say."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from app.behaviours.run_in_order import run_in_order
from app.behaviours.workplace import Workplace
from app.bootstrap.behaviours import build_behaviours
from app.errors import GitHubRateLimitedError
from app.forge import AppForge, Forge, InstalledRepository
from app.jobs.handlers import Context, Later
from app.settings import Mode
from app.store import RepositoryState, save_repository
from tests.app.behaviours.places import NOW, PATH, SPEC, Place, make_place

SOON = NOW + timedelta(minutes=5)


class OneRepository:
    """An App that reaches one repository in memory."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def open(self, installation_id: int, repository: InstalledRepository) -> Forge:
        assert (installation_id, repository.id) == (5, 1)
        return self._place.ours


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path, {PATH: SPEC, ".github/flujo.yml": "mode: silent\n"})


def work(place: Place, kind: str = "pull_request", *, repository: str = "") -> list[Workplace]:
    """Work on something, and return the workplaces that were opened for it."""
    opened: list[Workplace] = []

    def see(found: Workplace, _: str) -> None:
        opened.append(found)

    forge = cast("AppForge", OneRepository(place))
    handlers = build_behaviours(forge, on_repository={kind: (see,)}, on_installation={})
    store = place.whole_store.of(repository or place.repository.key)
    assert handlers[kind](Context(store, 5, NOW), "3") is None
    return opened


def move(place: Place, state: RepositoryState) -> None:
    with place.whole_store.transaction() as rows:
        save_repository(rows, replace(place.repository, state=state))


def test_a_behaviour_gets_the_settings_of_the_default_branch(place: Place) -> None:
    (found,) = work(place)
    assert found.settings.mode is Mode.SILENT
    assert found.settings_error is None
    assert found.default == place.ours.code.default_branch()
    assert found.store.repository == "github:1"


def test_settings_that_cannot_be_read_leave_the_last_good_ones(place: Place) -> None:
    work(place)
    place.push("main", {".github/flujo.yml": "mode: everything\n"})
    (found,) = work(place)
    assert found.settings.mode is Mode.SILENT
    assert found.settings_error is not None
    assert found.settings_error.line == 1


def test_without_good_settings_ever_the_defaults_count(tmp_path: Path) -> None:
    place = make_place(tmp_path, {".github/flujo.yml": "mode: everything\n"})
    (found,) = work(place)
    assert found.settings.mode is Mode.PROPOSE


def test_good_settings_are_read_once_a_commit(place: Place) -> None:
    work(place)
    before = place.github.faults.calls.count("code.read_file")
    work(place)
    assert place.github.faults.calls.count("code.read_file") == before


def test_another_name_of_the_default_branch_is_found(place: Place) -> None:
    code = place.github.code
    code.heads["trunk"] = code.heads.pop("main")
    code.default = "trunk"
    (found,) = work(place)
    assert found.default is not None
    assert found.default.name == "trunk"


@pytest.mark.parametrize(
    "state", [RepositoryState.SUSPENDED, RepositoryState.REMOVED, RepositoryState.ARCHIVED]
)
def test_nothing_is_done_where_we_may_not_work(place: Place, state: RepositoryState) -> None:
    move(place, state)
    assert not work(place)
    assert not place.github.faults.calls


def test_what_finds_out_about_a_repository_works_in_any_state(place: Place) -> None:
    move(place, RepositoryState.ARCHIVED)
    (found,) = work(place, "repository")
    assert found.default is None


@pytest.mark.parametrize("repository", ["github:2", "local", "github:"])
def test_a_repository_nobody_knows_is_left_alone(place: Place, repository: str) -> None:
    assert not work(place, repository=repository)


def test_a_limit_of_githubs_is_waited_for() -> None:
    made: list[str] = []

    def refuse() -> Later | None:
        raise GitHubRateLimitedError("GET /", 403, "too much", until=SOON)

    def never() -> None:
        made.append("never")

    assert run_in_order([refuse, never]) == Later(SOON, "GitHub's limit")
    assert not made


def test_what_fails_does_not_stop_the_rest() -> None:
    made: list[str] = []

    def fail() -> Later | None:
        raise ValueError("a defect")

    def go_on() -> None:
        made.append("rest")

    with pytest.raises(ValueError, match="a defect"):
        run_in_order([fail, go_on])
    assert made == ["rest"]


def test_the_earliest_wish_counts() -> None:
    late, early = Later(SOON, "later"), Later(NOW, "sooner")
    assert run_in_order([lambda: late, lambda: None, lambda: early]) == early
    assert run_in_order([]) is None
