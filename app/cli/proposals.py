"""How proposals are printed, for programs and for people."""

from collections.abc import Iterable, Sequence

from app.cli.output import note, out, print_text
from app.proposal import Proposal
from app.use_cases.present_proposal import present
from app.use_cases.suggest import Suggestions
from diff_ux import render_terminal


def proposal_to_json(proposal: Proposal) -> dict[str, object]:
    """Return a proposal as the command line's contract has it (docs/reference/cli.md)."""
    roi, evidence = proposal.roi, proposal.evidence
    interval = {"low": roi.low, "mid": roi.mid, "high": roi.high} if roi else None
    return {
        "id": proposal.id,
        "title": proposal.title,
        "spec": proposal.base.path,
        "spec_sha256": proposal.base.spec_sha256,
        "patch": proposal.patch.to_json(),
        "tier": proposal.decision.tier.name,
        "reasons": list(proposal.decision.reasons),
        "steps": list(proposal.decision.steps),
        "roi": {
            "net_usd_per_month": interval,
            "basis": roi.basis if roi else "no estimate yet: too few runs to go by",
        },
        "evidence": {
            "verdict": evidence.verdict,
            "reason": evidence.reason,
            "pairs": evidence.pairs,
            "wins": evidence.wins,
            "losses": evidence.losses,
            "noise_floor": evidence.noise_floor,
            "drawn": evidence.drawn,
            "stood_in": evidence.stood_in,
            "tainted": evidence.tainted,
            "needed": evidence.needed,
            "simulated": evidence.simulated,
        },
        "violations": list(proposal.violations),
        "behind": proposal.behind or None,
        "source": proposal.candidate.source,
    }


def print_proposals(proposals: Sequence[Proposal]) -> None:
    """Print proposals as a person reads them, best first."""
    for rank, proposal in enumerate(proposals, start=1):
        print_text(f"{rank}.")
        out.print(render_terminal(present(proposal)))


def describe_nothing(suggestions: Sequence[Suggestions]) -> str:
    """Say honestly why there are no proposals."""
    if any(found.runs for found in suggestions):
        return "nothing worth proposing"
    return "nothing to go by: no telemetry of the specs as they are now"


def print_notes(suggestions: Iterable[Suggestions]) -> None:
    """Say what didn't become a proposal, and why."""
    for found in suggestions:
        for line in found.notes:
            note(line)
        for title, reason in found.rejected:
            note(f"dropped {title!r}: {reason}")
