"""Whole steps: added, removed, moved, renamed."""

from diff_ux.sentences.sentence import Data, Piece, Sentence, name_subject, tell
from workflow import Added, GraphChange, Moved, Removed, Renamed, StepNode

_WEIGHT = 65


def tell_added_step(change: GraphChange) -> Sentence | None:
    """ "➕ **Add** step `check`, which runs `agents.writer`"."""
    match change:
        case Added(step=StepNode() as step):
            return tell(change, "➕", "Add", *_what(step), *_runs(step), weight=_WEIGHT)
    return None


def tell_removed_step(change: GraphChange) -> Sentence | None:
    """ "➖ **Remove** step `check`, which ran `agents.writer`"."""
    match change:
        case Removed(step=StepNode() as step):
            told = (*_what(step), *_runs(step, "ran"))
            return tell(change, "➖", "Remove", *told, weight=_WEIGHT)
    return None


def tell_moved(change: GraphChange) -> Sentence | None:
    """ "↷ **Move** `check` from `steps[3]` to `steps[1]`"."""
    match change:
        case Moved(subject=subject, before_yaml_path=before, yaml_path=after):
            where = (" from ", Data(before), " to ", Data(after))
            return tell(change, "↷", "Move", *name_subject(subject), *where, weight=_WEIGHT - 1)
    return None


def tell_renamed(change: GraphChange) -> Sentence | None:
    """ "🏷 **Rename** `draft` to `draft_email`"."""
    match change:
        case Renamed(subject=subject, before_id=before):
            told = (Data(before), " to ", *name_subject(subject))
            return tell(change, "🏷", "Rename", *told, weight=_WEIGHT - 2)
    return None


def _what(step: StepNode) -> tuple[Piece, ...]:
    return (f"{_KINDS.get(step.kind, 'step')} ", Data(step.step_id))


def _runs(step: StepNode, verb: str = "runs") -> tuple[Piece, ...]:
    return (f", which {verb} ", Data(step.uses)) if step.uses else ()


_KINDS = {
    "conditional": "conditional",
    "parallel": "parallel",
    "loop": "loop",
    "map": "map",
    "cache": "cache",
    "hitl": "pause for a person",
    "dynamic_router": "router",
    "agentic_loop": "agentic loop",
    "tree_search": "tree search",
    "StateMachine": "state machine",
}
