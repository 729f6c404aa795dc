"""Says what a proposal is to the person who must judge it: the plain view that `diff_ux` renders."""

import orjson

from app.proposal import Proposal
from app.store import LedgerRecord
from app.use_cases.read_track_record import latest_lines
from diff_ux import (
    EvidenceRow,
    Figure,
    ProposalView,
    describe_changes,
    draw_change,
    list_rewordings,
)
from meta_agent import ArmSummary, Evidence, Gains, RoiEstimate

_TRACK_RECORD = 20


def present(
    proposal: Proposal, *, undo: str = "", ledger: tuple[LedgerRecord, ...] | None = None
) -> ProposalView:
    """Compose the view of a proposal; every figure is one that was computed. No ledger: nobody looked into it."""
    evidence, roi, decision = proposal.evidence, proposal.roi, proposal.decision
    notes = [*proposal.violations]
    if proposal.behind:
        notes.append(f"Waits for a better one that touches the same place: {proposal.behind}.")
    if evidence.needed:
        notes.append(f"A firmer answer needs about {evidence.needed} more recorded runs.")
    return ProposalView(
        title=proposal.title,
        verdict=_verdict(proposal),
        tier=decision.tier.name,
        figures=_figures(roi, evidence),
        picture=draw_change(proposal.base, proposal.guarded.after, proposal.guarded.changes),
        sentences=describe_changes(proposal.guarded.changes, p99_s=_latencies(proposal)),
        rewordings=list_rewordings(proposal.guarded.changes),
        evidence=_evidence(evidence, roi),
        patch=orjson.dumps(proposal.patch.to_json(), option=orjson.OPT_INDENT_2).decode(),
        reasons=decision.reasons,
        undo=undo,
        track_record="" if ledger is None else describe_record(ledger),
        why=proposal.candidate.rationale,
        is_simulated=evidence.simulated,
        notes=tuple(notes),
    )


def describe_record(ledger: tuple[LedgerRecord, ...]) -> str:
    """Say how the last predictions turned out."""
    measured = latest_lines(ledger)[-_TRACK_RECORD:]
    if not measured:
        return "nothing measured yet"
    realised = [row.realised_usd or 0.0 for row in measured]
    inside = sum(
        row.predicted.low_usd <= usd <= row.predicted.high_usd
        for row, usd in zip(measured, realised, strict=True)
    )
    held = f"{inside} of the last {len(measured)} predictions held their 90 % interval"
    predicted = sum(row.predicted.mid_usd for row in measured)
    return f"{held}; realised / predicted {sum(realised) / predicted:.2f}" if predicted else held


def usd(amount: float) -> str:
    """Write an amount of money: cents below $100, whole dollars above."""
    digits = 2 if abs(amount) < 100 else 0
    return f"{'−' if amount < 0 else ''}${abs(amount):,.{digits}f}"


def _verdict(proposal: Proposal) -> str:
    """Judge in words alone: the three numbers a reader has time for are the figures."""
    verdict = proposal.evidence.verdict.value
    return f"{verdict[:1].upper()}{verdict[1:]}; {_worth(proposal.roi)}"


def _worth(roi: RoiEstimate | None) -> str:
    if roi is None:
        return "no estimate yet"
    if roi.low > 0:
        return "worth more than it costs"
    return "probably worth more than it costs" if roi.mid > 0 else "probably not worth its cost"


def _latencies(proposal: Proposal) -> dict[str, float]:
    """What the detector saw of the step's attempts, beside which a timeout can be judged."""
    opportunity = proposal.candidate.opportunity
    p99_s = opportunity.numbers.get("healthy_p99_s")
    return {} if p99_s is None else {opportunity.step_id: p99_s}


def _figures(roi: RoiEstimate | None, evidence: Evidence) -> tuple[Figure, ...]:
    if roi is None:
        return ()
    net = Figure("net a month", usd(roi.mid), f"{usd(roi.low)} … {usd(roi.high)}")
    before, after = evidence.before, evidence.after
    if before is None or after is None:
        return (net,)
    return (*_what_gains_most(roi.gains, before, after), net)


def _what_gains_most(gains: Gains, before: ArmSummary, after: ArmSummary) -> tuple[Figure, Figure]:
    """Show the measure that most of the value comes from, before and after."""
    by_size = {
        "success": abs(gains.success.mid),
        "cost": abs(gains.money.mid),
        "time": abs(gains.latency.mid),
    }
    most = max(by_size, key=lambda name: by_size[name])
    if most == "cost":
        values = (f"${before.cost_usd:.5f}", f"${after.cost_usd:.5f}")
        return Figure("cost before", values[0], "a run"), Figure("cost after", values[1], "a run")
    if most == "time":
        values = (f"{before.latency_s:.1f} s", f"{after.latency_s:.1f} s")
        return Figure("time before", values[0], "a run"), Figure("time after", values[1], "a run")
    return (
        Figure("success before", f"{before.success:.1%}", before.interval),
        Figure("success after", f"{after.success:.1%}", after.interval),
    )


def _evidence(evidence: Evidence, roi: RoiEstimate | None) -> tuple[EvidenceRow, ...]:
    rows = []
    before, after = evidence.before, evidence.after
    if before and after:
        rows += [
            EvidenceRow(
                "runs that succeed",
                f"{before.success:.1%}",
                f"{after.success:.1%}",
                f"{evidence.wins} recover, {evidence.losses} are lost",
            ),
            EvidenceRow(
                "cost a run",
                f"${before.cost_usd:.5f}",
                f"${after.cost_usd:.5f}",
                evidence.verdict.value,
            ),
            EvidenceRow("time a run", f"{before.latency_s:.2f} s", f"{after.latency_s:.2f} s", ""),
        ]
    rows.append(
        EvidenceRow("paired runs", str(evidence.pairs), str(evidence.pairs), evidence.reason)
    )
    if evidence.pairs:
        rows.append(EvidenceRow("held out", str(evidence.held_out), "", _hold_out(evidence)))
        rows.append(EvidenceRow("cost of this evidence", _effort(evidence), "", ""))
    rows.append(
        EvidenceRow("A/A noise floor", f"{evidence.noise_floor:.1%}", "", _provenance(evidence))
    )
    if roi is not None:
        terms = (roi.gains.money, roi.gains.success, roi.gains.latency)
        money, success, latency = (usd(term.mid) for term in terms)
        parts = f"money {money}, success {success}, time {latency}"
        once = f"less {usd(roi.costs.total_usd)} once"
        rows.append(EvidenceRow("a month", parts, once, roi.basis))
    return tuple(rows)


def _hold_out(evidence: Evidence) -> str:
    """Say what the claims rest on."""
    among = f"judged among {evidence.among}, p = {evidence.p_better:.2g} that it is no better"
    if not evidence.held_out:
        return f"too few runs to hold some out; {among}"
    uses = f"{evidence.hold_out_uses} of {evidence.hold_out_max_uses} times"
    return f"runs no proposer saw, used {uses}; {among}"


def _effort(evidence: Evidence) -> str:
    return f"{evidence.replays} replays of {evidence.recorded} runs, {usd(evidence.spent_usd)}"


def _provenance(evidence: Evidence) -> str:
    counts = (
        f"{evidence.drawn} drawn",
        f"{evidence.stood_in} stand in",
        f"{evidence.tainted} tainted",
        f"{evidence.unpriced} of unknown cost",
    )
    return ", ".join(counts)
