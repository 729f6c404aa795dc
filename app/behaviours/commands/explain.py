"""`/flujo explain`: tells what is known of a proposal, from what was kept when it was made."""

from collections.abc import Iterator

from app.behaviours.commands.command import Answer, Asked, refuse
from app.behaviours.commands.proposal_of import NO_PROPOSAL, find_proposal_of
from app.store import ProposalRecord
from diff_ux import code_span, prose


def explain(asked: Asked) -> Answer:
    """Tell why it was proposed, what it is expected to bring, and why it counts as risky as it does."""
    record = find_proposal_of(asked)
    if record is None:
        return refuse(NO_PROPOSAL)
    return Answer(True, "\n".join(_tell(record)))


def _tell(record: ProposalRecord) -> Iterator[str]:
    yield f"**{prose(record.title)}** in {code_span(record.spec_path)}"
    yield ""
    if record.rationale:
        yield f"- Why: {prose(record.rationale)}"
    predicted = record.prediction
    if predicted is None:
        yield "- Worth: no estimate yet; there were too few runs"
    else:
        interval = f"{_usd(predicted.low_usd)} … {_usd(predicted.high_usd)}"
        yield f"- Worth: {_usd(predicted.mid_usd)} a month ({interval}); {prose(record.basis)}"
    verdict = record.facts.get("verdict")
    if isinstance(verdict, str) and verdict:
        yield f"- Evidence: {prose(verdict)}"
    reasons = record.facts.get("reasons")
    yield f"- Risk: {prose(record.tier)}"
    if isinstance(reasons, list):
        yield from (f"  - {prose(str(reason))}" for reason in reasons[:5])
    if record.facts.get("simulated"):
        yield "- Simulated: some runs were made with `sim:` models"
    yield f"- State: {record.state.value}, proposed on {record.created_at:%Y-%m-%d}"


def _usd(amount: float) -> str:
    return f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"
