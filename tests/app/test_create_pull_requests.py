"""Proposals as pull requests without a store: what was offered before is found again on GitHub."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import GitHubUnavailableError
from app.forge import PullRequestState
from app.proposal import Proposal
from app.use_cases.create_pull_requests import OpenedPullRequest, create_pull_requests
from app.use_cases.offer_proposal import name_branch
from tests.app.sweeping import LETTERS, LETTERS_SPEC, Ran, compose_retries, read, run_often
from tests.fakes.forge import ALICE, FakeGitHub


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC))


@pytest.fixture
def proposal(letters: Ran) -> Proposal:
    return compose_retries(3, letters)


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub(files={LETTERS: LETTERS_SPEC.encode()})


def _create(github: FakeGitHub, *proposals: Proposal, limit: int = 3) -> list[OpenedPullRequest]:
    forge = github.as_person()
    return list(create_pull_requests(forge, proposals, limit=limit, now=github.now))


def test_a_proposal_becomes_a_pull_request_with_its_page(
    github: FakeGitHub, proposal: Proposal
) -> None:
    (opened,) = _create(github, proposal)
    (pull,) = github.pulls.values()
    assert opened.where == pull.url
    assert pull.title == proposal.title
    assert "Retry" in pull.body
    head = github.as_app().pull_requests.get(pull.number).head_commit
    assert github.code.read_file(head, LETTERS) == proposal.guarded.after.text.encode()
    assert f"Flujo-Proposal: {proposal.id}" in github.code.read_message(head)


def test_a_second_time_finds_the_same(github: FakeGitHub, proposal: Proposal) -> None:
    assert _create(github, proposal) == _create(github, proposal)
    assert len(github.pulls) == 1
    assert len(github.code.commits) == 2


def test_a_hostile_title_is_rendered_harmless(github: FakeGitHub, proposal: Proposal) -> None:
    _create(
        github,
        replace(proposal, candidate=replace(proposal.candidate, title="closes #1 @bob [skip ci]")),
    )
    (pull,) = github.pulls.values()
    assert pull.title == "closes 1 bob (skip ci)"


def test_closed_by_people_means_no_for_a_while(github: FakeGitHub, proposal: Proposal) -> None:
    _create(github, proposal)
    github.as_person(ALICE).pull_requests.close(1)
    (again,) = _create(github, proposal)
    assert "closed before" in again.reason
    assert github.pulls[1].state is PullRequestState.CLOSED
    github.now += timedelta(days=91)
    assert _create(github, proposal)[0].where


def test_no_more_are_open_than_allowed(github: FakeGitHub, letters: Ran) -> None:
    first, second = compose_retries(3, letters), compose_retries(4, letters)
    second = replace(
        second, fingerprint="another", candidate=replace(second.candidate, title="Else")
    )
    opened = _create(github, first, second, limit=1)
    assert [bool(one.where) for one in opened] == [True, False]
    assert opened[1].reason == "1 pull requests are open already"


def test_a_file_that_is_another_one_on_github_is_left_alone(
    github: FakeGitHub, proposal: Proposal
) -> None:
    github.code.commit_elsewhere(LETTERS, b"name: else\n")
    (opened,) = _create(github, proposal)
    assert "push or pull first" in opened.reason
    assert github.pulls == {}


def test_somebodys_work_on_the_branch_is_left_alone(github: FakeGitHub, proposal: Proposal) -> None:
    _create(github, proposal)
    bob, branch = github.as_person().code, name_branch(proposal)
    head = bob.branch(branch)
    assert head is not None
    pushed = bob.prepare_commit(parent=head.commit, path=LETTERS, content=b"mine", message="M\n")
    bob.land(branch, pushed)
    (opened,) = _create(github, proposal)
    assert "moved" in opened.reason
    assert bob.branch(branch) is not None


def test_what_waits_for_another_is_not_offered(github: FakeGitHub, proposal: Proposal) -> None:
    (opened,) = _create(github, replace(proposal, behind="p-1"))
    assert "waits for" in opened.reason


@pytest.mark.parametrize("call", ["code.prepare_commit", "code.create_branch", "code.propose"])
@pytest.mark.parametrize("after", [False, True])
def test_a_failure_anywhere_leaves_nothing_twice(
    github: FakeGitHub, proposal: Proposal, call: str, after: bool
) -> None:
    github.faults.fail(call, after=after)
    with pytest.raises(GitHubUnavailableError):
        _create(github, proposal)
    assert _create(github, proposal)[0].where
    assert len(github.pulls) == 1
