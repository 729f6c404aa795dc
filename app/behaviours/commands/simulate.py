"""`/flujo simulate`: tells what would become of a proposal if more went by itself."""

from app.behaviours.commands.command import Answer, Asked, refuse
from app.behaviours.commands.proposal_of import NO_PROPOSAL, find_proposal_of
from app.settings import Mode
from app.use_cases.simulate_tiers import AUTOMATIC, simulate_proposal
from diff_ux import prose


def simulate(asked: Asked) -> Answer:
    """Judge the proposal in every mode in which something goes by itself."""
    record = find_proposal_of(asked)
    if record is None:
        return refuse(NO_PROPOSAL)
    lines = []
    for mode in AUTOMATIC:
        found = simulate_proposal(record, mode).simulated
        lines.append(f"- in mode `{mode.value}`: **{found.fate.value}**; {prose(found.reason)}")
    now = Mode(asked.place.settings.mode).value
    return Answer(True, "\n".join([f"The mode here is `{now}`. This one would be", "", *lines]))
