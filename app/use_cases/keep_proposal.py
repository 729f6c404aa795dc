"""Keeps a composed proposal in the store: the row that everything decided about it later refers to."""

from datetime import datetime

from app.proposal import Proposal
from app.store import Prediction, ProposalRecord, Transaction, find_proposal, save_proposal
from trust_tiers import RolloutState


def keep_proposal(
    rows: Transaction, proposal: Proposal, *, now: datetime, branch: str = ""
) -> None:
    """Store a proposal with the branch it is offered on, if any; an undecided one again, with its latest figures."""
    known = find_proposal(rows, proposal.id)
    if known is None:
        save_proposal(rows, _record(proposal, now, branch))
    elif known.state is RolloutState.PROPOSED:
        save_proposal(rows, _record(proposal, known.created_at, branch or branch_of(known)))


def branch_of(record: ProposalRecord) -> str:
    """Return the branch a proposal was offered on, `""` for none."""
    return str(record.facts.get("branch", ""))


def _record(proposal: Proposal, created_at: datetime, branch: str) -> ProposalRecord:
    roi = proposal.roi
    return ProposalRecord(
        id=proposal.id,
        spec_path=proposal.base.path,
        spec_sha256=proposal.base.spec_sha256,
        fingerprint=proposal.fingerprint,
        title=proposal.title,
        source=proposal.candidate.source,
        patch_class=proposal.candidate.patch_class,
        tier=proposal.decision.tier.name,
        patch=proposal.patch.to_json(),
        created_at=created_at,
        rationale=proposal.candidate.rationale,
        prediction=Prediction(roi.low, roi.mid, roi.high) if roi else None,
        basis=roi.basis if roi else "",
        facts={
            "branch": branch,
            "simulated": proposal.evidence.simulated,
            "verdict": proposal.evidence.verdict.value,
            "reasons": list(proposal.decision.reasons),
            "runs_per_month": proposal.runs_per_month,
            "fixed_usd": roi.costs.total_usd if roi else 0.0,
            "steps": list(proposal.decision.steps),
            "provenance": proposal.provenance.to_json(),
        },
    )
