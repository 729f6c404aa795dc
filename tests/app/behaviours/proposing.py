"""A repository on the GitHub in memory with workflows that ran often, and the App's turns in it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from pydantic import JsonValue

from app.behaviours.publish_proposals import publish_proposals
from app.behaviours.refresh_proposals import rebase_proposal, refresh_proposals
from app.behaviours.sweep_repository import sweep_repository
from app.behaviours.workplace import Workplace
from app.forge import PullRequest, PullRequestState
from app.jobs.handlers import Later
from app.store import (
    Page,
    ProposalRecord,
    PullRequestRecord,
    find_proposal,
    find_repository,
    list_memories,
    list_proposals,
    list_pull_requests,
    save_page,
    save_proposal,
)
from app.store.samples import keep_run
from telemetry import Run
from tests.app.behaviours.places import NOW, Place, make_place
from tests.app.sweeping import LETTERS, LETTERS_SPEC, Ran, read, run_often
from workflow import lock_patch, parse_patch

SETTINGS_FILE = ".github/flujo.yml"
PROPOSE = """\
models: {allow: ["sim:small", "sim:large"]}
roi: {value_per_success_usd: 0.25, runs_per_month: 3000, review_usd_per_hour: 6}
"""
KNOBS = """\
version: "0.1"
name: letters
agents:
  writer: {model: "sim:flaky", system_prompt: Write.}
steps:
"""


@cache
def letters_ran() -> Ran:
    return run_often(read(LETTERS_SPEC))


def make_proposing(
    folder: Path, *, settings: str = PROPOSE, specs: Mapping[str, str] | None = None
) -> Place:
    """Return a repository with these specs, by default the letters that nobody retries."""
    files = {**(specs or {LETTERS: LETTERS_SPEC}), SETTINGS_FILE: settings}
    place = make_place(folder, files)
    place.github.now = NOW
    return place


def send(place: Place, runs: Iterable[Run]) -> None:
    """Let the server have sampled these runs."""
    with place.store.transaction() as rows:
        for number, run in enumerate(runs):
            keep_run(
                rows,
                replace(run, run_id=f"{run.spec_sha256[:6]}-{number}"),
                repository=place.repository.key,
                stratum=run.spec_sha256,
                rank=number,
                limit=1000,
            )


def make_swept(folder: Path, *, settings: str = PROPOSE) -> Place:
    """Return a repository whose letters ran and were looked over."""
    place = make_proposing(folder, settings=settings)
    send(place, letters_ran().runs)
    sweep(place)
    return place


def sweep(place: Place, now: datetime = NOW) -> None:
    sweep_repository(at(place, now), "")


def publish(place: Place, now: datetime = NOW) -> Later | None:
    return publish_proposals(at(place, now), "")


def refresh(place: Place, now: datetime = NOW) -> Later | None:
    return refresh_proposals(at(place, now), "")


def rebase(place: Place, number: int, now: datetime = NOW) -> Later | None:
    return rebase_proposal(at(place, now), str(number))


def at(place: Place, now: datetime) -> Workplace:
    """Open the place at a moment that GitHub has too, with our row of it as it is by then."""
    place.github.now = max(place.github.now, now)
    with place.store.snapshot() as rows:
        found = find_repository(rows, place.repository.id)
    assert found is not None
    return replace(place.open(now), repository=found)


def add_waiting(place: Place, count: int, *, worth: Callable[[int], float] = float) -> list[str]:
    """Queue proposals for steps of one spec, each to retry a step of its own."""
    steps = "".join(
        f"  - {{name: s{n}, uses: agents.writer, config: {{timeout_s: 30}}}}\n" for n in range(40)
    )
    place.push("main", {LETTERS: KNOBS + steps})
    with place.store.snapshot() as rows:
        start = len(list_proposals(rows))
    workflow = read(KNOBS + steps)
    ids = []
    for number in range(start, start + count):
        operation: dict[str, JsonValue] = {
            "op": "add",
            "path": f"/steps/{number}/config/max_retries",
            "value": 2,
        }
        patch = lock_patch(workflow.document, parse_patch([{**operation}]))
        record = ProposalRecord(
            id=f"p{number}",
            spec_path=LETTERS,
            spec_sha256=workflow.spec_sha256,
            fingerprint=f'["{LETTERS}",[["step","s{number}","config/max_retries","set",0]]]',
            title=f"Retry s{number}",
            source="heuristic",
            patch_class="retries",
            tier="LOW",
            patch=patch.to_json(),
            created_at=NOW,
        )
        with place.store.transaction() as rows:
            save_proposal(rows, record)
            save_page(rows, Page(record.id, f"Retry s{number}.", worth(number), NOW))
        ids.append(record.id)
    return ids


def pulls(place: Place) -> list[PullRequest]:
    forge = place.github.as_person().pull_requests
    return [forge.get(number) for number in sorted(place.github.pulls)]


def open_pulls(place: Place) -> list[PullRequest]:
    return [pull for pull in pulls(place) if pull.state is PullRequestState.OPEN]


def only_pull(place: Place) -> PullRequest:
    (pull,) = pulls(place)
    return pull


def records(place: Place) -> list[PullRequestRecord]:
    with place.store.snapshot() as rows:
        return [*list_pull_requests(rows)]


def only_record(place: Place) -> PullRequestRecord:
    (record,) = records(place)
    return record


def proposal_of(place: Place) -> ProposalRecord:
    with place.store.snapshot() as rows:
        found = find_proposal(rows, only_record(place).proposal_id)
    assert found is not None
    return found


def memories(place: Place, now: datetime = NOW) -> list[str]:
    with place.store.snapshot() as rows:
        return [memory.reason.value for memory in list_memories(rows, now=now)]


def days(count: float) -> datetime:
    return NOW + timedelta(days=count)
