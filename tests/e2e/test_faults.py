"""One failure at a time, in the requests of every method: the right error, and nothing twice when it is asked again.

In `make verify` every request of a method fails once in every way, in `make test` only the last one, which writes.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from pydantic import JsonValue

from app.errors import (
    AppError,
    GitHubAuthError,
    GitHubPermissionError,
    GitHubRateLimitedError,
    GitHubUnavailableError,
)
from app.forge import (
    CheckConclusion,
    CheckReport,
    CheckStatus,
    Forge,
    IssueDraft,
    Label,
    MergeRequest,
    PullRequest,
    PullRequestDraft,
    Reaction,
)
from app.ports import CommitRef
from tests.e2e.github_server import REPOSITORY, Fault, GitHubServer

_MARKER = "<!-- flujo: x -->"
_EVERY_REQUEST = bool(os.environ.get("FLUJO_VERIFY"))
_LIMITED: JsonValue = {"message": "You have exceeded a secondary rate limit."}


@dataclass(frozen=True)
class _Stage:
    """A pull request of ours, a comment by bob, and a branch that isn't proposed yet."""

    forge: Forge
    pull: PullRequest
    comment_id: int
    ready: str
    prepared: CommitRef


Act = Callable[[_Stage], object]


def _open_pull(stage: _Stage) -> object:
    draft = PullRequestDraft("flujo/ready", "main", "T", "B")
    return stage.forge.pull_requests.open(draft)


def _merge(stage: _Stage) -> object:
    pull = stage.pull
    request = MergeRequest(pull.number, pull.head_commit, "T", "M")
    return stage.forge.pull_requests.merge(request)


def _comment(stage: _Stage) -> object:
    return stage.forge.comments.write(stage.pull.number, marker=_MARKER, body=f"{_MARKER} hello")


def _open_issue(stage: _Stage) -> object:
    return stage.forge.issues.open(IssueDraft(_MARKER, "T", _MARKER))


def _report(stage: _Stage) -> object:
    done = CheckReport(
        "Flujo", stage.pull.head_commit, "1", CheckStatus.COMPLETED, "T", "S",
        conclusion=CheckConclusion.SUCCESS,
    )  # fmt: skip
    return stage.forge.checks.report(done)


def _land(stage: _Stage) -> object:
    """Land one commit as the application does: `settle` tells whether it happened when the answer is lost."""
    code = stage.forge.code
    if not code.settle("main", stage.prepared):
        code.land("main", stage.prepared)
    return None


READS: dict[str, Act] = {
    "repository": lambda on: on.forge.repository(),
    "compare": lambda on: on.forge.compare("main", on.pull.head_branch),
    "branch_rules": lambda on: on.forge.branch_rules("main"),
    "pull_requests.get": lambda on: on.forge.pull_requests.get(on.pull.number),
    "pull_requests.find_open": lambda on: on.forge.pull_requests.find_open(on.pull.head_branch),
    "pull_requests.list_ours": lambda on: on.forge.pull_requests.list_ours("flujo/"),
    "pull_requests.list_files": lambda on: on.forge.pull_requests.list_files(on.pull.number),
    "comments.list": lambda on: on.forge.comments.list(on.pull.number),
    "comments.get": lambda on: on.forge.comments.get(on.comment_id),
    "issues.get": lambda on: on.forge.issues.get(on.pull.number),
    "issues.find": lambda on: on.forge.issues.find(_MARKER),
    "checks.list": lambda on: on.forge.checks.list(on.pull.head_commit),
    "people.permission": lambda on: on.forge.people.permission(on.pull.author),
    "code.default_branch": lambda on: on.forge.code.default_branch(),
    "code.check_ready": lambda on: on.forge.code.check_ready(),
    "code.settle": lambda on: on.forge.code.settle("main", on.prepared),
}
WRITES: dict[str, Act] = {
    "move_branch": lambda on: on.forge.move_branch(
        "flujo/ready", expected=on.ready, to=on.pull.head_commit
    ),
    "delete_branch": lambda on: on.forge.delete_branch("flujo/ready", expected=on.ready),
    "pull_requests.open": _open_pull,
    "pull_requests.edit": lambda on: on.forge.pull_requests.edit(on.pull.number, title="New"),
    "pull_requests.close": lambda on: on.forge.pull_requests.close(on.pull.number),
    "pull_requests.merge": _merge,
    "pull_requests.request_reviewers": lambda on: on.forge.pull_requests.request_reviewers(
        on.pull.number, users=("bob",)
    ),
    "comments.write": _comment,
    "comments.react": lambda on: on.forge.comments.react(on.comment_id, Reaction.ACCEPTED),
    "comments.delete": lambda on: on.forge.comments.delete(on.comment_id),
    "issues.open": _open_issue,
    "labels.ensure": lambda on: on.forge.labels.ensure(Label("flujo:hold", "ff0000")),
    "labels.add": lambda on: on.forge.labels.add(on.pull.number, ("flujo",)),
    "labels.remove": lambda on: on.forge.labels.remove(on.pull.number, "old"),
    "checks.report": _report,
    "code.create_branch": lambda on: on.forge.code.create_branch("flujo/new", on.ready),
    "code.propose": lambda on: on.forge.code.propose("flujo/ready", "T", "B"),
    "code.land": _land,
}

