"""Comments, issues and labels in memory."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.errors import GitHubNotFoundError
from app.forge import Account, Comment, Issue, IssueDraft, Label, Reaction

if TYPE_CHECKING:
    from tests.fakes.forge import FakeGitHub


class FakeComments:
    """Implements `app.forge.Comments`."""

    def __init__(self, github: "FakeGitHub", me: Account) -> None:
        self._github, self._me = github, me

    def list(self, number: int, *, since: datetime | None = None) -> tuple[Comment, ...]:
        self._check_thread(number)
        found = (comment for thread, comment in self._github.comments.values() if thread == number)
        return tuple(one for one in found if since is None or one.updated_at >= since)

    def get(self, comment_id: int) -> Comment | None:
        found = self._github.comments.get(comment_id)
        return found[1] if found else None

    def write(self, number: int, *, marker: str, body: str) -> Comment:
        assert marker in body
        ours = [one for one in self.list(number) if one.author == self._me and marker in one.body]
        for twin in ours[1:]:
            self.delete(twin.id)
        now = self._github.now if ours and ours[0].body == body else self._github.tick()
        written = (
            replace(
                ours[0], body=body, updated_at=now if ours[0].body != body else ours[0].updated_at
            )
            if ours
            else Comment(self._github.next_number(), self._me, body, "", now, now)
        )
        self._github.comments[written.id] = (number, written)
        return written

    def react(self, comment_id: int, reaction: Reaction) -> None:
        if comment_id not in self._github.comments:
            raise GitHubNotFoundError("POST reactions", 404, "Not Found")
        self._github.reactions.add((comment_id, reaction, self._me.id))

    def delete(self, comment_id: int) -> None:
        self._github.comments.pop(comment_id, None)

    def _check_thread(self, number: int) -> None:
        if number not in self._github.pulls and number not in self._github.issues:
            raise GitHubNotFoundError(f"GET /issues/{number}", 404, "Not Found")


class FakeIssues:
    """Implements `app.forge.Issues`."""

    def __init__(self, github: "FakeGitHub", me: Account) -> None:
        self._github, self._me = github, me

    def get(self, number: int) -> Issue | None:
        return self._github.issues.get(number)

    def find(self, marker: str) -> Issue | None:
        found = (one for _, one in sorted(self._github.issues.items()))
        return next((one for one in found if one.author == self._me and marker in one.body), None)

    def open(self, draft: IssueDraft) -> Issue:
        assert draft.marker in draft.body
        known = self.find(draft.marker)
        if known is not None:
            return known
        number = self._github.next_number()
        url = f"https://github.com/{self._github.repository.full_name}/issues/{number}"
        self._github.issues[number] = Issue(
            number, draft.title, draft.body, True, self._me, url, draft.labels, self._github.tick()
        )
        return self._github.issues[number]

    def edit(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        is_open: bool | None = None,
    ) -> Issue:
        if number not in self._github.issues:
            raise GitHubNotFoundError(f"PATCH /issues/{number}", 404, "Not Found")
        known = self._github.issues[number]
        self._github.issues[number] = replace(
            known,
            title=known.title if title is None else title,
            body=known.body if body is None else body,
            is_open=known.is_open if is_open is None else is_open,
            updated_at=self._github.tick(),
        )
        return self._github.issues[number]


class FakeLabels:
    """Implements `app.forge.Labels`."""

    def __init__(self, github: "FakeGitHub") -> None:
        self._github = github

    def ensure(self, label: Label) -> None:
        self._github.labels.setdefault(label.name, label)

    def add(self, number: int, names: tuple[str, ...]) -> None:
        for name in names:
            self.ensure(Label(name, "ededed"))
        self._put(number, tuple(dict.fromkeys([*self._labels(number), *names])))

    def remove(self, number: int, name: str) -> None:
        self._put(number, tuple(one for one in self._labels(number) if one != name))

    def _labels(self, number: int) -> tuple[str, ...]:
        if number in self._github.pulls:
            return self._github.pulls[number].labels
        if number in self._github.issues:
            return self._github.issues[number].labels
        raise GitHubNotFoundError(f"/issues/{number}/labels", 404, "Not Found")

    def _put(self, number: int, names: tuple[str, ...]) -> None:
        now = self._github.tick()
        if number in self._github.pulls:
            pull = self._github.pulls[number]
            self._github.pulls[number] = replace(pull, labels=names, updated_at=now)
        else:
            issue = self._github.issues[number]
            self._github.issues[number] = replace(issue, labels=names, updated_at=now)
