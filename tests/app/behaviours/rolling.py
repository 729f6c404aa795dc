"""A proposal on its pull request where small changes go through by themselves, and what people and CI do about it."""

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from app.behaviours.advance_rollout import advance_rollout
from app.forge import CheckConclusion, CheckReport, CheckStatus, PullRequest
from app.jobs.handlers import Later
from app.store import (
    Application,
    JournalEntry,
    Prediction,
    ProposalRecord,
    RolloutRecord,
    copy_database,
    find_application,
    find_rollout,
    list_entries,
    open_store,
    save_proposal,
)
from telemetry import ErrorClass, Outcome, Run
from tests.app.behaviours.places import NOW, Place
from tests.app.behaviours.proposing import (
    at,
    make_swept,
    only_pull,
    proposal_of,
    publish,
    send,
)
from tests.app.sweeping import LETTERS
from trust_tiers import RolloutState

AUTO = """\
mode: auto-low
models: {allow: ["sim:small", "sim:large"]}
roi: {value_per_success_usd: 0.25, runs_per_month: 3000, review_usd_per_hour: 6}
bake: {min_runs: 20}
"""


@dataclass
class Rolling:
    """One proposal of low risk, with proof, on an open pull request."""

    place: Place

    def copy(self, folder: Path) -> "Rolling":
        """Return the same once more, in a world and a database of its own."""
        folder.mkdir()
        copy_database(self.place.whole_store, folder / "flujo.db")
        github = deepcopy(self.place.github)
        return Rolling(
            replace(self.place, github=github, whole_store=open_store(folder / "flujo.db"))
        )

    @property
    def record(self) -> ProposalRecord:
        return proposal_of(self.place)

    @property
    def state(self) -> RolloutState:
        return self.record.state

    @property
    def pull(self) -> PullRequest:
        return only_pull_of(self.place)

    @property
    def head(self) -> str:
        return self.place.github.code.heads["main"]

    @property
    def content(self) -> bytes:
        return self.place.github.code.commits[self.head].files[LETTERS]

    @property
    def application(self) -> Application:
        with self.place.store.snapshot() as rows:
            found = find_application(rows, self.record.id)
        assert found is not None
        return found

    @property
    def rollout(self) -> RolloutRecord:
        with self.place.store.snapshot() as rows:
            return find_rollout(rows, self.record.id)

    def advance(self, now: datetime = NOW) -> Later | None:
        return advance_rollout(at(self.place, now), self.record.id)

    def check(
        self, commit: str = "", *, passes: bool | None = True, name: str = "flujo test"
    ) -> None:
        """Let the repository's CI report on a commit, by default the pull request's head."""
        conclusion = None
        if passes is not None:
            conclusion = CheckConclusion.SUCCESS if passes else CheckConclusion.FAILURE
        status = CheckStatus.IN_PROGRESS if passes is None else CheckStatus.COMPLETED
        commit = commit or self.pull.head_commit
        self.place.github.as_ci().checks.report(
            CheckReport(name, commit, f"ci-{commit}", status, "", "", conclusion=conclusion)
        )

    def land(self, now: datetime = NOW) -> None:
        """Bring it to the default branch, tested."""
        self.advance(now)
        self.check()
        self.advance(now)
        assert self.state is RolloutState.APPLIED, self.rollout.reason

    def bake(self, now: datetime = NOW) -> None:
        """Have it watched on real traffic."""
        self.land(now)
        self.check(self.application.commit)
        self.advance(now)
        assert self.state is RolloutState.BAKING, self.rollout.reason

    def run_since(self, count: int, *, failing: bool, hours: float = 25) -> None:
        """Let the new version run so often, spread over so many hours from the merge."""
        done = self.application
        runs = [
            make_run(
                f"after-{number}",
                done.spec_sha256_after,
                done.applied_at + timedelta(hours=hours * (number + 1) / count),
                failed=failing,
            )
            for number in range(count)
        ]
        send(self.place, runs)

    def journal(self) -> tuple[JournalEntry, ...]:
        with self.place.store.snapshot() as rows:
            return list_entries(rows, self.record.id)

    def comments(self) -> list[str]:
        return [body for body in self.place.answers() if "flujo:rollout" in body]


def only_pull_of(place: Place) -> PullRequest:
    number = min(place.github.pulls)
    return place.github.as_person().pull_requests.get(number)


def make_rolling(folder: Path, *, settings: str = AUTO) -> Rolling:
    place = make_swept(folder, settings=settings)
    publish(place)
    only_pull(place)
    rolling = Rolling(place)
    record = rolling.record
    proven = replace(
        record,
        facts={**record.facts, "verdict": "better"},
        prediction=Prediction(1.0, 10.0, 20.0),
    )
    with place.store.transaction() as rows:
        save_proposal(rows, proven)
    return rolling


def make_run(run_id: str, spec_sha256: str, ended_at: datetime, *, failed: bool) -> Run:
    return Run(
        run_id=run_id,
        spec_sha256=spec_sha256,
        spec_path=LETTERS,
        started_at=ended_at - timedelta(seconds=1),
        outcome=Outcome.ERROR if failed else Outcome.OK,
        error_class=ErrorClass.TIMEOUT if failed else ErrorClass.NONE,
        latency_ms=1.0,
        cost_usd=Decimal(0),
        steps=(),
    )
