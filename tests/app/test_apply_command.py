"""`flujo apply` and `flujo rollback`, in a real repository with real tests."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.main import run_command
from app.store import ProposalRecord, open_store, save_proposal
from tests.app.scratch_git import ENVIRON, ScratchRepository, make_repository
from tests.app.sweeping import LETTERS, LETTERS_SPEC, NOW, read
from workflow import lock_patch, parse_patch


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScratchRepository:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    made = make_repository(tmp_path / "repository", {LETTERS: LETTERS_SPEC.encode()})
    _store(made, "p1", {"op": "add", "path": "/steps/0/config", "value": {"max_retries": 2}})
    return made


def _store(repository: ScratchRepository, proposal_id: str, operation: dict[str, object]) -> None:
    workflow = read(LETTERS_SPEC)
    patch = lock_patch(workflow.document, parse_patch([operation]))  # type: ignore[list-item]
    record = ProposalRecord(
        id=proposal_id,
        spec_path=LETTERS,
        spec_sha256=workflow.spec_sha256,
        fingerprint=f'["{LETTERS}",[["step","write","{proposal_id}","set",0]]]',
        title="Change the letters",
        source="heuristic",
        patch_class="retries",
        tier="LOW",
        patch=patch.to_json(),
        created_at=NOW,
    )
    store = open_store(repository.open().state_folder / "flujo.db")
    with store.transaction() as rows:
        save_proposal(rows, replace(record))


def _run(
    capsys: pytest.CaptureFixture[str], repository: ScratchRepository, *words: str, code: int = 0
) -> dict[str, object]:
    arguments = [*words, "--repo", str(repository.folder), "--format", "json"]
    assert run_command(arguments) == code
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_a_proposal_lands_and_is_taken_back_byte_for_byte(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    applied = _run(capsys, repository, "apply", "p1")
    assert applied["state"] == "baking"
    spec = repository.folder / LETTERS
    assert "max_retries: 2" in spec.read_text()
    back = _run(capsys, repository, "rollback", "p1")
    assert (back["state"], back["commit"]) == ("reverted", applied["commit"])
    assert spec.read_text() == LETTERS_SPEC


def test_rolling_back_again_changes_nothing(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(capsys, repository, "apply", "p1")
    first = _run(capsys, repository, "rollback", "p1")
    assert _run(capsys, repository, "rollback", "p1") == first


def test_what_breaks_the_tests_never_lands(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    _store(
        repository,
        "p2",
        {"op": "replace", "path": "/tests/0/assertions/0", "value": "not result.success"},
    )
    answer = _run(capsys, repository, "apply", "p2", code=1)
    assert answer["state"] == "rolled_back"
    assert (repository.folder / LETTERS).read_text() == LETTERS_SPEC


def test_an_edit_elsewhere_survives_a_rollback(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(capsys, repository, "apply", "p1")
    spec = repository.folder / LETTERS
    repository.commit({LETTERS: spec.read_bytes().replace(b"Write.}", b"Write well.}")})
    assert _run(capsys, repository, "rollback", "p1")["state"] == "reverted"
    assert spec.read_text() == LETTERS_SPEC.replace("Write.}", "Write well.}")


def test_an_unknown_id_is_a_clear_error(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["apply", "p9", "--repo", str(repository.folder)]) == 2
    assert "'p9'" in capsys.readouterr().err
