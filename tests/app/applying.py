"""Builds what applying a proposal needs: a stored proposal, its edit, and tests with a scripted verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.ports import CodeHost, TestVerdict
from app.store import ProposalRecord, Store, find_proposal, save_proposal
from app.use_cases.spec_edit import SpecEdit
from trust_tiers import RolloutState

SPEC = "pipeline.yaml"
OLD = b"name: a\r\n# \xc3\xa9\x00\xff\nsteps: []"
NEW = OLD + b"\nversion: 1\r\n"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINGERPRINT = '["pipeline.yaml",[["step","lookup","config/max_retries","set",0]]]'
PASS = TestVerdict(passed=True, total=3)
FAIL = TestVerdict(passed=False, total=3, reasons=("'refunds' failed: result.success",))


@dataclass
class ScriptedTests:
    """Answers with `verdicts` in turn, the last one for ever; an exception is raised."""

    verdicts: Sequence[TestVerdict | BaseException] = (PASS,)
    seen: list[bytes] = field(default_factory=list)

    def __call__(self, folder: Path) -> TestVerdict:
        self.seen.append((folder / SPEC).read_bytes())
        verdict = self.verdicts[min(len(self.seen), len(self.verdicts)) - 1]
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict


def store_proposal(store: Store, proposal_id: str = "p1", spec_path: str = SPEC) -> None:
    record = ProposalRecord(
        id=proposal_id,
        spec_path=spec_path,
        spec_sha256="a" * 64,
        fingerprint=FINGERPRINT,
        title="Retry `lookup` up to 2 times",
        source="heuristic:retries",
        patch_class="retries",
        tier="LOW",
        patch=[],
        created_at=NOW,
    )
    with store.transaction() as rows:
        save_proposal(rows, record)


def make_edit(host: CodeHost, proposal_id: str = "p1", content: bytes = NEW) -> SpecEdit:
    blob = host.blob_sha(host.default_branch().commit, SPEC)
    return SpecEdit(proposal_id, blob or "", content, "b" * 64, ("It often fails.",))


def state_of(store: Store, proposal_id: str = "p1") -> RolloutState:
    with store.transaction() as rows:
        proposal = find_proposal(rows, proposal_id)
    assert proposal is not None
    return proposal.state


def content_of(host: CodeHost) -> bytes | None:
    return host.read_file(host.default_branch().commit, SPEC)
