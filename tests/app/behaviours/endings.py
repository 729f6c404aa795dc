"""Tells how a repository and our rows about it ended, without what differs each time: moments, counters."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.store import (
    Store,
    WorkState,
    find_application,
    find_onboarding,
    find_review,
    list_memories,
    list_proposals,
    list_pull_requests,
    list_repositories,
    list_work,
)
from tests.fakes.forge import FakeGitHub

_SEQUENCE = re.compile(r" seq=\d+ ")
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b|\b[0-9a-f]{12}\b")
_NUMBER = re.compile(r"#\d+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")

Lines = tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """What is there in the end, a line for each thing; `is_quiet` when nothing is under way or given up."""

    branches: Lines
    pulls: Lines
    said: Lines
    checks: Lines
    rows: Lines
    is_quiet: bool

    @property
    def things(self) -> Lines:
        """Everything that people see, by what it is and not by what it says: of none there may be more."""
        return (
            *(line.split(" | ")[0] for line in self.pulls),
            *(line.split(" | ")[0] for line in self.said),
            *(line.split(" | ")[0] for line in self.checks),
        )


def describe(github: FakeGitHub, store: Store) -> Ended:
    """Describe everything as it is now."""
    return Ended(
        branches=_sort(
            f"{name}: {sorted(github.code.commits[head].files.items())}"
            for name, head in github.code.heads.items()
        ),
        pulls=_sort(
            f"pull from {pull.head_branch} | {pull.state.value} {pull.title!r} {_steady(pull.body)!r}"
            f" {sorted(pull.labels)} {sorted(pull.reviewers)} {bool(pull.merge_commit)}"
            for pull in github.pulls.values()
        ),
        said=_sort((*_list_comments(github), *_list_issues(github))),
        checks=_sort(
            f"check {run.name} of {run.app_id} on {_find_place(github, run.commit)}"
            f" | {run.status.value} {run.conclusion} {github.reports[run.id].summary!r}"
            for run in github.checks.values()
        ),
        rows=_list_rows(github, store),
        is_quiet=_is_quiet(store),
    )


def _list_comments(github: FakeGitHub) -> Iterable[str]:
    for thread, comment in github.comments.values():
        marker, _, text = comment.body.partition("\n")
        where = github.pulls[thread].head_branch if thread in github.pulls else "an issue"
        yield f"comment on {where} by {comment.author.login}: {_steady(marker)} | {_steady(text)}"
    for _, reaction, account in github.reactions:
        yield f"reaction of {account} | {reaction.value}"


def _list_issues(github: FakeGitHub) -> Iterable[str]:
    return (
        f"issue {issue.title} | {sorted(_steady(issue.body).splitlines())} {issue.is_open}"
        for issue in github.issues.values()
    )


def _find_place(github: FakeGitHub, commit: str) -> str:
    """Return what the commit holds: one that is made a second later has another name."""
    return str(sorted(github.code.commits[commit].files.items()))


def _list_rows(github: FakeGitHub, store: Store) -> Lines:
    with store.snapshot() as rows:
        repositories = list_repositories(rows)
    own = store.of(f"github:{github.repository.id}")
    with own.snapshot() as rows:
        proposals = list_proposals(rows)
        applied = [found for one in proposals if (found := find_application(rows, one.id))]
        reviews = [told for number in github.pulls if (told := find_review(rows, number))]
        onboarding = find_onboarding(rows)
        memories = list_memories(rows, now=github.now)
        pulls = list_pull_requests(rows)
    return _sort(
        (
            *(f"repository {one.full_name} {one.state} {one.paused_until}" for one in repositories),
            *(f"proposal {one.id} {one.state.value}" for one in proposals),
            *(f"applied {one.proposal_id} {one.blob_after}" for one in applied),
            *(f"reviewed {one.number}" for one in reviews),
            *(f"remembered {one.fingerprint} {one.reason}" for one in memories),
            *(
                f"opened {one.proposal_id} {bool(one.number)} {one.ending} {one.is_left_alone}"
                f" {one.is_dressed} {bool(one.previous_head)}"
                for one in pulls
            ),
            f"onboarding {bool(onboarding and onboarding.number)}",
        )
    )


def _is_quiet(store: Store) -> bool:
    with store.snapshot() as rows:
        busy = list_work(rows, states=[WorkState.QUEUED, WorkState.RUNNING, WorkState.PARKED])
        waiting = list_work(rows, states=[WorkState.WAITING])
    return not busy and not any(item.attempts for item in waiting)


def _steady(text: str) -> str:
    text = _MOMENT.sub("MOMENT", text)
    return _NUMBER.sub("#N", _SEQUENCE.sub(" ", _COMMIT.sub("COMMIT", text)))


def _sort(lines: Iterable[str]) -> Lines:
    return tuple(sorted(lines))