_CUT = Fault(".", kind="cut")
FAULTS: dict[str, tuple[Fault, tuple[type[AppError], ...]]] = {
    "no answer": (_CUT, (GitHubUnavailableError,)),
    "done, but the answer is lost": (replace(_CUT, when="after"), (GitHubUnavailableError,)),
    "401": (Fault(".", status=401), (GitHubAuthError,)),
    "secondary limit": (
        Fault(".", status=403, body=_LIMITED, headers={"retry-after": "7"}),
        (GitHubRateLimitedError,),
    ),
    "403": (Fault(".", status=403), (GitHubPermissionError,)),
    "404": (Fault(".", status=404), (AppError,)),
    "409": (Fault(".", status=409), (AppError,)),
    "422": (Fault(".", status=422), (AppError,)),
    "500": (Fault(".", status=500), (GitHubUnavailableError,)),
    "502": (Fault(".", status=502), (GitHubUnavailableError,)),
    "done, but 502": (Fault(".", status=502, when="after"), (GitHubUnavailableError,)),
}


@pytest.fixture
def stage(github: GitHubServer) -> _Stage:
    alice = github.person()
    main = alice.commit({"a.flow.yaml": b"name: a\n"})
    for name, content in (("flujo/pull", b"pull"), ("flujo/ready", b"ready")):
        alice.branch(name, alice.make_commit(main, {"a.flow.yaml": content}))
    forge = github.forge()
    pull = forge.pull_requests.open(PullRequestDraft("flujo/pull", "main", "T", "B"))
    forge.labels.add(pull.number, ("old",))
    prepared = forge.code.prepare_commit(
        parent=main, path="a.flow.yaml", content=b"landed", message="L\n"
    )
    comment_id = forge.comments.write(pull.number, marker="ours", body="ours").id
    github.save()
    return _Stage(forge, pull, comment_id, alice.head("flujo/ready"), prepared)


def _sum_up(github: GitHubServer) -> JsonValue:
    """What a person sees of the repository. A check run can't be deleted; of two twins GitHub shows the latest."""
    alice = github.person()
    pulls = alice.get("/pulls?state=all&per_page=100")
    issues = alice.get("/issues?state=all&per_page=100")
    heads = sorted(one["name"] for one in alice.get("/branches?per_page=100"))
    return {
        "pulls": [[pull["number"], pull["state"], pull["title"], pull["head"]["ref"]] for pull in pulls],
        "issues": [[one["title"], one["state"]] for one in issues if "pull_request" not in one],
        "labels": [sorted(label["name"] for label in pull["labels"]) for pull in pulls],
        "reviewers": [[one["login"] for one in pull["requested_reviewers"]] for pull in pulls],
        "comments": [one["body"] for one in alice.get("/issues/1/comments")],
        "commits": {name: _history(github, name) for name in heads},
        "checks": len(alice.get(f"/commits/{pulls[-1]['head']['sha']}/check-runs")["check_runs"]),
    }  # fmt: skip


