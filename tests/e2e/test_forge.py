"""The contract of `Forge`: GitHub itself (as far as it can be had for tests) and the fake agree on all of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.errors import (
    BadInputError,
    GitHubNotFoundError,
    GitHubPermissionError,
    GitHubRefusedError,
    LostRaceError,
)
from app.forge import (
    Account,
    CheckConclusion,
    CheckReport,
    CheckStatus,
    FileStatus,
    Forge,
    IssueDraft,
    Label,
    MergeKind,
    MergeMethod,
    MergeRequest,
    Permission,
    PullRequest,
    PullRequestDraft,
    PullRequestState,
    Reaction,
)
from tests.e2e.scenes import Scene, open_fake, open_github

_MARKER = "<!-- flujo: sticky -->"


@pytest.fixture(params=[open_fake, open_github], ids=["fake", "github"])
def scene(request: pytest.FixtureRequest) -> Scene:
    opener: Callable[[], Scene] = request.param
    return opener()


def _merge(forge: Forge, pull: PullRequest, **changes: object) -> MergeKind:
    wanted = {"number": pull.number, "head_commit": pull.head_commit, **changes}
    request = MergeRequest(title="Tune (#1)", message="Why.", **wanted)  # type: ignore[arg-type]
    return forge.pull_requests.merge(request).kind


def _report(commit: str, name: str = "tests", **changes: object) -> CheckReport:
    facts = {
        "external_id": "1",
        "status": CheckStatus.COMPLETED,
        "conclusion": CheckConclusion.SUCCESS,
        **changes,
    }
    return CheckReport(name=name, commit=commit, title="T", summary="S", **facts)  # type: ignore[arg-type]


def test_a_repository_tells_its_facts(scene: Scene) -> None:
    found = scene.ours.repository()
    assert (found.full_name, found.owner, found.default_branch) == ("acme/flows", "acme", "main")
    assert not found.is_archived
    assert not found.is_private


def test_opening_twice_gives_one_pull_request(scene: Scene) -> None:
    pull = scene.open_pull()
    assert pull.author == scene.ours.people.me()
    assert (pull.title, pull.body, pull.base_branch) == ("Tune", "Why.", "main")
    again = scene.ours.pull_requests.open(PullRequestDraft(pull.head_branch, "main", "Else", ""))
    assert (again.number, again.title) == (pull.number, "Tune")
    assert [one.number for one in scene.ours.pull_requests.list_ours("flujo/")] == [pull.number]


def test_nothing_is_opened_from_a_branch_that_is_missing_or_has_nothing_new(scene: Scene) -> None:
    scene.ours.code.create_branch("flujo/same", scene.ours.code.default_branch().commit)
    for head in ("flujo/none", "flujo/same"):
        with pytest.raises(GitHubRefusedError):
            scene.ours.pull_requests.open(PullRequestDraft(head, "main", "T", ""))


def test_an_open_pull_request_is_found_by_its_branch_and_a_closed_one_is_not(scene: Scene) -> None:
    pull = scene.open_pull()
    assert scene.ours.pull_requests.find_open("flujo/none") is None
    found = scene.ours.pull_requests.find_open(pull.head_branch)
    assert found is not None
    assert found.number == pull.number
    assert scene.ours.pull_requests.close(pull.number).state is PullRequestState.CLOSED
    assert scene.ours.pull_requests.close(pull.number).state is PullRequestState.CLOSED
    assert scene.ours.pull_requests.find_open(pull.head_branch) is None


def test_closed_ones_are_listed_since_a_time_the_latest_change_first(scene: Scene) -> None:
    first, second = scene.open_pull("flujo/1"), scene.open_pull("flujo/2", b"name: two\n")
    scene.open_pull("else/3", b"name: three\n")
    scene.ours.pull_requests.close(second.number)
    scene.ours.pull_requests.edit(first.number, body="Better.")
    pulls = scene.ours.pull_requests
    assert [one.number for one in pulls.list_ours("flujo/")] == [first.number]
    since = first.created_at - timedelta(hours=1)
    listed = pulls.list_ours("flujo/", since=since)
    assert [one.number for one in listed] == [first.number, second.number]
    assert pulls.list_ours("flujo/", since=listed[0].updated_at) == ()


def test_title_and_body_are_replaced_one_by_one(scene: Scene) -> None:
    pull = scene.open_pull()
    assert scene.ours.pull_requests.edit(pull.number, title="Two").body == "Why."
    edited = scene.ours.pull_requests.edit(pull.number, body="")
    assert (edited.title, edited.body) == ("Two", "")


def test_the_head_follows_the_branch(scene: Scene) -> None:
    pull = scene.open_pull()
    pushed = scene.commit({"b.flow.yaml": b"name: c\n"}, branch=pull.head_branch)
    assert pushed != pull.head_commit
    assert scene.ours.pull_requests.get(pull.number).head_commit == pushed


def test_a_pull_request_that_is_not_there_is_not_found(scene: Scene) -> None:
    with pytest.raises(GitHubNotFoundError):
        scene.ours.pull_requests.get(999)


@pytest.mark.parametrize("method", MergeMethod)
def test_merging_lands_the_change_and_is_told_again_when_asked_again(
    scene: Scene, method: MergeMethod
) -> None:
    pull = scene.open_pull()
    assert _merge(scene.ours, pull, method=method) is MergeKind.MERGED
    code = scene.ours.code
    head = code.default_branch().commit
    assert code.read_file(head, "a.flow.yaml") == b"name: tuned\n"
    merged = scene.ours.pull_requests.get(pull.number)
    assert (merged.state, merged.merge_commit) == (PullRequestState.MERGED, head)
    assert merged.merged_by == scene.ours.people.me()
    assert _merge(scene.ours, pull, method=method) is MergeKind.MERGED
    assert code.default_branch().commit == head


def test_a_head_that_moved_is_not_merged(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.commit({"a.flow.yaml": b"name: pushed\n"}, branch=pull.head_branch)
    assert _merge(scene.ours, pull) is MergeKind.HEAD_MOVED
    assert scene.ours.pull_requests.get(pull.number).state is PullRequestState.OPEN


def test_what_was_merged_at_another_head_does_not_count(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.commit({"a.flow.yaml": b"name: pushed\n"}, branch=pull.head_branch)
    now = scene.ours.pull_requests.get(pull.number)
    assert _merge(scene.bob, now) is MergeKind.MERGED
    assert _merge(scene.ours, pull) is MergeKind.CLOSED


def test_a_conflict_is_not_merged(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.commit({"a.flow.yaml": b"name: by hand\n"})
    assert scene.ours.pull_requests.get(pull.number).is_mergeable is False
    assert _merge(scene.ours, pull) is MergeKind.NOT_MERGEABLE


def test_a_base_that_moved_elsewhere_is_kept_by_the_merge(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.commit({"b.flow.yaml": b"name: by hand\n"})
    assert _merge(scene.ours, pull) is MergeKind.MERGED
    head = scene.ours.code.default_branch().commit
    assert scene.ours.code.read_file(head, "b.flow.yaml") == b"name: by hand\n"
    assert scene.ours.code.read_file(head, "a.flow.yaml") == b"name: tuned\n"


def test_a_closed_one_is_not_merged(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.bob.pull_requests.close(pull.number)
    assert _merge(scene.ours, pull) is MergeKind.CLOSED


def test_a_required_check_blocks_until_it_succeeds_on_that_very_commit(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.require("tests")
    assert _merge(scene.ours, pull) is MergeKind.BLOCKED
    scene.ci.checks.report(_report(pull.base_commit))
    assert _merge(scene.ours, pull) is MergeKind.BLOCKED
    scene.ci.checks.report(_report(pull.head_commit, conclusion=CheckConclusion.FAILURE))
    assert _merge(scene.ours, pull) is MergeKind.BLOCKED
    scene.ci.checks.report(_report(pull.head_commit, external_id="2"))
    assert _merge(scene.ours, pull) is MergeKind.MERGED


def test_the_rules_of_a_branch_are_told(scene: Scene) -> None:
    assert not scene.ours.branch_rules("main").is_protected
    scene.require("tests")
    rules = scene.ours.branch_rules("main")
    assert rules.is_known
    assert rules.is_protected
    assert [check.name for check in rules.required_checks] == ["tests"]
    with pytest.raises(GitHubNotFoundError):
        scene.ours.branch_rules("none")


def test_the_files_of_a_pull_request_are_told(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.commit({"new.flow.yaml": b"name: new\n"}, branch=pull.head_branch)
    found = scene.ours.pull_requests.list_files(pull.number)
    assert [(file.path, file.status) for file in found] == [
        ("a.flow.yaml", FileStatus.MODIFIED),
        ("new.flow.yaml", FileStatus.ADDED),
    ]
    head = scene.ours.pull_requests.get(pull.number).head_commit
    assert found[1].blob == scene.ours.code.blob_sha(head, "new.flow.yaml")


def test_two_commits_are_compared_from_where_they_parted(scene: Scene) -> None:
    pull = scene.open_pull()
    parted = pull.base_commit
    scene.commit({"b.flow.yaml": b"name: by hand\n"})
    found = scene.ours.compare("main", pull.head_branch)
    assert (found.merge_base, found.ahead_by, found.behind_by) == (parted, 1, 1)
    assert [file.path for file in found.files] == ["a.flow.yaml"]
    assert [commit.commit for commit in found.commits] == [pull.head_commit]
    assert found.is_complete
    with pytest.raises(GitHubNotFoundError):
        scene.ours.compare("main", "flujo/none")


def test_reviewers_are_added_once_and_strangers_refused(scene: Scene) -> None:
    pull = scene.open_pull()
    for _ in range(2):
        scene.ours.pull_requests.request_reviewers(pull.number, users=("bob",))
    assert scene.ours.pull_requests.get(pull.number).reviewers == ("bob",)
    with pytest.raises(GitHubRefusedError):
        scene.ours.pull_requests.request_reviewers(pull.number, users=("nobody-at-all",))


def test_a_sticky_comment_is_written_once_and_brought_up_to_date(scene: Scene) -> None:
    pull = scene.open_pull()
    comments = scene.ours.comments
    first = comments.write(pull.number, marker=_MARKER, body=f"{_MARKER}\none")
    assert comments.write(pull.number, marker=_MARKER, body=f"{_MARKER}\none") == first
    second = comments.write(pull.number, marker=_MARKER, body=f"{_MARKER}\ntwo")
    assert (second.id, second.body) == (first.id, f"{_MARKER}\ntwo")
    assert [one.id for one in comments.list(pull.number)] == [first.id]


def test_somebody_elses_comment_with_our_marker_is_not_ours(scene: Scene) -> None:
    pull = scene.open_pull()
    theirs = scene.bob.comments.write(pull.number, marker=_MARKER, body=f"{_MARKER} gotcha")
    ours = scene.ours.comments.write(pull.number, marker=_MARKER, body=f"{_MARKER} real")
    assert ours.id != theirs.id
    assert scene.ours.comments.get(theirs.id) == theirs
    assert theirs.author == scene.bob.people.me()


def test_a_comment_that_is_gone_is_none_and_may_be_deleted_again(scene: Scene) -> None:
    pull = scene.open_pull()
    written = scene.ours.comments.write(pull.number, marker=_MARKER, body=_MARKER)
    for _ in range(2):
        scene.ours.comments.delete(written.id)
    assert scene.ours.comments.get(written.id) is None


def test_reacting_twice_is_fine_and_to_nothing_is_not(scene: Scene) -> None:
    pull = scene.open_pull()
    theirs = scene.bob.comments.write(pull.number, marker="/flujo", body="/flujo help")
    for _ in range(2):
        scene.ours.comments.react(theirs.id, Reaction.ACCEPTED)
    with pytest.raises(GitHubNotFoundError):
        scene.ours.comments.react(999, Reaction.REFUSED)


def test_an_issue_is_opened_once_and_found_by_its_marker_open_or_closed(scene: Scene) -> None:
    draft = IssueDraft(_MARKER, "Dashboard", f"{_MARKER}\nNothing yet", ("flujo",))
    issues = scene.ours.issues
    scene.bob.issues.open(IssueDraft(_MARKER, "Mine", f"{_MARKER} gotcha"))
    opened = issues.open(draft)
    assert issues.open(draft) == opened
    assert opened.labels == ("flujo",)
    assert not issues.edit(opened.number, is_open=False).is_open
    found = issues.find(_MARKER)
    assert found is not None
    assert (found.number, found.is_open) == (opened.number, False)
    assert issues.edit(opened.number, is_open=True, body=f"{_MARKER} news").is_open


def test_a_pull_request_is_no_issue(scene: Scene) -> None:
    pull = scene.open_pull()
    assert scene.ours.issues.get(pull.number) is None
    assert scene.ours.issues.get(999) is None
    assert scene.ours.issues.find("Why.") is None


def test_labels_come_and_go_and_are_not_repainted(scene: Scene) -> None:
    pull = scene.open_pull()
    labels = scene.ours.labels
    for colour in ("ff0000", "00ff00"):
        labels.ensure(Label("flujo:hold", colour, "Nothing happens"))
    for _ in range(2):
        labels.add(pull.number, ("flujo:hold",))
    assert scene.ours.pull_requests.get(pull.number).labels == ("flujo:hold",)
    for _ in range(2):
        labels.remove(pull.number, "flujo:hold")
    assert scene.ours.pull_requests.get(pull.number).labels == ()


def test_a_check_is_reported_once_an_id_and_listed_with_its_app(scene: Scene) -> None:
    pull = scene.open_pull()
    running = _report(pull.head_commit, status=CheckStatus.IN_PROGRESS, conclusion=None)
    first = scene.ours.checks.report(running)
    done = scene.ours.checks.report(_report(pull.head_commit))
    assert done.id == first.id
    scene.ci.checks.report(_report(pull.head_commit, name="ci"))
    found = {run.name: run for run in scene.ours.checks.list(pull.head_commit)}
    assert set(found) == {"tests", "ci"}
    assert found["tests"].conclusion is CheckConclusion.SUCCESS
    assert found["tests"].app_id not in (None, found["ci"].app_id)


def test_the_same_id_by_another_app_is_another_check(scene: Scene) -> None:
    pull = scene.open_pull()
    theirs = scene.ci.checks.report(_report(pull.head_commit))
    assert scene.ours.checks.report(_report(pull.head_commit)).id != theirs.id


def test_no_check_is_taken_for_the_one_on_another_commit(scene: Scene) -> None:
    pull = scene.open_pull()
    scene.ci.checks.report(_report(pull.base_commit))
    assert scene.ours.checks.list(pull.head_commit) == ()


def test_only_apps_report_checks(scene: Scene) -> None:
    with pytest.raises(GitHubPermissionError):
        scene.bob.checks.report(_report(scene.open_pull().head_commit))


def test_who_may_do_what_goes_by_id(scene: Scene) -> None:
    people, bob = scene.ours.people, scene.bob.people.me()
    assert people.permission(bob) is Permission.WRITE
    assert people.permission(Account(bob.id + 100, bob.login)) is Permission.NONE
    assert people.permission(Account(12345, "nobody-at-all")) is Permission.NONE
    assert people.me().is_bot
    assert not bob.is_bot


def test_our_own_branch_is_moved_by_force_unless_somebody_moved_it(scene: Scene) -> None:
    pull = scene.open_pull()
    main = scene.commit({"b.flow.yaml": b"name: by hand\n"})
    ref = scene.ours.code.prepare_commit(
        parent=main, path="a.flow.yaml", content=b"name: tuned\n", message="Tune\n"
    )
    for _ in range(2):
        scene.ours.move_branch(pull.head_branch, expected=pull.head_commit, to=ref.commit)
    assert scene.ours.pull_requests.get(pull.number).head_commit == ref.commit
    with pytest.raises(LostRaceError):
        scene.ours.move_branch(pull.head_branch, expected=pull.head_commit, to=main)


def test_a_branch_is_deleted_once_and_its_pull_request_closes(scene: Scene) -> None:
    pull = scene.open_pull()
    with pytest.raises(LostRaceError):
        scene.ours.delete_branch(pull.head_branch, expected=pull.base_commit)
    for _ in range(2):
        scene.ours.delete_branch(pull.head_branch, expected=pull.head_commit)
    assert scene.ours.code.branch(pull.head_branch) is None
    assert scene.ours.pull_requests.get(pull.number).state is PullRequestState.CLOSED


@pytest.mark.parametrize("name", ["main", "flujo/../main", "flujo/", "refs/heads/main", ""])
def test_nobody_elses_branch_is_forced_or_deleted(scene: Scene, name: str) -> None:
    head = scene.ours.code.default_branch().commit
    with pytest.raises(BadInputError):
        scene.ours.move_branch(name, expected=head, to=head)
    with pytest.raises(BadInputError):
        scene.ours.delete_branch(name, expected=head)
