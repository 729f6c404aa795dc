"""The contract of `CodeHost`: a repository on this machine, one on GitHub and the fake agree on all of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import BadInputError, LostRaceError, PathError
from app.github import GitHubCodeHost
from app.ports import CodeHost, CommitRef
from tests.app.scratch_git import make_repository
from tests.e2e.contract.requests_checked import check_requests
from tests.e2e.github_server import start_server, why_not
from tests.fakes.code_host import FakeCodeHost

_CRLF = b"name: a\r\nsteps: []\r\n"
_BINARY = bytes(range(256)) * 2
_FILES = {"a.flow.yaml": _CRLF, "flows/b ä.yaml": b"name: b\n", "flows/data.bin": _BINARY}


def _open_fake(_: Path) -> CodeHost:
    return FakeCodeHost(_FILES)


def _open_git(folder: Path) -> CodeHost:
    return make_repository(folder / "repository", _FILES).open()


def _open_github(_: Path) -> CodeHost:
    if why_not():
        pytest.skip(why_not())
    server = start_server()
    server.reset()
    server.person().commit({**_FILES, "README.md": None})
    return GitHubCodeHost(server.api(), checkout=["**"])


@pytest.fixture(params=[_open_fake, _open_git, _open_github], ids=["fake", "git", "github"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CodeHost]:
    opener: Callable[[Path], CodeHost] = request.param
    yield opener(tmp_path)
    check_requests()


def _prepare(host: CodeHost, content: bytes, path: str = "a.flow.yaml") -> CommitRef:
    return host.prepare_commit(
        parent=host.default_branch().commit, path=path, content=content, message="Tune\n\nWhy.\n"
    )


def test_the_default_branch_is_main_at_its_head(host: CodeHost) -> None:
    branch = host.default_branch()
    assert branch.name == "main"
    assert host.branch("main") == branch
    assert host.branch("nowhere") is None


@pytest.mark.parametrize(("path", "content"), _FILES.items())
def test_a_file_reads_as_the_bytes_committed(host: CodeHost, path: str, content: bytes) -> None:
    assert host.read_file(host.default_branch().commit, path) == content


def test_a_fresh_repository_is_ready(host: CodeHost) -> None:
    host.check_ready()


def test_a_missing_file_reads_as_none(host: CodeHost) -> None:
    head = host.default_branch().commit
    assert host.read_file(head, "flows/none.yaml") is None
    assert host.read_file(head, "none/none.yaml") is None
    assert host.blob_sha(head, "none.yaml") is None


def test_a_blob_reads_by_its_id(host: CodeHost) -> None:
    blob = host.blob_sha(host.default_branch().commit, "flows/data.bin")
    assert blob is not None
    assert host.read_blob(blob) == _BINARY


def test_all_files_are_listed_in_order(host: CodeHost) -> None:
    assert host.list_files(host.default_branch().commit) == tuple(sorted(_FILES))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../a",
        "a/../b",
        ".git/config",
        "x/.GIT/hooks/y",
        "git~1/x",
        "a\\b",
        "a\nb",
    ],
)
def test_a_path_outside_the_files_is_refused(host: CodeHost, path: str) -> None:
    with pytest.raises(PathError):
        host.read_file(host.default_branch().commit, path)
    with pytest.raises(PathError):
        _prepare(host, b"x", path)


def test_a_folder_is_not_a_file(host: CodeHost) -> None:
    with pytest.raises(PathError, match="folder"):
        host.read_file(host.default_branch().commit, "flows")


def test_a_prepared_commit_is_on_no_branch(host: CodeHost) -> None:
    before = host.default_branch()
    ref = _prepare(host, b"new")
    assert host.default_branch() == before
    assert ref.parent == before.commit
    assert host.read_file(ref.commit, "a.flow.yaml") == b"new"
    assert host.read_message(ref.commit) == "Tune\n\nWhy.\n"


def test_a_commit_knows_what_it_was_made_on(host: CodeHost) -> None:
    before = host.default_branch().commit
    assert host.first_parent(_prepare(host, b"new").commit) == before


def test_a_prepared_commit_changes_one_file_only(host: CodeHost) -> None:
    ref = _prepare(host, b"new")
    assert host.list_files(ref.commit) == tuple(sorted(_FILES))
    assert host.read_file(ref.commit, "flows/data.bin") == _BINARY
    assert ref.blob_before == host.blob_sha(ref.parent, "a.flow.yaml")
    assert ref.blob_after == host.blob_sha(ref.commit, "a.flow.yaml")


def test_a_prepared_commit_can_add_a_file(host: CodeHost) -> None:
    ref = _prepare(host, b"mode: propose\n", ".github/flujo.yml")
    assert ref.blob_before is None
    assert host.read_file(ref.commit, ".github/flujo.yml") == b"mode: propose\n"


def test_a_commit_that_changes_nothing_is_refused(host: CodeHost) -> None:
    with pytest.raises(BadInputError, match="already"):
        _prepare(host, _CRLF)


def test_landing_moves_the_branch_to_exactly_that_commit(host: CodeHost) -> None:
    ref = _prepare(host, b"new")
    assert not host.settle("main", ref)
    host.land("main", ref)
    assert host.default_branch().commit == ref.commit
    assert host.settle("main", ref)


def test_landing_loses_against_a_commit_made_meanwhile(host: CodeHost) -> None:
    mine, theirs = _prepare(host, b"mine"), _prepare(host, b"theirs")
    host.land("main", theirs)
    with pytest.raises(LostRaceError) as caught:
        host.land("main", mine)
    assert caught.value.actual == theirs.commit
    assert host.default_branch().commit == theirs.commit
    assert not host.settle("main", mine)


def test_landing_twice_is_a_lost_race_that_settles_as_landed(host: CodeHost) -> None:
    ref = _prepare(host, b"new")
    host.land("main", ref)
    with pytest.raises(LostRaceError):
        host.land("main", ref)
    assert host.settle("main", ref)


def test_landing_on_a_missing_branch_is_a_lost_race(host: CodeHost) -> None:
    ref = _prepare(host, b"new")
    with pytest.raises(LostRaceError, match="nothing"):
        host.land("nowhere", ref)
    assert not host.settle("nowhere", ref)


def test_a_commit_below_the_head_is_settled(host: CodeHost) -> None:
    first = _prepare(host, b"1")
    host.land("main", first)
    host.land("main", _prepare(host, b"2"))
    assert host.settle("main", first)


def test_creating_a_branch_twice_is_fine_elsewhere_is_not(host: CodeHost) -> None:
    ref = _prepare(host, b"new")
    assert host.create_branch("flujo/p1", ref.commit) == host.create_branch("flujo/p1", ref.commit)
    with pytest.raises(LostRaceError):
        host.create_branch("flujo/p1", ref.parent)
    with pytest.raises(BadInputError, match="name"):
        host.create_branch("no spaces..", ref.commit)


def test_a_branch_is_proposed_for_review(host: CodeHost) -> None:
    ref = _prepare(host, b"new")
    host.create_branch("flujo/p1", ref.commit)
    offered = host.propose("flujo/p1", "Title", "Body\n\nwith lines")
    assert host.propose("flujo/p1", "Title", "Body") == offered
    assert (offered.branch, offered.commit) == ("flujo/p1", ref.commit)
    with pytest.raises(BadInputError):
        host.propose("nowhere", "Title", "Body")


def test_a_checkout_shows_the_commit_and_goes_away(host: CodeHost) -> None:
    ref = _prepare(host, b"new")
    with host.checkout(ref.commit) as folder:
        assert (folder / "a.flow.yaml").read_bytes() == b"new"
        assert (folder / "flows/data.bin").read_bytes() == _BINARY
        (folder / "scribble.txt").write_text("anything")
    assert not folder.exists()


def test_a_checkout_goes_away_after_an_error(host: CodeHost) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), host.checkout(host.default_branch().commit) as folder:
        fail()
    assert not folder.exists()
