"""Sweeps of the App: what was found waits in rows; nothing is written on GitHub."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.behaviours.sweep_repository import PUBLISH
from app.jobs.reconcile import REVIEW
from app.store import list_ledger, list_pages, list_proposals, list_work
from tests.app.behaviours.places import NOW, Place
from tests.app.behaviours.proposing import (
    PROPOSE,
    letters_ran,
    make_proposing,
    make_swept,
    send,
    sweep,
)
from tests.app.sweeping import LETTERS, LETTERS_SPEC
from trust_tiers import RolloutState

WRITES = ("pull_requests.open", "code.create_branch", "code.prepare_commit", "comments.write")


def _titles(place: Place) -> list[str]:
    with place.store.snapshot() as rows:
        return [record.title for record in list_proposals(rows)]


def test_what_is_found_waits_with_its_page(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    with place.store.snapshot() as rows:
        (record,), (page,) = list_proposals(rows), list_pages(rows)
    assert record.state is RolloutState.PROPOSED
    assert page.proposal_id == record.id
    assert "etry" in record.title
    assert page.usd_per_review_minute > 0
    assert page.needs_person
    assert not set(place.github.faults.calls) & {*WRITES}


def test_offering_and_looking_after_are_asked_for(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    with place.store.snapshot() as rows:
        kinds = {item.work.kind for item in list_work(rows)}
    assert kinds >= {PUBLISH, REVIEW}


def test_without_telemetry_nothing_is_read(tmp_path: Path) -> None:
    place = make_proposing(tmp_path)
    workplace_calls = len(place.github.faults.calls)
    sweep(place)
    assert _titles(place) == []
    assert "code.list_files" not in place.github.faults.calls[workplace_calls:]


def test_a_second_sweep_finds_the_same(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    before = _titles(place)
    sweep(place, NOW + timedelta(days=1))
    assert _titles(place) == before


def test_what_is_not_found_again_waits_no_more(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    place.push("main", {LETTERS: LETTERS_SPEC.replace("Write.", "Write well.")})
    sweep(place, NOW + timedelta(days=1))
    with place.store.snapshot() as rows:
        assert list_pages(rows) == ()


def test_a_spec_that_does_not_parse_stops_no_other(tmp_path: Path) -> None:
    place = make_proposing(tmp_path, specs={LETTERS: LETTERS_SPEC, "bad.flow.yaml": "steps: ["})
    send(place, letters_ran().runs)
    sweep(place)
    assert len(_titles(place)) == 1


@pytest.mark.parametrize("settings", [PROPOSE, "mode: silent\n" + PROPOSE])
def test_silent_repositories_are_looked_at_too(tmp_path: Path, settings: str) -> None:
    assert _titles(make_swept(tmp_path, settings=settings))


def test_nothing_is_measured_before_anything_was_applied(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    with place.store.snapshot() as rows:
        assert list_ledger(rows) == ()