def _history(github: GitHubServer, branch: str) -> list[JsonValue]:
    found = github.person().get(f"/commits?sha={branch}&per_page=100")
    return [commit["commit"]["message"] for commit in found]


def _again(github: GitHubServer, stage: _Stage) -> _Stage:
    """Put the stage back, with a client that remembers nothing."""
    github.load()
    return replace(stage, forge=github.forge())


def _try(stage: _Stage, act: Act) -> AppError | None:
    try:
        act(stage)
    except AppError as error:
        return error
    return None


def _count_requests(github: GitHubServer, stage: _Stage, act: Act) -> int:
    before = len(github.log())
    act(stage)
    return len(github.log()) - before


@pytest.mark.parametrize("name", READS)
def test_a_read_that_fails_tells_how(github: GitHubServer, stage: _Stage, name: str) -> None:
    act = READS[name]
    count = _count_requests(github, _again(github, stage), act)
    fresh = _again(github, stage)
    for kind, (fault, errors) in FAULTS.items():
        for position in range(count) if _EVERY_REQUEST else {count - 1}:
            github.fail(replace(fault, skip=position))
            raised = _try(fresh, act)
            assert raised is None or isinstance(raised, errors), f"{kind} of {name}: {raised!r}"
            github.fail()
            act(fresh)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_fails_tells_how_and_does_nothing_twice(
    github: GitHubServer, stage: _Stage, name: str
) -> None:
    act = WRITES[name]
    count = _count_requests(github, _again(github, stage), act)
    wanted = _sum_up(github)
    for kind, (fault, errors) in FAULTS.items():
        for position in range(count) if _EVERY_REQUEST else {count - 1}:
            fresh = _again(github, stage)
            github.fail(replace(fault, skip=position))
            raised = _try(fresh, act)
            where = f"{kind} in request {position} of {name}"
            assert raised is None or isinstance(raised, errors), f"{where}: {raised!r}"
            github.fail()
            act(fresh)
            assert _sum_up(github) == wanted, where


@pytest.mark.parametrize("name", WRITES)
def test_a_stale_read_does_nothing_twice_in_the_end(
    github: GitHubServer, stage: _Stage, name: str
) -> None:
    act, fresh = WRITES[name], _again(github, stage)
    act(fresh)
    wanted = _sum_up(github)
    github.fail(Fault("^GET /repos", kind="stale", times=99))
    _try(fresh, act)
    github.fail()
    _try(fresh, act)
    assert _sum_up(github) in (wanted, _with_closed_twin(wanted))


def _with_closed_twin(wanted: JsonValue) -> JsonValue:
    """An issue can't be deleted: of two that a stale read led to, one is closed."""
    assert isinstance(wanted, dict)
    return {**wanted, "issues": [["T", "closed"], ["T", "open"]]}


def test_a_limit_says_when_to_come_back(github: GitHubServer) -> None:
    forge = github.forge()
    forge.repository()
    now = github.world().clock()
    github.fail(Fault(".", status=403, body=_LIMITED, headers={"retry-after": "90"}))
    with pytest.raises(GitHubRateLimitedError) as caught:
        forge.repository()
    assert 89 <= (caught.value.until - now).total_seconds() <= 95


def test_a_hanging_answer_ends_in_time(github: GitHubServer) -> None:
    forge = github.forge(world=github.world(timeout_s=1))
    forge.repository()
    github.fail(Fault(f"GET /repos/{REPOSITORY}$", kind="hang", delay_ms=1500))
    with pytest.raises(GitHubUnavailableError, match="no answer in time"):
        forge.repository()
