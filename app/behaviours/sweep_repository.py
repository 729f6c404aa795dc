"""Looks over a repository's workflows: measures what was applied, finds what to propose, and asks for it to be offered.

Nothing is written on GitHub here, so a sweep that dies is simply made again.
"""

from dataclasses import replace
from typing import Final

from app.adapters.price_list import reprice
from app.behaviours.workplace import Workplace
from app.jobs.handlers import Later
from app.jobs.reconcile import REVIEW
from app.store import Work, ask
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.keep_findings import keep_findings
from app.use_cases.keep_ledger import keep_ledger
from app.use_cases.landings import World
from app.use_cases.read_organisation import read_organisation
from app.use_cases.read_runs import StoredRuns, read_runs
from app.use_cases.sweep import Grist, look_into_all

PUBLISH: Final = "publish"
"""The kind of work that offers what waits; there is one row of it a repository."""

ASKED: Final = "asked"
"""The key of a sweep that somebody asks for; those of the clock have their slot."""


def sweep_repository(place: Workplace, key: str) -> Later | None:
    """Sweep once; the key tells who asked and makes no difference. Silent repositories are looked at too."""
    del key
    if place.default is None or not place.repository.is_at_work(place.now) or place.is_stopped:
        return None
    past = _read_past(place)
    if not past.runs:
        return None
    world = World(place.code, place.store, place.now)
    grist = _gather(place, past)
    roi = grist.suggesting.proposers.roi
    keep_ledger(place.store, past.runs, roi=roi, now=place.now, reprice=reprice)
    found = look_into_all(world, place.settings, place.default.commit, grist)
    keep_findings(world, place.settings, found.suggestions)
    for kind in (REVIEW, PUBLISH):
        ask_for(place, kind)
    return None


def ask_for(place: Workplace, kind: str, key: str = "") -> None:
    """Ask for work on this repository, as soon as its turn comes."""
    repository = place.repository
    with place.store.transaction() as rows:
        work = Work(repository.key, kind, key, repository.installation_id)
        ask(rows, work, at=place.now)


def _read_past(place: Workplace) -> StoredRuns:
    """Read the telemetry that was sent for the repository, under whichever of its names."""
    share = place.settings.telemetry.max_share
    return read_runs(place.store, place.repository.key, now=place.now, max_share=share)


def _gather(place: Workplace, past: StoredRuns) -> Grist:
    settings, means = place.settings, place.means
    assert place.default is not None
    organisation = read_organisation(place.code, settings, place.default.commit)
    ask_model = means.open_ask_model
    return Grist(
        runs=past.runs,
        recordings=means.read_recordings(place.repository),
        suggesting=replace(
            choose_suggesting(settings, organisation=organisation), traffic=past.traffic
        ),
        reprice=reprice,
        ask_model=ask_model(settings.models.max_usd_per_sweep) if ask_model else None,
    )
