"""Comments on issues and pull requests over the API. See https://docs.github.com/en/rest/issues/comments."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, JsonValue

from app.errors import GitHubNotFoundError
from app.forge import Account, Comment, Reaction
from app.github.api import RepositoryApi, parse
from app.github.permissions import WRITE_THREADS
from app.github.wire import WireAccount, to_account


@dataclass(frozen=True, slots=True)
class GitHubComments:
    """Implements `app.forge.Comments`."""

    api: RepositoryApi
    me: Callable[[], Account]

    def list(self, number: int, *, since: datetime | None = None) -> tuple[Comment, ...]:
        """Return a thread's comments, oldest first."""
        query = {} if since is None else {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        found = self.api.read_pages(f"/issues/{number}/comments", query)
        return tuple(sorted(map(_read, found), key=lambda comment: comment.id))

    def get(self, comment_id: int) -> Comment | None:
        """Return a comment as it is now."""
        try:
            return _read(self.api.read(f"/issues/comments/{comment_id}"))
        except GitHubNotFoundError:
            return None

    def write(self, number: int, *, marker: str, body: str) -> Comment:
        """Write our comment with that marker, or bring it up to date."""
        assert marker
        assert marker in body
        me = self.me().id
        ours = [one for one in self.list(number) if one.author.id == me and marker in one.body]
        for twin in ours[1:]:
            self.delete(twin.id)
        if not ours:
            path = f"/issues/{number}/comments"
            return _read(self.api.write("POST", path, {"body": body}, scope=WRITE_THREADS))
        return ours[0] if ours[0].body == body else self._edit(ours[0].id, body)

    def react(self, comment_id: int, reaction: Reaction) -> None:
        """React to a comment; GitHub itself keeps to one of a kind and account."""
        path = f"/issues/comments/{comment_id}/reactions"
        self.api.write("POST", path, {"content": reaction.value}, scope=WRITE_THREADS)

    def delete(self, comment_id: int) -> None:
        """Delete a comment."""
        try:
            self.api.write("DELETE", f"/issues/comments/{comment_id}", scope=WRITE_THREADS)
        except GitHubNotFoundError:
            return

    def _edit(self, comment_id: int, body: str) -> Comment:
        path = f"/issues/comments/{comment_id}"
        return _read(self.api.write("PATCH", path, {"body": body}, scope=WRITE_THREADS))


class _WireComment(BaseModel):
    id: int
    body: str | None = None
    user: WireAccount | None = None
    html_url: str
    created_at: datetime
    updated_at: datetime


def _read(answer: JsonValue) -> Comment:
    found = parse(_WireComment, answer, "a comment")
    return Comment(
        id=found.id,
        author=to_account(found.user),
        body=found.body or "",
        url=found.html_url,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
