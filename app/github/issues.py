"""Issues over the API. See https://docs.github.com/en/rest/issues/issues."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, JsonValue

from app.errors import GitHubNotFoundError
from app.forge import Account, Issue, IssueDraft
from app.github.api import RepositoryApi, parse
from app.github.permissions import WRITE_THREADS
from app.github.wire import WireAccount, WireLabel, to_account


@dataclass(frozen=True, slots=True)
class GitHubIssues:
    """Implements `app.forge.Issues`."""

    api: RepositoryApi
    me: Callable[[], Account]

    def get(self, number: int) -> Issue | None:
        """Return an issue as it is now."""
        try:
            return _read(self.api.read(f"/issues/{number}"))
        except GitHubNotFoundError:
            return None

    def find(self, marker: str) -> Issue | None:
        """Return our oldest issue with that marker."""
        return next(iter(self._list(marker)), None)

    def open(self, draft: IssueDraft) -> Issue:
        """Open an issue unless we have one with that marker."""
        assert draft.marker
        assert draft.marker in draft.body
        known = self._list(draft.marker)
        for twin in known[1:]:
            if twin.is_open:
                self.edit(twin.number, is_open=False)
        if known:
            return known[0]
        labels = list(draft.labels)
        body: JsonValue = {"title": draft.title, "body": draft.body, "labels": [*labels]}
        return _expect(self.api.write("POST", "/issues", body, scope=WRITE_THREADS))

    def edit(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        is_open: bool | None = None,
    ) -> Issue:
        """Replace title or body, close it or open it again."""
        state = {None: None, True: "open", False: "closed"}[is_open]
        changes: dict[str, JsonValue] = {"title": title, "body": body, "state": state}
        wanted: JsonValue = {name: new for name, new in changes.items() if new is not None}
        return _expect(self.api.write("PATCH", f"/issues/{number}", wanted, scope=WRITE_THREADS))

    def _list(self, marker: str) -> tuple[Issue, ...]:
        """Return our issues with that marker, oldest first."""
        me = self.me()
        query = {"creator": me.login, "state": "all", "sort": "created", "direction": "asc"}
        found = map(_read, self.api.read_pages("/issues", query))
        return tuple(one for one in found if one and one.author.id == me.id and marker in one.body)


class _WireIssue(BaseModel):
    number: int
    title: str
    body: str | None = None
    state: str
    user: WireAccount | None = None
    html_url: str
    labels: tuple[WireLabel | str, ...] = ()
    updated_at: datetime
    pull_request: JsonValue = None


def _read(answer: JsonValue) -> Issue | None:
    """Read an issue; None for a pull request, which GitHub counts among them."""
    found = parse(_WireIssue, answer, "an issue")
    return None if found.pull_request is not None else _to_issue(found)


def _expect(answer: JsonValue) -> Issue:
    return _to_issue(parse(_WireIssue, answer, "an issue"))


def _to_issue(found: _WireIssue) -> Issue:
    return Issue(
        number=found.number,
        title=found.title,
        body=found.body or "",
        is_open=found.state == "open",
        author=to_account(found.user),
        url=found.html_url,
        labels=tuple(label if isinstance(label, str) else label.name for label in found.labels),
        updated_at=found.updated_at,
    )
