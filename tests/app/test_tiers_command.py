"""`flujo tiers simulate`: what would have gone by itself."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from app.cli.main import run_command
from app.settings import Mode
from app.store import Prediction, ProposalRecord, open_store, save_proposal
from app.use_cases.simulate_tiers import simulate_tiers
from trust_tiers import RiskTier, RolloutState, WouldHave, simulate_tier

SCHEMA = Path(__file__).parents[2] / "docs/reference/schemas/tiers-simulate.schema.json"
NOW = datetime.now(UTC)


def record(
    name: str,
    tier: str,
    *,
    state: RolloutState = RolloutState.PROPOSED,
    verdict: str = "better",
    days_ago: float = 1,
    predicted: bool = True,
) -> ProposalRecord:
    return ProposalRecord(
        id=name,
        spec_path="a.flow.yaml",
        spec_sha256="0" * 64,
        fingerprint=name,
        title=f"Do {name}",
        source="heuristic",
        patch_class="retries",
        tier=tier,
        patch=[],
        created_at=NOW - timedelta(days=days_ago),
        state=state,
        prediction=Prediction(1, 2, 3) if predicted else None,
        facts={"verdict": verdict},
    )


RECORDS = (
    record("low", "LOW"),
    record("taken-back", "LOW", state=RolloutState.REVERTED),
    record("dropped", "LOW", state=RolloutState.ROLLED_BACK),
    record("unproven", "LOW", verdict="can't tell"),
    record("unvalued", "LOW", predicted=False),
    record("medium", "MEDIUM"),
    record("high", "HIGH"),
    record("old", "LOW", days_ago=31),
)
EXPECTED = {
    "low": ("applied", "applied after its tests"),
    "taken-back": ("applied", "applied after its tests, and taken back"),
    "dropped": ("refused", "it was dropped before it was applied"),
    "unproven": ("held", "the evidence says: can't tell"),
    "unvalued": ("held", "no estimate of its worth yet"),
    "medium": ("held", "MEDIUM risk: for a person"),
    "high": ("held", "HIGH risk: for a person"),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    folder = tmp_path / ".git" / "flujo"
    folder.mkdir()
    store = open_store(folder / "flujo.db")
    with store.transaction() as rows:
        for kept in RECORDS:
            save_proposal(rows, kept)
    return tmp_path


def simulate(repository: Path, *options: str) -> int:
    return run_command(["tiers", "simulate", "--repo", str(repository), *options])


def test_each_proposal_of_the_time_is_told_with_its_reason(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(repository, "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(answer)
    told = {one["id"]: (one["fate"], one["reason"]) for one in answer["proposals"]}
    assert told == EXPECTED
    assert (answer["applied"], answer["held"], answer["refused"]) == (2, 4, 1)


def test_medium_risk_would_have_been_shadowed_first(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(repository, "--mode", "auto-medium", "--last", "40d") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "8 proposals in the last 40d; in auto-medium there would have been"
        " 3 applied, 4 held, 1 refused"
    )
    medium = "  held     Do medium (MEDIUM risk: shadowed first, then applied; is proposed)"
    assert medium in lines


@pytest.mark.parametrize("last", ["30", "d", "-3d", "0d", "1.5d", "99999d", "30d "])
def test_a_span_that_is_none_is_refused(
    repository: Path, capsys: pytest.CaptureFixture[str], last: str
) -> None:
    assert simulate(repository, f"--last={last}") == 2
    assert "--last is a number of days like 30d" in capsys.readouterr().err


def test_without_proposals_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    assert simulate(tmp_path) == 0
    assert capsys.readouterr().out.startswith("0 proposals in the last 30d")


@pytest.mark.parametrize("automatic", [RiskTier.LOW, RiskTier.MEDIUM, RiskTier.HIGH])
@pytest.mark.parametrize("state", RolloutState)
def test_high_risk_is_never_applied_whatever_is_allowed(
    automatic: RiskTier, state: RolloutState
) -> None:
    found = simulate_tier(RiskTier.HIGH, automatic=automatic, state=state)
    assert found.fate is not WouldHave.APPLIED


def test_a_mode_without_automation_is_no_simulation(repository: Path) -> None:
    store = open_store(repository / ".git" / "flujo" / "flujo.db")
    with pytest.raises(KeyError):
        simulate_tiers(store, Mode.PROPOSE, since=NOW - timedelta(days=2))
