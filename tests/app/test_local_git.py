"""What only a real repository can show: other people's work, odd states, line endings, links, dead processes."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.adapters.git.command import Git
from app.adapters.local_git import LocalGitRepository
from app.errors import (
    BusyRepositoryError,
    DirtyRepositoryError,
    GitError,
    GitIdentityError,
    LostRaceError,
    PathError,
    RepositoryError,
    UnusableRepositoryError,
)
from app.ports import CommitRef
from tests.app.scratch_git import ENVIRON, NOBODY, ScratchRepository, make_repository

_SPEC = "pipeline.yaml"
_OLD = b"name: a\nsteps: []\n"
_NEW = b"name: b\nsteps: []\n"


@pytest.fixture
def repository(tmp_path: Path) -> ScratchRepository:
    return make_repository(tmp_path / "repository", {_SPEC: _OLD, "other.txt": b"other\n"})


def _prepare(
    host: LocalGitRepository, content: bytes = _NEW, path: str = _SPEC, branch: str = "main"
) -> CommitRef:
    head = host.branch(branch)
    assert head is not None
    return host.prepare_commit(parent=head.commit, path=path, content=content, message="Tune it\n")


class TestOpening:
    def test_a_folder_without_a_repository_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableRepositoryError, match="isn't in a git repository"):
            LocalGitRepository(tmp_path, environ=ENVIRON)

    def test_a_missing_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RepositoryError, match="isn't in a git repository"):
            LocalGitRepository(tmp_path / "nowhere", environ=ENVIRON)

    def test_a_bare_repository_is_refused(self, repository: ScratchRepository) -> None:
        repository.git("clone", "--quiet", "--bare", "--template=", ".", "bare.git")
        with pytest.raises(UnusableRepositoryError, match="bare"):
            LocalGitRepository(repository.folder / "bare.git", environ=ENVIRON)

    def test_the_inside_of_git_is_refused(self, repository: ScratchRepository) -> None:
        with pytest.raises(UnusableRepositoryError, match="inside"):
            LocalGitRepository(repository.folder / ".git", environ=ENVIRON)

    def test_a_folder_below_or_a_file_will_do(self, repository: ScratchRepository) -> None:
        below = repository.write("flows/x.yaml", b"x").parent
        assert LocalGitRepository(below, environ=ENVIRON).folder == repository.folder
        spec = repository.folder / _SPEC
        assert LocalGitRepository(spec, environ=ENVIRON).folder == repository.folder

    def test_an_empty_repository_has_no_default_branch(self, tmp_path: Path) -> None:
        host = make_repository(tmp_path / "empty", {}).open()
        with pytest.raises(UnusableRepositoryError, match="no commits yet"):
            host.default_branch()

    def test_without_git_it_says_so(self, repository: ScratchRepository, tmp_path: Path) -> None:
        with pytest.raises(GitError, match="isn't installed"):
            LocalGitRepository(repository.folder, environ={"PATH": str(tmp_path)})

    def test_the_callers_git_variables_do_not_lead_elsewhere(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        other = make_repository(tmp_path / "other", {"x": b"x"})
        environ = {**ENVIRON, "GIT_DIR": str(other.folder / ".git"), "GIT_INDEX_FILE": "/nowhere"}
        host = LocalGitRepository(repository.folder, environ=environ)
        assert host.default_branch().commit == repository.head()

    def test_state_lies_in_the_git_folder_that_work_trees_share(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        repository.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "linked"))
        linked = LocalGitRepository(tmp_path / "linked", environ=ENVIRON)
        assert linked.state_folder == repository.folder / ".git" / "flujo"
        assert linked.folder == tmp_path / "linked"

    def test_git_that_does_not_answer_is_stopped_with_all_it_started(self, tmp_path: Path) -> None:
        hanging = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "alias.hang"}
        environ = {**ENVIRON, **hanging, "GIT_CONFIG_VALUE_0": "!echo $$ > pid; sleep 600"}
        with pytest.raises(GitError, match=r"no answer within 0\.5 s"):
            Git(tmp_path, environ, timeout_s=0.5).run("hang")
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


class TestDefaultBranch:
    def test_origins_choice_wins(self, repository: ScratchRepository) -> None:
        repository.git("branch", "trunk")
        repository.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
        repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
        assert repository.open().default_branch().name == "trunk"

    def test_then_the_configured_one(self, repository: ScratchRepository) -> None:
        repository.git("branch", "develop")
        repository.git("config", "init.defaultBranch", "develop")
        assert repository.open().default_branch().name == "develop"

    def test_a_configured_branch_that_is_not_there_does_not_count(
        self, repository: ScratchRepository
    ) -> None:
        repository.git("config", "init.defaultBranch", "develop")
        assert repository.open().default_branch().name == "main"

    @pytest.mark.parametrize("name", ["master", "whatever"])
    def test_then_master_then_the_current_one(
        self, repository: ScratchRepository, name: str
    ) -> None:
        repository.git("branch", "-m", name)
        assert repository.open().default_branch().name == name

    def test_a_detached_head_without_main_is_refused(self, repository: ScratchRepository) -> None:
        repository.git("branch", "-m", "whatever")
        repository.git("checkout", "--quiet", "--detach")
        with pytest.raises(UnusableRepositoryError, match="detached"):
            repository.open().default_branch()


class TestPreparing:
    def test_neither_files_nor_index_change(self, repository: ScratchRepository) -> None:
        repository.write(_SPEC, b"half-written")
        before = repository.status()
        ref = _prepare(repository.open())
        assert repository.status() == before
        assert repository.git("show", f"{ref.commit}:{_SPEC}") == _NEW.decode().strip()

    def test_without_an_identity_it_says_how_to_set_one(
        self, repository: ScratchRepository
    ) -> None:
        with pytest.raises(GitIdentityError, match=r"user\.name"):
            _prepare(repository.open(NOBODY))

    def test_the_identity_of_the_repository_counts(self, repository: ScratchRepository) -> None:
        repository.git("config", "user.name", "Grace")
        repository.git("config", "user.email", "grace@example.com")
        ref = _prepare(repository.open(NOBODY))
        assert repository.git("log", "-1", "--format=%an %ae", ref.commit) == (
            "Grace grace@example.com"
        )

    def test_an_executable_file_stays_executable(self, repository: ScratchRepository) -> None:
        repository.git("update-index", "--chmod=+x", _SPEC)
        repository.git("commit", "--quiet", "-m", "x")
        ref = _prepare(repository.open())
        assert repository.git("ls-tree", ref.commit, _SPEC).startswith("100755")

    def test_a_link_a_file_behind_a_link_and_a_submodule_are_refused(
        self, repository: ScratchRepository
    ) -> None:
        (repository.folder / "link.yaml").symlink_to(_SPEC)
        (repository.folder / "linked").symlink_to(".")
        repository.git("add", "link.yaml", "linked")
        gitlink = f"160000,{repository.head()},module"
        repository.git("update-index", "--add", "--cacheinfo", gitlink)
        repository.git("commit", "--quiet", "-m", "links")
        host = repository.open()
        for path, why in [
            ("link.yaml", "symbolic link"),
            (f"linked/{_SPEC}", "symbolic link"),
            ("module", "submodule"),
            (f"module/{_SPEC}", "submodule"),
            ("other.txt/x.yaml", "not a folder"),
        ]:
            with pytest.raises(PathError, match=why):
                _prepare(host, path=path)
        assert host.list_files(host.default_branch().commit) == ("other.txt", _SPEC)

    def test_files_with_hostile_names_are_not_listed(self, repository: ScratchRepository) -> None:
        blob = repository.git("hash-object", "-w", _SPEC)
        entries = b"".join(
            b"100644 blob %s\t%s\0" % (blob.encode(), name)
            for name in (b"a\nb.yaml", b"\xff.yaml", b"git~1", b"good.yaml", b"-x.yaml")
        )
        tree = subprocess.run(
            ["git", "mktree", "-z"], cwd=repository.folder, env=ENVIRON, input=entries,
            capture_output=True, check=True,
        ).stdout.decode().strip()  # fmt: skip
        commit = repository.git("commit-tree", tree, "-m", "hostile")
        assert repository.open().list_files(commit) == ("-x.yaml", "good.yaml")


class TestLanding:
    def test_the_work_tree_follows(self, repository: ScratchRepository) -> None:
        host = repository.open()
        host.land("main", _prepare(host))
        assert (repository.folder / _SPEC).read_bytes() == _NEW
        assert repository.status() == ""

    def test_untracked_files_are_fine(self, repository: ScratchRepository) -> None:
        note = repository.write("notes.txt", b"mine")
        host = repository.open()
        host.land("main", _prepare(host))
        assert note.read_bytes() == b"mine"

    @pytest.mark.parametrize("path", [_SPEC, "other.txt"])
    @pytest.mark.parametrize("staged", [True, False], ids=["staged", "unstaged"])
    def test_uncommitted_work_is_refused_and_never_touched(
        self, repository: ScratchRepository, path: str, staged: bool
    ) -> None:
        repository.write(path, b"my work")
        if staged:
            repository.git("add", path)
        before, head = repository.status(), repository.head()
        host = repository.open()
        ref = _prepare(host)
        with pytest.raises(DirtyRepositoryError, match=f"{path}.*commit or stash") as caught:
            host.land("main", ref)
        assert caught.value.paths == (path,)
        assert (repository.folder / path).read_bytes() == b"my work"
        assert (repository.status(), repository.head()) == (before, head)
        assert not host.settle("main", ref)
        assert (repository.folder / path).read_bytes() == b"my work"

    def test_many_dirty_files_are_counted(self, repository: ScratchRepository) -> None:
        repository.commit({f"f{i}": b"1" for i in range(5)})
        for i in range(5):
            repository.write(f"f{i}", b"2")
        host = repository.open()
        with pytest.raises(DirtyRepositoryError, match="f0, f1, f2 and 2 more"):
            host.land("main", _prepare(host))

    @pytest.mark.parametrize("ignored", [True, False])
    def test_a_file_in_the_way_of_a_new_one_is_not_overwritten(
        self, repository: ScratchRepository, ignored: bool
    ) -> None:
        if ignored:
            repository.write(".git/info/exclude", b"new.yaml\n")
        mine = repository.write("new.yaml", b"mine")
        host = repository.open()
        with pytest.raises(DirtyRepositoryError):
            host.land("main", _prepare(host, path="new.yaml"))
        assert mine.read_bytes() == b"mine"

    @pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
    def test_changes_hidden_from_git_are_not_overwritten(
        self, repository: ScratchRepository, flag: str
    ) -> None:
        repository.git("update-index", flag, _SPEC)
        repository.write(_SPEC, b"my local settings")
        host = repository.open()
        with pytest.raises(BusyRepositoryError, match="hidden"):
            host.land("main", _prepare(host))
        assert (repository.folder / _SPEC).read_bytes() == b"my local settings"

    def test_another_branch_and_its_uncommitted_work_stay_as_they_are(
        self, repository: ScratchRepository
    ) -> None:
        repository.git("switch", "--quiet", "-c", "feature")
        repository.write(_SPEC, b"my work")
        host = repository.open()
        ref = _prepare(host)
        host.land("main", ref)
        assert repository.head("main") == ref.commit
        assert repository.head("feature") == ref.parent
        assert (repository.folder / _SPEC).read_bytes() == b"my work"

    def test_a_detached_head_stays_where_it_is(self, repository: ScratchRepository) -> None:
        repository.git("checkout", "--quiet", "--detach")
        host = repository.open()
        ref = _prepare(host)
        host.land("main", ref)
        assert repository.head("HEAD") == ref.parent
        assert repository.status() == ""

    def test_a_branch_checked_out_elsewhere_is_updated_there(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        repository.git("switch", "--quiet", "-c", "feature")
        elsewhere = tmp_path / "else where"
        repository.git("worktree", "add", "--quiet", str(elsewhere), "main")
        host = repository.open()
        host.land("main", _prepare(host))
        assert (elsewhere / _SPEC).read_bytes() == _NEW
        assert repository.git("status", "--porcelain", at=elsewhere) == ""
        assert (repository.folder / _SPEC).read_bytes() == _OLD

    def test_uncommitted_work_elsewhere_is_refused_too(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        repository.git("switch", "--quiet", "-c", "feature")
        elsewhere = tmp_path / "elsewhere"
        repository.git("worktree", "add", "--quiet", str(elsewhere), "main")
        (elsewhere / "other.txt").write_bytes(b"my work")
        host = repository.open()
        with pytest.raises(DirtyRepositoryError) as caught:
            host.land("main", _prepare(host))
        assert caught.value.worktree == elsewhere

    def test_a_branch_checked_out_in_a_deleted_folder_just_moves(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        repository.git("switch", "--quiet", "-c", "feature")
        repository.git("worktree", "add", "--quiet", str(tmp_path / "gone"), "main")
        (tmp_path / "gone").rename(tmp_path / "moved")
        host = repository.open()
        ref = _prepare(host)
        host.land("main", ref)
        assert repository.head() == ref.commit

    def test_a_locked_work_tree_out_of_reach_is_respected(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        repository.git("switch", "--quiet", "-c", "feature")
        repository.git("worktree", "add", "--quiet", "--lock", str(tmp_path / "usb"), "main")
        (tmp_path / "usb").rename(tmp_path / "unplugged")
        host = repository.open()
        with pytest.raises(BusyRepositoryError, match="out of reach"):
            host.land("main", _prepare(host))

    def test_a_branch_checked_out_twice_is_refused(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        repository.git("worktree", "add", "--quiet", "--force", str(tmp_path / "twin"), "main")
        host = repository.open()
        with pytest.raises(BusyRepositoryError, match="twice"):
            host.land("main", _prepare(host))

    def test_a_rebase_under_way_is_respected(self, repository: ScratchRepository) -> None:
        repository.git("switch", "--quiet", "-c", "side")
        repository.commit({_SPEC: b"theirs"})
        repository.git("switch", "--quiet", "main")
        repository.commit({_SPEC: b"mine"})
        with pytest.raises(subprocess.CalledProcessError):
            repository.git("rebase", "side")
        host = repository.open()
        with pytest.raises(BusyRepositoryError, match="rebase --continue"):
            host.land("main", _prepare(host))

    def test_a_bisection_under_way_is_respected(self, repository: ScratchRepository) -> None:
        for number in range(3):
            repository.commit({"other.txt": b"%d" % number})
        repository.git("bisect", "start", "HEAD", "HEAD~3")
        host = repository.open()
        with pytest.raises(BusyRepositoryError, match="bisect reset"):
            host.land("main", _prepare(host))

    def test_a_lock_of_another_git_is_respected(self, repository: ScratchRepository) -> None:
        repository.write(".git/index.lock", b"")
        host = repository.open()
        with pytest.raises(BusyRepositoryError, match=r"remove .*index\.lock"):
            host.land("main", _prepare(host))

    def test_a_merge_under_way_is_respected(self, repository: ScratchRepository) -> None:
        repository.write(".git/MERGE_HEAD", repository.head().encode() + b"\n")
        host = repository.open()
        ref = _prepare(host)
        with pytest.raises(GitError, match="merge"):
            host.land("main", ref)
        assert repository.head() == ref.parent

    def test_no_hook_runs(self, repository: ScratchRepository) -> None:
        for hook in ("post-merge", "reference-transaction", "post-checkout", "post-index-change"):
            text = f"#!/bin/sh\ntouch '{repository.folder}/hooked'\nexit 1\n"
            script = repository.write(f".git/hooks/{hook}", text.encode())
            script.chmod(0o755)
        host = repository.open()
        ref = _prepare(host)
        host.land("main", ref)
        with host.checkout(ref.commit):
            pass
        assert not (repository.folder / "hooked").exists()

    @pytest.mark.parametrize(
        "setting",
        ["merge.ff=false", "branch.main.mergeOptions=--no-ff --squash", "merge.autoStash=true",
         "core.splitIndex=true", "core.logAllRefUpdates=always", "commit.gpgSign=true"],
    )  # fmt: skip
    def test_no_setting_of_the_user_changes_what_lands(
        self, repository: ScratchRepository, setting: str
    ) -> None:
        repository.git("config", *setting.split("=", 1))
        host = repository.open()
        ref = _prepare(host)
        host.land("main", ref)
        assert repository.head() == ref.commit
        assert repository.status() == ""

    def test_one_of_many_racing_commits_wins(self, repository: ScratchRepository) -> None:
        repository.git("checkout", "--quiet", "--detach")
        host = repository.open()
        refs = [_prepare(host, content=b"%d\n" % number) for number in range(4)]

        def land(ref: CommitRef) -> str:
            try:
                host.land("main", ref)
            except LostRaceError:
                return ""
            return ref.commit

        with ThreadPoolExecutor(4) as pool:
            landed = [commit for commit in pool.map(land, refs) if commit]
        assert landed == [repository.head()]

    def test_a_repository_with_sha_256_works_too(self, tmp_path: Path) -> None:
        repository = ScratchRepository(tmp_path)
        repository.git("init", "--quiet", "--object-format=sha256", "-b", "main", "--template=")
        repository.commit({_SPEC: _OLD})
        host = repository.open()
        ref = _prepare(host)
        host.land("main", ref)
        assert host.read_blob(ref.blob_before or "") == _OLD
        assert host.create_branch("x", ref.commit).commit == ref.commit


class TestReadiness:
    def test_a_clean_repository_is_ready(self, repository: ScratchRepository) -> None:
        repository.write("notes.txt", b"untracked")
        repository.open().check_ready()

    def test_uncommitted_changes_are_told_before_any_work(
        self, repository: ScratchRepository
    ) -> None:
        repository.write(_SPEC, b"my work")
        with pytest.raises(DirtyRepositoryError, match=_SPEC):
            repository.open().check_ready()

    def test_a_missing_identity_is_told_before_any_work(
        self, repository: ScratchRepository
    ) -> None:
        with pytest.raises(GitIdentityError):
            repository.open(NOBODY).check_ready()

    def test_changes_on_another_branch_do_not_matter(self, repository: ScratchRepository) -> None:
        repository.git("switch", "--quiet", "-c", "feature")
        repository.write(_SPEC, b"my work")
        repository.open().check_ready()


class TestLineEndings:
    def test_crlf_bytes_land_as_they_are(self, repository: ScratchRepository) -> None:
        repository.commit({_SPEC: b"a: 1\r\nb: 2\r\n"})
        host = repository.open()
        host.land("main", _prepare(host, b"a: 1\r\nb: 3\r\n"))
        assert (repository.folder / _SPEC).read_bytes() == b"a: 1\r\nb: 3\r\n"
        assert repository.status() == ""

    def test_converted_files_are_converted_in_the_work_tree_only(
        self, repository: ScratchRepository
    ) -> None:
        repository.commit({".gitattributes": b"*.yaml text eol=crlf\n"})
        (repository.folder / _SPEC).unlink()
        repository.git("checkout", "--", _SPEC)
        host = repository.open()
        assert host.read_file(host.default_branch().commit, _SPEC) == _OLD
        ref = _prepare(host)
        host.land("main", ref)
        assert host.read_file(ref.commit, _SPEC) == _NEW
        assert (repository.folder / _SPEC).read_bytes() == _NEW.replace(b"\n", b"\r\n")
        assert repository.status() == ""

    def test_a_checkout_is_converted_too(self, repository: ScratchRepository) -> None:
        repository.commit({".gitattributes": b"*.yaml text eol=crlf\n"})
        host = repository.open()
        with host.checkout(host.default_branch().commit) as folder:
            assert b"\r\n" in (folder / _SPEC).read_bytes()


class TestSettling:
    def test_a_fast_forward_cut_off_before_the_ref_is_finished(
        self, repository: ScratchRepository
    ) -> None:
        host = repository.open()
        ref = _prepare(host)
        repository.git("read-tree", "-m", "-u", ref.parent, ref.commit)
        assert repository.head() == ref.parent
        assert host.settle("main", ref)
        assert (repository.head(), repository.status()) == (ref.commit, "")

    def test_a_fast_forward_cut_off_before_the_index_is_finished(
        self, repository: ScratchRepository
    ) -> None:
        host = repository.open()
        ref = _prepare(host)
        repository.write(_SPEC, _NEW)
        assert host.settle("main", ref)
        assert (repository.head(), repository.status()) == (ref.commit, "")

    def test_a_leftover_lock_must_be_removed_by_a_person(
        self, repository: ScratchRepository
    ) -> None:
        host = repository.open()
        ref = _prepare(host)
        repository.write(_SPEC, _NEW)
        lock = repository.write(".git/index.lock", b"")
        with pytest.raises(BusyRepositoryError, match="remove"):
            host.settle("main", ref)
        lock.unlink()
        assert host.settle("main", ref)

    def test_other_staged_work_is_left_alone(self, repository: ScratchRepository) -> None:
        host = repository.open()
        ref = _prepare(host)
        repository.write(_SPEC, _NEW)
        repository.write("other.txt", b"mine")
        repository.git("add", "other.txt")
        before = repository.status()
        assert not host.settle("main", ref)
        assert (repository.head(), repository.status()) == (ref.parent, before)

    def test_a_deleted_file_stays_deleted(self, repository: ScratchRepository) -> None:
        host = repository.open()
        ref = _prepare(host)
        (repository.folder / _SPEC).unlink()
        assert not host.settle("main", ref)
        assert not (repository.folder / _SPEC).exists()

    def test_a_commit_that_git_no_longer_has_never_landed(
        self, repository: ScratchRepository
    ) -> None:
        host = repository.open()
        ref = _prepare(host)
        gone = CommitRef("0" * 40, ref.parent, ref.path, ref.blob_before, ref.blob_after)
        assert not host.settle("main", gone)


class TestCheckouts:
    def test_they_are_unknown_to_git_afterwards(self, repository: ScratchRepository) -> None:
        host = repository.open()
        with host.checkout(repository.head()) as folder:
            assert str(folder) in repository.git("worktree", "list")
        assert str(folder) not in repository.git("worktree", "list")
        assert not folder.parent.exists()

    def test_a_dead_process_is_cleaned_up_after_and_a_live_one_is_not(
        self, repository: ScratchRepository
    ) -> None:
        script = (
            "import sys; from pathlib import Path\n"
            "from app.adapters.local_git import LocalGitRepository\n"
            "host = LocalGitRepository(Path(sys.argv[1]))\n"
            "with host.checkout(sys.argv[2]) as folder:\n"
            "    print(folder, flush=True); sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(repository.folder), repository.head()],
            cwd=Path(__file__).parents[2], env={**ENVIRON, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            folder = Path(process.stdout.readline().strip())
            repository.open()
            assert (folder / _SPEC).exists()
            process.kill()
        assert (folder / _SPEC).exists()
        repository.open()
        assert not folder.parent.exists()
        assert str(folder) not in repository.git("worktree", "list")

    def test_other_work_trees_are_never_removed(
        self, repository: ScratchRepository, tmp_path: Path
    ) -> None:
        repository.git("worktree", "add", "--quiet", "-b", "x", str(tmp_path / "unplugged"))
        (tmp_path / "unplugged").rename(tmp_path / "moved")
        host = repository.open()
        with host.checkout(repository.head()):
            pass
        assert "unplugged" in repository.git("worktree", "list")


def test_a_proposal_is_a_page_that_no_work_tree_shows(repository: ScratchRepository) -> None:
    host = repository.open()
    ref = _prepare(host)
    host.create_branch("flujo/p1", ref.commit)
    host.propose("flujo/p1", "Retry lookup", "An earlier text.\n")
    page = Path(host.propose("flujo/p1", "Retry lookup", "Because it fails — often.\n").where)
    assert page.read_text(encoding="utf-8") == "# Retry lookup\n\nBecause it fails — often.\n"
    assert page.is_relative_to(host.state_folder)
    assert repository.status() == ""
