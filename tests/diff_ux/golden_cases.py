"""The golden folder: proposals as people read them, each a spec, a patch and what is known about it."""

import json
from dataclasses import dataclass
from pathlib import Path

from diff_ux import (
    EvidenceRow,
    Figure,
    ProposalView,
    describe_changes,
    draw_change,
    list_rewordings,
)
from workflow import (
    GraphChange,
    Workflow,
    diff_workflows,
    parse_patch,
    parse_workflow,
    patch_workflow,
)

_FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a careful reader decides (`go`, `no-go`, `look`: read on first), and why."""

    decision: str
    because: str


@dataclass(frozen=True, slots=True)
class Case:
    """One proposal: `before.yaml`, `patch.json`, `view.json`."""

    folder: Path
    before: Workflow
    after: Workflow
    changes: tuple[GraphChange, ...]
    view: ProposalView
    answer: Answer | None

    @property
    def name(self) -> str:
        return self.folder.name


def list_cases() -> list[str]:
    return sorted(path.name for path in _FOLDER.iterdir() if path.is_dir())


def read_case(name: str) -> Case:
    folder = _FOLDER / name
    patch = json.loads((folder / "patch.json").read_text("utf-8"))
    known = json.loads((folder / "view.json").read_text("utf-8"))
    before = parse_workflow((folder / "before.yaml").read_text("utf-8"), path="before.yaml")
    after = patch_workflow(before, parse_patch(patch))
    changes = diff_workflows(before, after)
    answer, p99_s = known.pop("answer"), known.pop("p99_s")
    view = ProposalView(
        figures=tuple(Figure(*row) for row in known.pop("figures")),
        evidence=tuple(EvidenceRow(*row) for row in known.pop("evidence")),
        picture=draw_change(before, after, changes),
        sentences=describe_changes(changes, p99_s=p99_s),
        rewordings=list_rewordings(changes),
        patch=json.dumps(patch, indent=2, ensure_ascii=False),
        reasons=tuple(known.pop("reasons")),
        notes=tuple(known.pop("notes")),
        **known,
    )
    return Case(folder, before, after, changes, view, Answer(**answer) if answer else None)
