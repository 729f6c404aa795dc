"""A repository with people around it, on the GitHub for tests and in memory: where the forge's contract is played."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from app.forge import BranchRules, Forge, PullRequest, PullRequestDraft, RequiredCheck
from tests.e2e.github_server import start_server, why_not
from tests.fakes.forge import BOB, FakeGitHub

FILES: Mapping[str, bytes] = {"a.flow.yaml": b"name: a\n", "b.flow.yaml": b"name: b\n"}


@dataclass(frozen=True)
class Scene:
    """Our App, bob who may write, and the App that runs CI, each at the same repository."""

    ours: Forge
    bob: Forge
    ci: Forge
    require: Callable[[str], None]
    """Demands that a check of this name succeeds before anything reaches `main`."""

    def commit(
        self, files: Mapping[str, bytes], *, branch: str = "main", by: Forge | None = None
    ) -> str:
        """Commit to a branch, by default as bob."""
        code = (by or self.bob).code
        for path, content in files.items():
            found = code.branch(branch)
            assert found is not None
            ref = code.prepare_commit(
                parent=found.commit, path=path, content=content, message=f"Change {path}\n"
            )
            code.land(branch, ref)
        found = code.branch(branch)
        assert found is not None
        return found.commit

    def open_pull(self, name: str = "flujo/tune", content: bytes = b"name: tuned\n") -> PullRequest:
        """Open a pull request of ours that changes the first file."""
        code = self.ours.code
        ref = code.prepare_commit(
            parent=code.default_branch().commit,
            path="a.flow.yaml",
            content=content,
            message="Tune\n",
        )
        code.create_branch(name, ref.commit)
        return self.ours.pull_requests.open(PullRequestDraft(name, "main", "Tune", "Why."))


def open_fake() -> Scene:
    github = FakeGitHub(files=dict(FILES))

    def require(check: str) -> None:
        github.rules["main"] = BranchRules(
            is_protected=True, is_known=True, required_checks=(RequiredCheck(check),)
        )

    return Scene(github.as_app(), github.as_person(BOB), github.as_ci(), require)


def open_github() -> Scene:
    if why_not():
        pytest.skip(why_not())
    server = start_server()
    server.reset()
    alice = server.person("alice")
    alice.commit({**FILES, "README.md": None})
    return Scene(
        server.forge(),
        server.forge_of("bob"),
        server.ci(),
        lambda check: alice.protect("main", checks=[check]),
    )
