"""One proposal to render, and what differs between cases."""

import json
from dataclasses import replace

from diff_ux import (
    EvidenceRow,
    Figure,
    ProposalView,
    Rewording,
    describe_changes,
    draw_change,
    list_rewordings,
)
from workflow import Workflow, diff_workflows

FIGURES = (
    Figure("cost per run", "+1.1 %", "+0.6 % … +1.9 %"),
    Figure("success rate", "+3.1 points", "+0.4 … +5.8"),
    Figure("net per month", "$41", "$22 … $58"),
)

_VIEW = ProposalView(
    title="Retry lookup twice and wait longer",
    verdict="Likely worth more than it costs; no test got worse.",
    tier="LOW",
    figures=FIGURES,
    evidence=(
        EvidenceRow("embedded tests", "14 of 14", "14 of 14", "not worse"),
        EvidenceRow("paired replays", "91.2 %", "94.3 %", "better (n = 120)"),
    ),
    patch=json.dumps([{"op": "add", "path": "/steps/1/config/max_retries", "value": 2}], indent=2),
    reasons=("lookup: 2 retries, at most 5 are low risk", "lookup runs a pure skill"),
    undo="flujo undo 7f3a",
    track_record="of 12 such changes 11 held and 1 was taken back",
    why="Most failures of lookup are timeouts that pass on a second try.",
    is_simulated=True,
    notes=("At your 20 runs a day the bake-in can only see a failure rate of 40 % or more.",),
)


def view(**fields: object) -> ProposalView:
    """A whole proposal; name what differs."""
    return replace(_VIEW, **fields)  # type: ignore[arg-type]


def view_of(before: Workflow, after: Workflow) -> ProposalView:
    """The same proposal about a change of these two versions."""
    changes = diff_workflows(before, after)
    return view(
        picture=draw_change(before, after, changes),
        sentences=describe_changes(changes),
        rewordings=list_rewordings(changes),
    )


def hostile_view(text: str) -> ProposalView:
    """A proposal every text of which is this one."""
    return view(
        title=text,
        verdict=text,
        tier=text,
        figures=(Figure(text, text, text),) * 5,
        rewordings=(Rewording(("the prompt",), text),) * 7,
        evidence=(EvidenceRow(text, text, text, text),) * 3,
        patch=text,
        reasons=(text,) * 3,
        undo=text,
        track_record=text,
        why=text,
        notes=(text,),
    )
