"""A repository on the GitHub in memory, with specs, people and pull requests, as behaviours find it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from app.behaviours.workplace import Workplace
from app.forge import (
    Account,
    CheckReport,
    Comment,
    Forge,
    PullRequest,
    PullRequestDraft,
)
from app.store import Repository, Store, open_store, save_repository
from app.use_cases.settings_in_force import read_settings_in_force
from tests.fakes.forge import ALICE, BOB, FakeGitHub

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATH = "flows/letters.flow.yaml"
SPEC = """\
version: "0.1"
name: letters
agents:
  writer: {model: "sim:large", system_prompt: "Write."}
steps:
  - name: draft
    uses: agents.writer
    config:
      timeout_s: 30
"""
TUNED = SPEC.replace("timeout_s: 30", "timeout_s: 20")
BROKEN = SPEC.replace("uses: agents.writer", "uses: agents.nobody")


@dataclass
class Place:
    """A repository `acme/flows`; `github` is the world, `store` our rows about it."""

    github: FakeGitHub
    whole_store: Store
    repository: Repository

    @property
    def store(self) -> Store:
        return self.whole_store.of(self.repository.key)

    @property
    def ours(self) -> Forge:
        return cast("Forge", self.github.as_app())

    def open(self, now: datetime = NOW) -> Workplace:
        """Open it as a handler would, at this moment."""
        forge = self.ours
        default = forge.code.default_branch()
        found = read_settings_in_force(forge.code, default, self.store)
        return Workplace(
            forge, self.store, self.repository, found.settings, now, found.error, default
        )

    def push(self, branch: str, files: Mapping[str, str | None], *, base: str = "main") -> str:
        """Commit to a branch as a person would; None deletes a file."""
        code = self.github.code
        parent = code.heads.get(branch, code.heads[base])
        changed = {**code.commits[parent].files}
        for path, text in files.items():
            if text is None:
                del changed[path]
            else:
                changed[path] = text.encode(errors="surrogateescape")
        code.heads[branch] = code.store(changed, "Change", parent)
        return code.heads[branch]

    def open_pull(
        self, files: Mapping[str, str | None], *, branch: str = "topic", who: Account = BOB
    ) -> PullRequest:
        """Push a branch and open a pull request from it."""
        self.push(branch, files)
        draft = PullRequestDraft(branch, "main", "Change the letters", "")
        return self.github.as_person(who).pull_requests.open(draft)

    def from_fork(self, pull: PullRequest, head_repository_id: int | None) -> PullRequest:
        """Make it one from a fork, or from one that is gone."""
        changed = replace(pull, head_repository_id=head_repository_id, is_mergeable=None)
        self.github.pulls[pull.number] = changed
        return changed

    def say(self, number: int, body: str, *, who: Account = ALICE) -> Comment:
        """Write a comment."""
        now = self.github.tick()
        comment = Comment(self.github.next_number(), who, body, "", now, now)
        self.github.comments[comment.id] = (number, comment)
        return comment

    def reports(self) -> list[CheckReport]:
        """Return what our checks say, in the order they were made."""
        return [report for _, report in sorted(self.github.reports.items())]

    def only_report(self) -> CheckReport:
        (report,) = self.reports()
        return report

    def answers(self) -> list[str]:
        """Return our comments, oldest first."""
        me = self.ours.people.me()
        return [one.body for _, one in self.github.comments.values() if one.author == me]


def make_place(folder: Path, files: Mapping[str, str] | None = None) -> Place:
    """Return a repository with one spec, and an empty store."""
    github = FakeGitHub({path: text.encode() for path, text in (files or {PATH: SPEC}).items()})
    whole = open_store(folder / "flujo.db")
    repository = Repository(1, 5, "acme/flows", NOW, "main")
    with whole.transaction() as rows:
        save_repository(rows, repository)
    return Place(github, whole, repository)
