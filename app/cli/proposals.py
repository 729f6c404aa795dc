"""How proposals are printed, for programs and for people."""

from collections.abc import Iterable, Sequence

from app.cli.output import note, out, print_text
from app.proposal import Proposal
from app.use_cases.present_proposal import present, usd
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
            "recorded": evidence.recorded,
            "held_out": evidence.held_out,
            "hold_out": {
                "uses": evidence.hold_out_uses,
                "max_uses": evidence.hold_out_max_uses,
            },
            "among": evidence.among,
            "p_better": evidence.p_better,
            "unpriced": evidence.unpriced,
            "cost": {"replays": evidence.replays, "spent_usd": evidence.spent_usd},
        },
        "violations": list(proposal.violations),
        "behind": proposal.behind or None,
        "source": proposal.candidate.source,
        "provenance": proposal.provenance.to_json(),
    }


def print_proposals(proposals: Sequence[Proposal]) -> None:
    """Print proposals as a person reads them, best first."""
    for rank, proposal in enumerate(proposals, start=1):
        print_text(f"{rank}.")
        out.print(render_terminal(present(proposal)))


def together_to_json(found: Suggestions) -> dict[str, object] | None:
    """Return what a spec's proposals would bring as one change."""
    both = found.together
    if both is None:
        return None
    roi = both.roi
    return {
        "spec": found.workflow.path,
        "proposals": list(both.proposals),
        "net_usd_per_month": {"low": roi.low, "mid": roi.mid, "high": roi.high},
        "sum_usd": both.sum_usd,
        "verdict": both.evidence.verdict,
    }


def print_together(suggestions: Iterable[Suggestions]) -> None:
    """Say what several proposals for one spec would bring together."""
    for found in suggestions:
        if found.together:
            roi, count = found.together.roi, len(found.together.proposals)
            print_text(
                f"{found.workflow.path}: {count} of these together {usd(roi.mid)}/month "
                f"({usd(roi.low)} … {usd(roi.high)}), one by one {usd(found.together.sum_usd)}"
            )


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
