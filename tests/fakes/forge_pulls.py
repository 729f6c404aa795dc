"""Pull requests in memory."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.errors import BadInputError, GitHubNotFoundError, GitHubRefusedError
from app.forge import (
    Account,
    ChangedFile,
    CheckConclusion,
    MergeKind,
    MergeOutcome,
    MergeRequest,
    PullRequest,
    PullRequestDraft,
    PullRequestState,
)
from app.ports import OpenProposal
from tests.fakes.forge_files import list_changes, merge_files

if TYPE_CHECKING:
    from tests.fakes.forge import FakeGitHub


class FakePullRequests:
    """Implements `app.forge.PullRequests`."""

    def __init__(self, github: "FakeGitHub", me: Account) -> None:
        self._github, self._me = github, me

    def get(self, number: int) -> PullRequest:
        if number not in self._github.pulls:
            raise GitHubNotFoundError(f"GET /pulls/{number}", 404, "Not Found")
        return self._refresh(self._github.pulls[number])

    def find_open(self, head: str) -> PullRequest | None:
        return next(iter(self._open_from(head)), None)

    def list_ours(self, prefix: str, *, since: datetime | None = None) -> tuple[PullRequest, ...]:
        found = [self.get(number) for number in self._github.pulls]
        wanted = [
            pull
            for pull in found
            if pull.head_branch.startswith(prefix)
            and not pull.is_from_fork
            and (pull.state is PullRequestState.OPEN if since is None else pull.updated_at > since)
        ]
        return tuple(sorted(wanted, key=lambda pull: pull.updated_at, reverse=True))

    def open(self, draft: PullRequestDraft) -> PullRequest:
        known = self.find_open(draft.head)
        if known is not None:
            return known
        heads = self._github.code.heads
        if draft.head not in heads or draft.base not in heads:
            raise GitHubRefusedError("POST /pulls", 422, "head invalid")
        if heads[draft.head] == heads[draft.base]:
            raise GitHubRefusedError("POST /pulls", 422, "No commits between them")
        now, number = self._github.tick(), self._github.next_number()
        pull = PullRequest(
            number=number,
            state=PullRequestState.OPEN,
            title=draft.title,
            body=draft.body,
            url=f"https://github.com/{self._github.repository.full_name}/pull/{number}",
            author=self._me,
            head_branch=draft.head,
            head_commit=heads[draft.head],
            head_repository_id=self._github.repository.id,
            base_branch=draft.base,
            base_commit=heads[draft.base],
            base_repository_id=self._github.repository.id,
            is_draft=False,
            labels=(),
            reviewers=(),
            created_at=now,
            updated_at=now,
        )
        self._github.pulls[number] = pull
        return self._refresh(pull)

    def edit(
        self, number: int, *, title: str | None = None, body: str | None = None
    ) -> PullRequest:
        pull = self.get(number)
        changed = replace(
            pull,
            title=pull.title if title is None else title,
            body=pull.body if body is None else body,
        )
        return self._keep(changed)

    def close(self, number: int) -> PullRequest:
        pull = self.get(number)
        if pull.state is not PullRequestState.OPEN:
            return pull
        return self._keep(replace(pull, state=PullRequestState.CLOSED))

    def close_from(self, branch: str) -> None:
        for pull in self._open_from(branch):
            self.close(pull.number)

    def merge(self, request: MergeRequest) -> MergeOutcome:
        pull = self.get(request.number)
        refusal = self._refuse(pull, request)
        if refusal is not None:
            return refusal
        code = self._github.code
        files = self._merged_files(pull)
        assert files is not None
        commit = code.store(files, f"{request.title}\n\n{request.message}", pull.base_commit)
        code.heads[pull.base_branch] = commit
        self._keep(
            replace(pull, state=PullRequestState.MERGED, merge_commit=commit, merged_by=self._me)
        )
        return MergeOutcome(MergeKind.MERGED, commit)

    def list_files(self, number: int) -> tuple[ChangedFile, ...]:
        pull = self.get(number)
        return list_changes(self._github.code, self._merge_base(pull), pull.head_commit)

    def request_reviewers(
        self, number: int, *, users: tuple[str, ...] = (), teams: tuple[str, ...] = ()
    ) -> None:
        pull = self.get(number)
        if any(user not in self._github.logins for user in users):
            raise GitHubRefusedError("POST /requested_reviewers", 422, "not a collaborator")
        self._keep(replace(pull, reviewers=tuple(dict.fromkeys([*pull.reviewers, *users, *teams]))))

    def propose(self, branch: str, title: str, body: str) -> OpenProposal:
        if branch not in self._github.code.heads:
            raise BadInputError(f"there is no branch {branch!r} to propose")
        pull = self.open(PullRequestDraft(branch, self._github.code.default, title, body))
        pull = self.edit(pull.number, title=title, body=body)
        return OpenProposal(branch, pull.head_commit, pull.url)

    def _refuse(self, pull: PullRequest, request: MergeRequest) -> MergeOutcome | None:
        is_same = pull.head_commit == request.head_commit
        if pull.state is PullRequestState.MERGED and is_same:
            return MergeOutcome(MergeKind.MERGED, pull.merge_commit, "it was merged before")
        if pull.state is not PullRequestState.OPEN:
            return MergeOutcome(MergeKind.CLOSED, reason=f"it is {pull.state.value}")
        if not is_same:
            return MergeOutcome(MergeKind.HEAD_MOVED, reason=f"its head is {pull.head_commit}")
        if not pull.is_mergeable:
            return MergeOutcome(MergeKind.NOT_MERGEABLE, reason="it conflicts")
        missing = self._missing(pull)
        return MergeOutcome(MergeKind.BLOCKED, reason=missing) if missing else None

    def _missing(self, pull: PullRequest) -> str:
        rules = self._github.rules.get(pull.base_branch)
        if rules is None:
            return ""
        passed = {
            run.name
            for run in self._github.checks.values()
            if run.commit == pull.head_commit and run.conclusion is CheckConclusion.SUCCESS
        }
        if any(check.name not in passed for check in rules.required_checks):
            return "Required status checks have not succeeded."
        return "At least 1 approving review is required." if rules.required_approvals else ""

    def _open_from(self, head: str) -> list[PullRequest]:
        found = (self.get(number) for number in self._github.pulls)
        return [
            pull
            for pull in found
            if pull.head_branch == head
            and pull.state is PullRequestState.OPEN
            and not pull.is_from_fork
        ]

    def _refresh(self, pull: PullRequest) -> PullRequest:
        heads = self._github.code.heads
        if pull.state is not PullRequestState.OPEN or pull.is_from_fork:
            return pull
        current = replace(
            pull, head_commit=heads[pull.head_branch], base_commit=heads[pull.base_branch]
        )
        return replace(current, is_mergeable=self._merged_files(current) is not None)

    def _merge_base(self, pull: PullRequest) -> str:
        code, at = self._github.code, pull.head_commit
        ours = {pull.base_commit}
        base: str | None = pull.base_commit
        while base is not None:
            ours.add(base)
            base = code.commits[base].parent
        while at not in ours:
            parent = code.commits[at].parent
            assert parent is not None
            at = parent
        return at

    def _merged_files(self, pull: PullRequest) -> dict[str, bytes] | None:
        commits = self._github.code.commits
        return merge_files(
            commits[self._merge_base(pull)].files,
            commits[pull.base_commit].files,
            commits[pull.head_commit].files,
        )

    def _keep(self, pull: PullRequest) -> PullRequest:
        self._github.pulls[pull.number] = replace(pull, updated_at=self._github.tick())
        return self._github.pulls[pull.number]
